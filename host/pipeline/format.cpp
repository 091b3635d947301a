#include "host/pipeline/format.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "heddle/error.hpp"
#include "host/expr/typing.hpp"
#include "host/pipeline/carry.hpp"

namespace heddle::pipeline {
namespace {

// Chunks taken from an input are kept between these: smaller ones cost more in bookkeeping than they hold, larger ones
// come near the 4 GiB that HDF5 allows.
constexpr std::int64_t kSmallestTaken = 4096, kLargestTaken = std::int64_t{1} << 30;

bool filtered(const DatasetFormat& format) {
    return format.gzip.value_or(-1) >= 0 || format.shuffle.value_or(false) || format.fletcher32.value_or(false);
}

std::optional<Shape> automatic(const Array& array) {
    if (array.rank() == 0 || array.size() == 0) return std::nullopt;
    return io::automatic_chunk(array.shape(), array.dtype());
}

std::optional<Shape> like_input(const Array& array) {
    const auto chunks = chunks_like_input(array);
    if (!chunks) return std::nullopt;
    const auto bytes = chunks->count() * static_cast<std::int64_t>(size_of(array.dtype()));
    return bytes < kSmallestTaken || bytes > kLargestTaken ? automatic(array) : chunks;
}

Shape cut(const Shape& chunks, const Shape& shape) {
    Shape result = chunks;
    for (int a = 0; a < chunks.rank(); ++a) result[a] = std::max<std::int64_t>(1, std::min(chunks[a], shape[a]));
    return result;
}

std::optional<Shape> choose_chunks(const Array& array, const DatasetFormat& format) {
    if (array.rank() == 0) return std::nullopt;
    const auto rule = format.chunk_rule.value_or(ChunkRule::like_input);
    std::optional<Shape> chunks;
    if (rule == ChunkRule::given && format.chunks.rank() == array.rank())
        chunks = cut(format.chunks, array.shape());
    else if (rule == ChunkRule::automatic)
        chunks = automatic(array);
    else if (rule != ChunkRule::contiguous)
        chunks = like_input(array);
    if (!chunks && filtered(format)) chunks = automatic(array);
    return chunks;
}

}  // namespace

DatasetFormat format_of(const OutputSpec& output, const std::string& result) {
    DatasetFormat format = output.format;
    const auto own = output.formats.find(result);
    if (own == output.formats.end()) return format;
    if (own->second.dtype) format.dtype = own->second.dtype;
    if (own->second.chunk_rule) {
        format.chunk_rule = own->second.chunk_rule;
        format.chunks = own->second.chunks;
    }
    if (own->second.gzip) format.gzip = own->second.gzip;
    if (own->second.shuffle) format.shuffle = own->second.shuffle;
    if (own->second.fletcher32) format.fletcher32 = own->second.fletcher32;
    return format;
}

bool loses_non_finite(DType computed, DType stored) {
    if (is_complex(computed)) return !is_complex(stored);
    return is_float(computed) && !is_float(stored) && !is_complex(stored);
}

std::string storage_warning(const std::string& name, DType computed, DType stored) {
    const bool holds_fractions = is_float(stored) || is_complex(stored);
    if (expr::can_cast_safely(computed, stored) || (holds_fractions && !loses_non_finite(computed, stored))) return {};
    std::string loss;
    if (is_complex(computed)) loss = "imaginary parts are dropped";
    if (is_bool(stored))
        loss = "all that is kept is whether a value is zero";
    else if (is_integer(computed))
        loss = "values that do not fit wrap around";
    else if (!holds_fractions)
        loss += (loss.empty() ? "" : ", ") +
                std::string("fractions are cut off, and NaN and values that do not fit become arbitrary numbers");
    return fmt::format("the result '{}' is {} and is stored as {}: {}; leave out dtype to store what is computed", name,
                       name_of(computed), name_of(stored), loss);
}

io::DatasetSpec dataset_spec(const std::string& name, const Array& array, const DatasetFormat& format) {
    io::DatasetSpec spec;
    spec.name = name;
    spec.dtype = array.dtype();
    spec.shape = array.shape();
    spec.chunk = choose_chunks(array, format);
    if (array.rank() > 0) {  // HDF5 filters no scalars
        spec.gzip = format.gzip.value_or(-1);
        spec.shuffle = format.shuffle.value_or(false) ? io::Shuffle::on : io::Shuffle::off;
        spec.checksum = format.fletcher32.value_or(false) ? io::Checksum::fletcher32 : io::Checksum::off;
    }
    return spec;
}

void check_filters(const OutputSpec& output, const std::vector<std::string>& results) {
    const auto check = [](const DatasetFormat& format, const std::string& what) {
        if (format.chunk_rule == ChunkRule::contiguous && filtered(format))
            throw ArgumentError(fmt::format("{} cannot be contiguous and filtered", what),
                                "gzip, shuffle and fletcher32 work on chunks",
                                "leave them out, or choose chunks = auto (--chunks auto)");
    };
    if (results.empty()) check(output.format, "the output");
    for (const auto& name : results) check(format_of(output, name), fmt::format("the output '{}'", name));
}

void check_formats(const OutputSpec& output, std::span<const NamedArray> arrays) {
    const auto fits = [](const NamedArray& named, const Shape& chunks) { return named.array.rank() == chunks.rank(); };
    for (const auto& named : arrays) {
        const auto own = output.formats.find(named.name);
        if (own == output.formats.end() || own->second.chunk_rule != ChunkRule::given) continue;
        if (!fits(named, own->second.chunks))
            throw ArgumentError(fmt::format("chunks {} do not fit '{}'", to_string(own->second.chunks), named.name),
                                fmt::format("its shape is {}", to_string(named.array.shape())),
                                "give one extent for each axis");
    }
    if (output.format.chunk_rule != ChunkRule::given || arrays.empty()) return;
    const auto& chunks = output.format.chunks;
    if (std::none_of(arrays.begin(), arrays.end(), [&](const NamedArray& named) { return fits(named, chunks); }))
        throw ArgumentError(
            fmt::format("chunks {} fit no result", to_string(chunks)),
            fmt::format("'{}' has the shape {}", arrays.front().name, to_string(arrays.front().array.shape())),
            "give one extent for each axis");
}

}  // namespace heddle::pipeline
