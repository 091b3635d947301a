#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "host/io/codec.hpp"
#include "host/io/output.hpp"

namespace heddle::io {

// Chunks of a new dataset as they will lie in the file, made beside libhdf5: any threads encode the chunks of a box at
// the same time, and OutputFile::write_chunks stores them. Immutable.
class ChunkEncoder {
public:
    // Null where the dataset has no filters.
    static std::shared_ptr<const ChunkEncoder> make(const DatasetSpec& spec);

    const Shape& chunk() const { return chunk_; }
    // Whether tiles of these extents, one beside the other, hold whole chunks.
    bool fits(const Shape& tile) const;
    // How many chunks a box has, which holds them whole, in C order of their grid; where the i-th begins.
    std::int64_t chunks(const Box& box) const;
    Shape offset(const Box& box, std::int64_t i) const;
    // Memory for an encoded chunk, and what encode() keeps for each thread.
    std::int64_t stored_bytes() const { return stored_bytes_; }
    std::int64_t scratch_bytes() const;

    struct Stored {
        const std::byte* data;
        std::size_t bytes;
        unsigned mask;
    };
    struct Scratch {
        FilterPipeline::Scratch filters;
        ByteBuffer chunk;
    };
    // Encodes the i-th chunk of the box, whose dense block is `values`, to `stored` + i * stored_bytes(). What of a
    // chunk lies outside the shape is the fill value, or 0.
    void encode(const Box& box, std::int64_t i, const std::byte* values, std::byte* stored, Scratch& scratch) const;
    Stored stored(const std::byte* stored, std::int64_t i) const;

    ChunkEncoder(const DatasetSpec& spec, Shape chunk, FilterPipeline pipeline);

private:
    struct Header {
        std::uint64_t bytes;
        std::uint64_t mask;
    };

    Shape shape_, chunk_;
    std::size_t width_;
    std::vector<std::byte> fill_;  // one value; empty: zeros
    FilterPipeline pipeline_;
    std::int64_t stored_bytes_;
};

}  // namespace heddle::io
