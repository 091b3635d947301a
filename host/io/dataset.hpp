#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"
#include "host/io/attribute.hpp"
#include "host/io/file.hpp"
#include "host/io/types.hpp"

namespace heddle::io {

enum class Layout { compact, contiguous, chunked, external, virtual_ };

struct Filter {
    int id = 0;
    std::string name;  // "gzip", "shuffle", "fletcher32", "szip", …
    std::vector<unsigned> parameters;
    bool available = true;
};

// How a dataset is stored; numbers are of the stored dataset, without the dimensions of an array element type.
struct Storage {
    Layout layout = Layout::contiguous;
    std::optional<Shape> chunk;
    std::vector<Filter> filters;
    bool filters_edges = true;  // chunks that the shape cuts went through the filters too
    std::uint64_t stored_bytes = 0;
};

// How stored values become values of the dtype: they are the same bytes, or with those of each number turned around, or
// only libhdf5 converts them.
enum class ByteForm { native, swapped, other };

// Bytes of libhdf5's own default.
inline constexpr std::size_t kDefaultChunkCache = std::size_t{1} << 20;

// A numeric dataset open for reading; values come in the native form of `dtype()`, dense, C order.
// Any thread; calls block on the library lock and on the disk.
class Dataset {
public:
    // Opens without reading values. IoError: no such dataset, a group, a type without numeric meaning (names it and
    // what is supported), a null dataspace, a filter that is not installed. ShapeError: more than kMaxRank dimensions.
    static std::shared_ptr<Dataset> open(const std::shared_ptr<InputFile>& file, const std::string& path,
                                         std::size_t chunk_cache = kDefaultChunkCache);

    const Location& location() const { return location_; }
    Id id() const { return id_.get(); }
    // "file.h5:/path", for messages.
    std::string label() const;
    DType dtype() const { return type_.dtype; }
    // The file's own words for the type: "int16 big-endian", "bool", "complex of two float32", …
    const std::string& stored_type() const { return type_.description; }
    ByteForm byte_form() const { return byte_form_; }
    const Shape& shape() const { return shape_; }
    // -1 marks an unlimited axis.
    const Shape& max_shape() const { return max_shape_; }
    const Storage& storage() const { return storage_; }
    // The chunk grid over shape(): the storage's chunk, or nothing; axes of an array element type count as whole.
    const std::optional<Shape>& chunk() const { return chunk_; }
    // The fill value in native form, when the file sets one.
    std::optional<std::vector<std::byte>> fill_value() const;
    std::vector<Attribute> attributes() const;
    std::optional<Attribute> attribute(const std::string& name) const;

    // Memory that libhdf5 may hold for this dataset's decoded chunks; set it before reading, when no other thread
    // reads.
    std::size_t chunk_cache() const { return chunk_cache_; }
    void set_chunk_cache(std::size_t bytes);

    // Reads the box into `dst` (box.count() elements). IoError: disk, filter, corrupt chunk. ShapeError: outside the
    // shape.
    void read(const Box& box, void* dst) const;
    // Every step[a]-th element from box.lo[a] on (steps >= 1): strided_extents(box, step).count() elements.
    void read(const Box& box, void* dst, const Shape& step) const;
    // The box, but along `axis` the listed positions (any order, repeats allowed; box.lo/hi of that axis are ignored).
    // Lists that do not ascend need scratch memory of the result's size.
    void read_indices(const Box& box, int axis, std::span<const std::int64_t> indices, void* dst) const;

    Dataset(Location location, Handle id, std::size_t chunk_cache);

private:
    void read_strided(const Box& box, const Shape& step, std::byte* dst) const;
    void read_whole_members(const Box& stored, const Shape& step, std::byte* dst) const;
    void read_members(const Box& box, const Shape& step, std::byte* dst) const;
    void read_ascending(const Box& box, int axis, std::span<const std::int64_t> indices, std::byte* dst) const;
    void read_runs(const Box& box, int axis, std::span<const std::int64_t> indices, std::byte* dst) const;
    void read_one_by_one(const Box& box, int axis, std::span<const std::int64_t> indices, std::byte* dst) const;
    void transfer(Id memory_space, Id file_space, std::int64_t values, std::byte* dst) const;
    void check_box(const Box& box, int free_axis) const;
    void check_filters() const;
    std::string problem() const;

    Location location_;
    Handle id_;
    NumericType type_;
    ByteForm byte_form_ = ByteForm::other;
    Shape shape_, max_shape_;
    int stored_rank_ = 0;  // axes of the dataspace; the rest comes from an array element type
    Storage storage_;
    std::optional<Shape> chunk_;
    std::size_t chunk_cache_;
};

// ceil((hi - lo) / step) along each axis.
Shape strided_extents(const Box& box, const Shape& step);

// Storage of an open dataset of any type. Needs the library lock.
Storage storage_of(Id dataset);

}  // namespace heddle::io
