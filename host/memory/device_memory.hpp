#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "host/memory/replica.hpp"
#include "host/memory/streams.hpp"

namespace heddle::memory {

// A device's memory for blocks, within a limit. What is given back is kept for the next block of its size, with the
// points behind which it may be used, so that steady work neither allocates nor waits. Not thread-safe.
class DeviceMemory {
public:
    struct Piece {
        std::byte* data = nullptr;
        Points earlier;
    };

    DeviceMemory(Streams& streams, int device, std::size_t limit) : streams_(streams), device_(device), limit_(limit) {}
    // Hands back what is kept: a pool of CUDA's stays for as long as something of it is allocated.
    ~DeviceMemory();
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

    // Memory of block_bytes(bytes), from what is kept or within the limit; null data when there is none.
    Piece take(std::size_t bytes);
    // Whether the limit allows a new piece.
    bool has_room(std::size_t bytes) const { return used_ + kept_bytes_ + bytes <= limit_; }
    void give_back(std::byte* data, std::size_t bytes, Points earlier);
    // Hands one kept piece back to the device, behind its points; false when none is kept.
    bool drop_kept();
    // Reached when all that was handed back is free.
    Point freeing() const { return freeing_; }
    // The device is lost: its memory is nobody's any more.
    void forget();

    std::size_t limit() const { return limit_; }
    std::size_t used() const { return used_; }
    std::size_t peak() const { return peak_; }

private:
    Streams& streams_;
    const int device_;
    const std::size_t limit_;
    std::size_t used_ = 0, kept_bytes_ = 0, peak_ = 0;
    Point freeing_;
    std::map<std::size_t, std::vector<Piece>> kept_;  // by size
};

}  // namespace heddle::memory
