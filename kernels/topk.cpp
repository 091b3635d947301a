#include "kernels/topk.hpp"

#include <algorithm>

#include "kernels/sort_radix.hpp"

namespace heddle::kernels {
namespace {

using Result = RadixSort::Result;
using radix::load;
using radix::store;

constexpr std::int64_t kBlock = 64;  // elements that are compared with the limit at once

// Keys of the reversed order, so that what is wanted has the smallest records.
template <class Code>
struct Descending {
    using Key = typename Code::Key;
    template <radix::Zeros kZeros>
    static Key encode(Key bits, Key flip) {
        return static_cast<Key>(~Code::template encode<kZeros>(bits, flip));
    }
    static Key decode(Key key, Key flip) { return Code::decode(static_cast<Key>(~key), flip); }
};

// The elements that pass a limit are kept until there are twice as many as needed; then the k-th of them is the new
// limit. So each costs O(1) in whatever order they come.
template <class Kind, typename Kind::Key kFlip>
struct Selection {
    using Key = typename Kind::Key;
    using Record = typename Kind::Record;

    static void choose(const void* line, std::int64_t first, std::int64_t n, std::int64_t k, void* records) {
        const auto* in = static_cast<const std::byte*>(line);
        auto* kept = static_cast<Record*>(records);
        const std::int64_t room = TopK::room(n, k), end = first + n;
        std::int64_t count = 0, i = first;
        for (; i < end && count < room; ++i) kept[count++] = Kind::begin(load<Key>(in, i), i, kFlip);
        const auto shrink = [&] {
            if (count > k) std::nth_element(kept, kept + k - 1, kept + count);
            count = std::min(count, k);
        };
        if (k == 0) return;
        shrink();
        if (i == end) return;
        Key limit = kept[k - 1].key;
        while (i < end) {
            const std::int64_t block = std::min(end, i + kBlock);
            bool any = false;
            // Equal keys come later in the line: they do not pass.
            for (std::int64_t j = i; j < block; ++j) any |= Kind::begin(load<Key>(in, j), j, kFlip).key < limit;
            for (; any && i < block; ++i) {
                const Record record = Kind::begin(load<Key>(in, i), i, kFlip);
                if (!(record.key < limit)) continue;
                kept[count++] = record;
                if (count < room) continue;
                shrink();
                limit = kept[k - 1].key;
            }
            i = block;
        }
        shrink();
    }

    static void finish(void* records, std::int64_t count, std::int64_t k, void* out) {
        auto* kept = static_cast<Record*>(records);
        if (count > k && k > 0) std::nth_element(kept, kept + k - 1, kept + count);
        std::sort(kept, kept + k);
        for (std::int64_t i = 0; i < k; ++i) store(static_cast<std::byte*>(out), i, Kind::end(kept[i], kFlip));
    }

    static constexpr TopK table() { return {sizeof(Record), sizeof(typename Kind::Out), choose, finish}; }
};

template <class Code, typename Code::Key kFlip>
const TopK* topk_of(Result result) {
    static constexpr TopK values = Selection<radix::Values<Descending<Code>>, kFlip>::table();
    static constexpr TopK positions = Selection<radix::Positions<Descending<Code>, std::uint64_t>, kFlip>::table();
    return result == Result::values ? &values : &positions;
}

template <class Key>
const TopK* topk_of(DType dtype, Result result) {
    if constexpr (sizeof(Key) > 1)
        if (is_float(dtype)) return topk_of<radix::FloatCode<Key>, 0>(result);
    if (is_signed(dtype)) return topk_of<radix::IntegerCode<Key>, radix::kSign<Key>>(result);
    return topk_of<radix::IntegerCode<Key>, 0>(result);
}

}  // namespace

std::int64_t TopK::room(std::int64_t n, std::int64_t k) { return std::min(n, std::max(2 * k, k + kBlock)); }

const TopK* find_topk(DType dtype, Result result) {
    if (is_complex(dtype)) return nullptr;
    switch (size_of(dtype)) {
        case 1:
            return topk_of<std::uint8_t>(dtype, result);
        case 2:
            return topk_of<std::uint16_t>(dtype, result);
        case 4:
            return topk_of<std::uint32_t>(dtype, result);
        default:
            return topk_of<std::uint64_t>(dtype, result);
    }
}

}  // namespace heddle::kernels
