#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "heddle/shape.hpp"

namespace heddle::kernels {

enum class Writes : std::uint8_t {
    cached,
    past_cache,  // long runs are written around the cache; ends with a stream_fence()
};

// How a block of elements of `width` bytes (1, 2, 4, 8, 16) is copied from one place to another that does not overlap
// it. Strides are bytes between neighbours, of any sign; those of the source may be 0. Where neighbours in one place
// lie far apart in the other, small squares are copied, so that each cache line is fetched once.
class StridedCopy {
public:
    StridedCopy(const Shape& extents, const Shape& from_strides, const Shape& to_strides, std::int64_t width,
                Writes writes = Writes::cached);
    void run(const std::byte* from, std::byte* to) const;

    struct Axis {
        std::int64_t extent, from, to;
    };

private:
    using CopyRows = void (*)(const Axis& outer, const Axis& inner, const std::byte* from, std::byte* to);
    void add_axes(const Shape& extents, const Shape& from_strides, const Shape& to_strides);
    void merge_axes();
    void order_by_source();
    void each(std::size_t axis, const std::byte* from, std::byte* to) const;
    void stream_rows(const std::byte* from, std::byte* to) const;

    // As few as the strides allow, the target's largest steps first.
    std::array<Axis, kMaxRank> axes_;
    std::size_t rank_ = 0;
    std::int64_t width_, from_offset_ = 0, to_offset_ = 0;
    CopyRows rows_;
    bool stream_ = false, empty_ = false;
};

inline void copy_strided(const Shape& extents, const std::byte* from, const Shape& from_strides, std::byte* to,
                         const Shape& to_strides, std::int64_t width, Writes writes = Writes::cached) {
    StridedCopy(extents, from_strides, to_strides, width, writes).run(from, to);
}

}  // namespace heddle::kernels
