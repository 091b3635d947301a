#include "kernels/topk.hpp"

#include <algorithm>

#include "kernels/sort_radix.hpp"

namespace heddle::kernels {
namespace {

using Result = RadixSort::Result;
using radix::load;
using radix::store;

constexpr std::int64_t kBlock = 64;  // elements that are compared with the limit at once
constexpr std::int64_t kFew = 10;    // so many are kept in order

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

    // So few are kept in order, each new one being moved to its place.
    static void choose_few(const std::byte* in, std::int64_t first, std::int64_t n, std::int64_t k, Record* kept) {
        const std::int64_t end = first + n;
        std::int64_t count = 0, i = first;
        const auto insert = [&](Record record) {
            std::int64_t at = count;
            for (; at > 0 && record.key < kept[at - 1].key; --at)
                if (at < k) kept[at] = kept[at - 1];
            if (at < k) kept[at] = record;
            count = std::min(count + 1, k);
        };
        for (; i < end && count < k; ++i) insert(Kind::begin(load<Key>(in, i), i, kFlip));
        while (i < end) {
            const std::int64_t block = std::min(end, i + kBlock);
            if (passes(in, i, block, kept[k - 1].key))
                for (; i < block; ++i) insert(Kind::begin(load<Key>(in, i), i, kFlip));
            i = block;
        }
    }

    // Whether some element comes before the limit. One that equals it comes later in the line, and does not.
    static bool passes(const std::byte* in, std::int64_t first, std::int64_t last, Key limit) {
        bool any = false;
        for (std::int64_t i = first; i < last; ++i) any |= Kind::begin(load<Key>(in, i), i, kFlip).key < limit;
        return any;
    }

    static void choose(const void* line, std::int64_t first, std::int64_t n, std::int64_t k, void* records) {
        const auto* in = static_cast<const std::byte*>(line);
        auto* kept = static_cast<Record*>(records);
        const std::int64_t room = TopK::room(n, k), end = first + n;
        if (k == 0) return;
        if (k <= kFew) return choose_few(in, first, n, k, kept);
        std::int64_t count = 0, i = first;
        for (; i < end && count < room; ++i) kept[count++] = Kind::begin(load<Key>(in, i), i, kFlip);
        const auto shrink = [&] {
            if (count > k) std::nth_element(kept, kept + k - 1, kept + count);
            count = std::min(count, k);
        };
        shrink();
        if (i == end) return;
        Key limit = kept[k - 1].key;
        while (i < end) {
            const std::int64_t block = std::min(end, i + kBlock);
            for (bool any = passes(in, i, block, limit); any && i < block; ++i) {
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
