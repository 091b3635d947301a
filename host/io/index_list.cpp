#include <algorithm>
#include <cstring>
#include <functional>

#include "host/io/checked.hpp"
#include "host/io/dataset.hpp"

namespace heddle::io {
namespace {

// libhdf5 merges a union of hyperslabs in time quadratic in its runs, so a long list becomes several selections.
constexpr std::size_t kRunsPerSelection = 256;
// It also walks a union row by row: runs from this size on are read one by one, as plain boxes, unless they share
// chunks, which then would be decoded for each.
constexpr std::int64_t kLongRun = 4096;

// The dense block as outer × extent(axis) × inner bytes.
struct Blocks {
    std::size_t outer = 1, inner;
    Blocks(const Shape& extents, int axis, std::size_t size) : inner(size) {
        for (int a = 0; a < axis; ++a) outer *= static_cast<std::size_t>(extents[a]);
        for (int a = axis + 1; a < extents.rank(); ++a) inner *= static_cast<std::size_t>(extents[a]);
    }
};

}  // namespace

void Dataset::read_indices(const Box& box, int axis, std::span<const std::int64_t> indices, void* dst) const {
    if (axis < 0 || axis >= shape_.rank())
        throw ShapeError(problem(), "it has no axis " + std::to_string(axis), "its shape is " + to_string(shape_));
    check_box(box, axis);
    for (auto i : indices)
        if (i < 0 || i >= shape_[axis])
            throw ShapeError(problem(), "index " + std::to_string(i) + " is outside axis " + std::to_string(axis),
                             "its extent is " + std::to_string(shape_[axis]));
    auto extents = box.extents();
    extents[axis] = static_cast<std::int64_t>(indices.size());
    if (extents.count() == 0) return;
    auto* out = static_cast<std::byte*>(dst);
    const bool ascending = std::adjacent_find(indices.begin(), indices.end(), std::greater_equal<>()) == indices.end();
    if (ascending) return read_ascending(box, axis, indices, out);

    std::vector<std::int64_t> sorted(indices.begin(), indices.end());
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    const auto [outer, inner] = Blocks(extents, axis, size_of(type_.dtype));
    std::vector<std::byte> scratch(outer * sorted.size() * inner);
    read_ascending(box, axis, sorted, scratch.data());
    for (std::size_t o = 0; o < outer; ++o)
        for (auto i : indices) {
            const auto at =
                static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), i) - sorted.begin());
            std::memcpy(out, scratch.data() + (o * sorted.size() + at) * inner, inner);
            out += inner;
        }
}

void Dataset::read_ascending(const Box& box, int axis, std::span<const std::int64_t> indices, std::byte* dst) const {
    const auto step = indices.size() < 2 ? 1 : indices[1] - indices[0];
    bool regular = true;
    for (std::size_t i = 1; regular && i < indices.size(); ++i) regular = indices[i] - indices[i - 1] == step;
    bool whole = true;  // of every array element
    for (int a = stored_rank_; a < shape_.rank(); ++a)
        whole = whole && a != axis && box.lo[a] == 0 && box.hi[a] == shape_[a];
    guarded(
        *location_.file, [&] { return problem(); },
        [&] {
            if (!regular && whole) return read_runs(box, axis, indices, dst);
            auto part = box;
            auto steps = Shape::filled(shape_.rank(), 1);
            if (regular) {
                part.lo[axis] = indices.front();
                part.hi[axis] = indices.back() + 1;
                steps[axis] = step;
                return read_strided(part, steps, dst);
            }
            read_one_by_one(box, axis, indices, dst);
        });
}

void Dataset::read_runs(const Box& box, int axis, std::span<const std::int64_t> indices, std::byte* dst) const {
    const auto file_space = h5::dataset_space(id_.get());
    auto extents = box.extents();
    extents[axis] = static_cast<std::int64_t>(indices.size());
    const auto all = h5::to_hsize(extents, stored_rank_);
    const auto memory_space = h5::simple_space(all);
    const auto at = static_cast<std::size_t>(axis);
    auto start = h5::to_hsize(box.lo, stored_rank_), count = all;
    std::vector<hsize_t> memory_start(all.size(), 0);
    const auto bytes_per_index = extents.count() / extents[axis] * static_cast<std::int64_t>(size_of(type_.dtype));
    const auto chunk = chunk_ ? (*chunk_)[axis] : 1;
    const auto joins = [&](std::int64_t before, std::int64_t index) {
        return bytes_per_index < kLongRun || before / chunk == index / chunk;
    };
    for (std::size_t next = 0; next < indices.size();) {
        const auto first = next;
        h5::select_none(file_space.get());
        for (std::size_t runs = 0; runs < kRunsPerSelection && next < indices.size(); ++runs) {
            if (next > first && !joins(indices[next - 1], indices[next])) break;
            const auto run = next++;
            while (next < indices.size() && indices[next] == indices[next - 1] + 1) ++next;
            start[at] = static_cast<hsize_t>(indices[run]);
            count[at] = next - run;
            h5::select_hyperslab(file_space.get(), H5S_SELECT_OR, start.data(), nullptr, count.data());
        }
        memory_start[at] = first;
        count[at] = next - first;
        h5::select_hyperslab(memory_space.get(), H5S_SELECT_SET, memory_start.data(), nullptr, count.data());
        h5::read(id_.get(), type_.transfer.get(), memory_space.get(), file_space.get(), dst);
    }
    finish_transfer(type_, static_cast<std::size_t>(extents.count()), dst);
}

void Dataset::read_one_by_one(const Box& box, int axis, std::span<const std::int64_t> indices, std::byte* dst) const {
    auto slice = box;
    slice.lo[axis] = 0;
    slice.hi[axis] = 1;
    const auto [outer, inner] = Blocks(slice.extents(), axis, size_of(type_.dtype));
    std::vector<std::byte> scratch(outer * inner);
    for (std::size_t k = 0; k < indices.size(); ++k) {
        slice.lo[axis] = indices[k];
        slice.hi[axis] = indices[k] + 1;
        read_strided(slice, Shape::filled(shape_.rank(), 1), scratch.data());
        for (std::size_t o = 0; o < outer; ++o)
            std::memcpy(dst + (o * indices.size() + k) * inner, scratch.data() + o * inner, inner);
    }
}

}  // namespace heddle::io
