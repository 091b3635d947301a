#include <algorithm>
#include <cstring>

#include "host/io/checked.hpp"
#include "host/io/dataset.hpp"

namespace heddle::io {
namespace {

constexpr std::size_t kScratchBytes = std::size_t{16} << 20;  // for members of array elements that are not all wanted

Shape head_of(const Shape& shape, int rank) {
    return Shape(std::span<const std::int64_t>(shape.begin(), static_cast<std::size_t>(rank)));
}

// Copies every step-th member of the dense block `src` of shape `from` inside `box` to the dense `dst`; returns its
// end.
std::byte* gather(const std::byte* src, const Shape& from, const Box& box, const Shape& step, int axis,
                  std::size_t size, std::byte* dst) {
    if (axis == from.rank()) {
        std::memcpy(dst, src, size);
        return dst + size;
    }
    std::size_t stride = size;
    for (int a = axis + 1; a < from.rank(); ++a) stride *= static_cast<std::size_t>(from[a]);
    for (auto i = box.lo[axis]; i < box.hi[axis]; i += step[axis])
        dst = gather(src + static_cast<std::size_t>(i) * stride, from, box, step, axis + 1, size, dst);
    return dst;
}

}  // namespace

Shape strided_extents(const Box& box, const Shape& step) {
    Shape extents;
    for (int a = 0; a < box.rank(); ++a)
        extents.push_back(box.hi[a] <= box.lo[a] ? 0 : (box.hi[a] - box.lo[a] + step[a] - 1) / step[a]);
    return extents;
}

void Dataset::check_box(const Box& box, int free_axis) const {
    bool good = box.rank() == shape_.rank() && box.hi.rank() == shape_.rank();
    for (int a = 0; good && a < shape_.rank(); ++a)
        good = a == free_axis || (box.lo[a] >= 0 && box.lo[a] <= box.hi[a] && box.hi[a] <= shape_[a]);
    if (!good)
        throw ShapeError(
            problem(),
            "the box from " + to_string(box.lo) + " to " + to_string(box.hi) + " is not inside " + to_string(shape_),
            "select within the dataset's shape");
}

void Dataset::read(const Box& box, void* dst) const { read(box, dst, Shape::filled(shape_.rank(), 1)); }

void Dataset::read(const Box& box, void* dst, const Shape& step) const {
    check_box(box, -1);
    for (int a = 0; a < shape_.rank(); ++a)
        if (step.rank() != shape_.rank() || step[a] < 1)
            throw ShapeError(problem(), "the step " + to_string(step) + " is not one positive number for each axis",
                             "use steps from 1 on");
    if (strided_extents(box, step).count() == 0) return;
    guarded(
        *location_.file, [&] { return problem(); }, [&] { read_strided(box, step, static_cast<std::byte*>(dst)); });
}

void Dataset::read_strided(const Box& box, const Shape& step, std::byte* dst) const {
    bool whole = true;  // of every array element
    for (int a = stored_rank_; a < shape_.rank(); ++a)
        whole = whole && box.lo[a] == 0 && box.hi[a] == shape_[a] && step[a] == 1;
    const Box stored{head_of(box.lo, stored_rank_), head_of(box.hi, stored_rank_)};
    const auto stored_step = head_of(step, stored_rank_);
    if (whole) return read_whole_members(stored, stored_step, dst);
    read_members(box, step, dst);
}

void Dataset::transfer(Id memory_space, Id file_space, std::int64_t values, std::byte* dst) const {
    h5::read(id_.get(), type_.transfer.get(), memory_space, file_space, dst);
    finish_transfer(type_, static_cast<std::size_t>(values), dst);
}

void Dataset::read_whole_members(const Box& stored, const Shape& step, std::byte* dst) const {
    const auto file_space = h5::dataset_space(id_.get());
    const auto extents = strided_extents(stored, step);
    const auto count = h5::to_hsize(extents, stored_rank_);
    const auto memory_space = h5::simple_space(count);
    if (stored_rank_ > 0)
        h5::select_hyperslab(file_space.get(), H5S_SELECT_SET, h5::to_hsize(stored.lo, stored_rank_).data(),
                             h5::to_hsize(step, stored_rank_).data(), count.data());
    transfer(memory_space.get(), file_space.get(), extents.count() * type_.extra.count(), dst);
}

// libhdf5 cannot select inside an array element: whole elements go through scratch memory, a slab at a time.
void Dataset::read_members(const Box& box, const Shape& step, std::byte* dst) const {
    Box stored{head_of(box.lo, stored_rank_), head_of(box.hi, stored_rank_)};
    const auto stored_step = head_of(step, stored_rank_);
    Box members;
    Shape member_step;
    for (int a = stored_rank_; a < shape_.rank(); ++a) {
        members.lo.push_back(box.lo[a]);
        members.hi.push_back(box.hi[a]);
        member_step.push_back(step[a]);
    }
    const auto size = size_of(type_.dtype), element = size * static_cast<std::size_t>(type_.extra.count());
    const auto total = strided_extents(stored, stored_step);
    const std::int64_t rows = stored_rank_ == 0 ? 1 : total[0], row = total.count() / rows;
    const auto slab =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(kScratchBytes / (element * static_cast<std::size_t>(row))));
    std::vector<std::byte> scratch(element * static_cast<std::size_t>(row * std::min(slab, rows)));
    for (std::int64_t done = 0; done < rows; done += slab) {
        const auto now = std::min(slab, rows - done);
        if (stored_rank_ > 0) {
            stored.lo[0] = box.lo[0] + done * step[0];
            stored.hi[0] = std::min(box.hi[0], stored.lo[0] + now * step[0]);
        }
        read_whole_members(stored, stored_step, scratch.data());
        for (std::int64_t e = 0; e < now * row; ++e)
            dst = gather(scratch.data() + static_cast<std::size_t>(e) * element, type_.extra, members, member_step, 0,
                         size, dst);
    }
}

}  // namespace heddle::io
