#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/io/codec.hpp"
#include "host/io/dataset.hpp"

namespace heddle::io {

// The values of a chunked dataset in two steps: chunks as they are stored, one after the other from the disk, and those
// decoded, by any threads at the same time and without the library lock. What cannot be fetched like this (never
// written, larger than its filters explain) is read through libhdf5 in the second step.
class ChunkReader {
public:
    // Null where only libhdf5 can read the values; `why` then says what is the matter.
    static std::shared_ptr<const ChunkReader> make(std::shared_ptr<const Dataset> dataset, std::string* why = nullptr);

    // How many chunks a box touches, in C order of their grid.
    std::int64_t chunks(const Box& box) const;
    // How many a box of these extents touches at most, if it lies at multiples of them behind `start`.
    std::int64_t most_chunks(const Shape& start, const Shape& extents) const;
    // Memory for a stored chunk, and what decode() keeps for each thread.
    std::int64_t stored_bytes() const { return stored_bytes_; }
    std::int64_t scratch_bytes() const;

    struct Scratch {
        FilterPipeline::Scratch filters;
        ByteBuffer chunk;
    };
    // Fetches the box's chunks into `stored`, of chunks(box) * stored_bytes(). Blocks on the library lock and the disk.
    void fetch(const Box& box, std::byte* stored) const;
    // Puts what the box has of its i-th chunk, which fetch() put at `stored` + i * stored_bytes(), into the dense block
    // `values` of the box. IoError: damaged; names the chunk.
    void decode(const Box& box, std::int64_t i, const std::byte* stored, std::byte* values, Scratch& scratch) const;

    ChunkReader(std::shared_ptr<const Dataset> dataset, FilterPipeline pipeline);

private:
    // What lies before the bytes of each stored chunk.
    struct Header {
        std::uint64_t bytes;
        std::uint32_t mask, fetched;
    };
    static constexpr std::int64_t kAlign = 64;

    Box chunk_at(const Box& box, std::int64_t i) const;
    Header fetch_chunk(const Box& chunk, std::byte* to) const;
    void finish(std::byte* values, std::size_t bytes) const;
    [[noreturn]] void damaged(const Box& chunk, const std::string& why) const;

    std::shared_ptr<const Dataset> dataset_;
    FilterPipeline pipeline_;
    Shape chunk_;
    std::size_t width_;
    std::int64_t stored_bytes_;
};

}  // namespace heddle::io
