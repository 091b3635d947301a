#include "kernels/select.hpp"

#include "kernels/sort_radix.hpp"

namespace heddle::kernels {
namespace {

template <class Code, typename Code::Key kFlip>
struct Loops {
    using Key = typename Code::Key;
    static constexpr int kBits = static_cast<int>(sizeof(Key)) * 8;

    static std::uint64_t key_at(const std::byte* values, std::int64_t i) {
        return Code::template encode<radix::Zeros::ordered>(radix::load<Key>(values, i), kFlip);
    }

    static void count(const void* in, std::int64_t n, int shift, int bits, std::span<const std::uint64_t> prefixes,
                      std::int64_t* const* tables) {
        const auto* values = static_cast<const std::byte*>(in);
        const auto digit_of = [shift, mask = (std::uint64_t{1} << bits) - 1](std::uint64_t key) {
            return static_cast<std::size_t>((key >> shift) & mask);
        };
        const int above = shift + bits;
        if (above == kBits) {  // all begin alike
            std::int64_t* const table = tables[0];
            for (std::int64_t i = 0; i < n; ++i) ++table[digit_of(key_at(values, i))];
            return;
        }
        for (std::size_t p = 0; p < prefixes.size(); ++p) {
            const std::uint64_t prefix = prefixes[p];
            std::int64_t* const table = tables[p];
            for (std::int64_t i = 0; i < n; ++i) {
                const std::uint64_t key = key_at(values, i);
                if (key >> above == prefix) ++table[digit_of(key)];
            }
        }
    }

    static void value(std::uint64_t key, void* out) {
        radix::store(static_cast<std::byte*>(out), 0, Code::decode(static_cast<Key>(key), kFlip));
    }
};

template <class Code, typename Code::Key kFlip = 0>
const Select* select_of() {
    using L = Loops<Code, kFlip>;
    static constexpr Select made{L::kBits, L::count, L::value};
    return &made;
}

template <class Key>
const Select* of_width(DType dtype) {
    if constexpr (sizeof(Key) > 1)
        if (is_float(dtype)) return select_of<radix::FloatCode<Key>>();
    if (is_signed(dtype)) return select_of<radix::IntegerCode<Key>, radix::kSign<Key>>();
    return select_of<radix::IntegerCode<Key>>();
}

}  // namespace

const Select* find_select(DType dtype) {
    if (is_complex(dtype)) return nullptr;
    switch (size_of(dtype)) {
        case 1:
            return of_width<std::uint8_t>(dtype);
        case 2:
            return of_width<std::uint16_t>(dtype);
        case 4:
            return of_width<std::uint32_t>(dtype);
        default:
            return of_width<std::uint64_t>(dtype);
    }
}

}  // namespace heddle::kernels
