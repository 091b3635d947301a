#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"
#include "host/io/handle.hpp"

namespace heddle::io {

class ChunkEncoder;
class Temporary;

enum class Overwrite { refuse, replace };
enum class Shuffle { off, on };
enum class Checksum { off, fletcher32 };

// Where results go: a file, and a group in it ("/" for a file of their own; else an existing file keeps its other
// content).
struct OutputTarget {
    std::string file;
    std::string group = "/";
    Overwrite overwrite = Overwrite::refuse;
    std::vector<std::string> inputs = {};  // files that must not be written
};

struct DatasetSpec {
    std::string name;  // in the target's group; "a/b" makes group a
    DType dtype = DType::float64;
    Shape shape;
    std::optional<Shape> chunk = std::nullopt;  // none: contiguous, or about 1 MiB where a filter needs chunks
    int gzip = -1;                              // level 0-9; -1 is no compression
    Shuffle shuffle = Shuffle::off;
    Checksum checksum = Checksum::off;
    std::optional<double> fill = std::nullopt;
    std::size_t chunk_cache = std::size_t{1} << 20;  // bytes that libhdf5 may hold of chunks written in pieces
};

// A dataset of an OutputFile, by number.
struct OutputDataset {
    int index = -1;
};

// An HDF5 file that appears under its name complete or not at all: written beside it, synced, then renamed.
// Any thread, one call at a time inside the library lock; every call blocks on the disk.
class OutputFile {
public:
    // All checks that need no data, then the temporary. IoError: the target exists (and may not be replaced), is an
    // input, a directory or special file, its folder is missing or not writable, or is no HDF5 file where a group is
    // asked.
    explicit OutputFile(OutputTarget target);
    // Discards the temporary unless committed. Never throws.
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    const OutputTarget& target() const;
    // IoError: the name exists in the group (and may not be replaced), bad chunk or filter settings, no space for it.
    OutputDataset create(const DatasetSpec& spec);
    // `src` is dense, C order, of the dataset's dtype. IoError when the disk is full or fails: then only discard is
    // left.
    void write(OutputDataset dataset, const Box& box, const void* src);
    // The chunks of a box that the dataset's encoder made at `stored`. IoError as write().
    void write_chunks(OutputDataset dataset, const ChunkEncoder& encoder, const Box& box, const std::byte* stored);
    // A string or numeric attribute on a dataset, or on the group of the results when `dataset` is empty.
    void set_attribute(std::optional<OutputDataset> dataset, const std::string& name, const std::string& text);
    void set_attribute(std::optional<OutputDataset> dataset, const std::string& name, DType dtype, const Shape& shape,
                       const void* values);
    // Closes, syncs, renames, syncs the folder. IoError: then the old target is untouched and the temporary gone.
    void commit();
    void discard() noexcept;

    // Bytes in the temporary so far.
    std::uint64_t stored_bytes() const;

    struct Impl;
    Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

// Unlinks every temporary of this process. Async-signal-safe: for handlers of SIGINT, SIGTERM and SIGHUP.
void remove_temporaries() noexcept;

// The chunks that a dataset gets; none: it is contiguous. ArgumentError: they are larger than the format's 4 GiB.
std::optional<Shape> chunk_for(const DatasetSpec& spec);
// The chunk chosen for a filtered dataset without one: about 1 MiB, whole along the last axes.
Shape automatic_chunk(const Shape& shape, DType dtype);

}  // namespace heddle::io
