#include "heddle/dtype.hpp"

#include <string>
#include <utility>

#include "heddle/error.hpp"

namespace heddle {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 17> kShortNames{{{"b1", DType::boolean},
                                                                          {"?", DType::boolean},
                                                                          {"i1", DType::int8},
                                                                          {"i2", DType::int16},
                                                                          {"i4", DType::int32},
                                                                          {"i8", DType::int64},
                                                                          {"u1", DType::uint8},
                                                                          {"u2", DType::uint16},
                                                                          {"u4", DType::uint32},
                                                                          {"u8", DType::uint64},
                                                                          {"f2", DType::float16},
                                                                          {"f4", DType::float32},
                                                                          {"f8", DType::float64},
                                                                          {"c8", DType::complex64},
                                                                          {"c16", DType::complex128},
                                                                          {"int", DType::int64},
                                                                          {"float", DType::float64}}};

}  // namespace

DType parse_dtype(std::string_view name) {
    for (std::size_t i = 0; i < kDTypeCount; ++i)
        if (name == name_of(static_cast<DType>(i))) return static_cast<DType>(i);
    auto bare = name;
    if (!bare.empty() && (bare.front() == '<' || bare.front() == '|' || bare.front() == '=')) bare.remove_prefix(1);
    for (auto [text, type] : kShortNames)
        if (bare == text) return type;
    if (bare == "complex") return DType::complex128;
    std::string known;
    for (std::size_t i = 0; i < kDTypeCount; ++i)
        known += (i == 0 ? "" : ", ") + std::string(name_of(static_cast<DType>(i)));
    throw DTypeError("unknown element type '" + std::string(name) + "'", "it is none of NumPy's numeric types",
                     "use one of " + known);
}

}  // namespace heddle
