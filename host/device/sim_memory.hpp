#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace heddle::device {

// An address that the simulated device may not use; what() is the reason.
class IllegalAddress : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The memory of a simulated device. Its addresses are a range that nobody may touch (a touch is a SIGSEGV); the same
// memory is mapped a second time, at the aliases that work on the device gets. Between the blocks lie borders of a
// known pattern; memory that nobody has written reads as NaN. Any thread may call anything.
class SimMemory {
public:
    explicit SimMemory(std::size_t bytes);
    ~SimMemory();
    SimMemory(const SimMemory&) = delete;
    SimMemory& operator=(const SimMemory&) = delete;

    // A block at the lowest address where it fits; null where the bytes do not suffice, or no hole is long enough. It
    // is of no use before open().
    std::byte* reserve(std::size_t bytes);
    void open(std::byte* block);
    // Throws IllegalAddress where the block is not open, or its borders were written to.
    void release(std::byte* block);

    // Where work on the device finds these bytes. Throws IllegalAddress unless they lie within one open block.
    std::byte* translate(const void* address, std::size_t bytes) const;
    // Throws IllegalAddress when something was written beside the block that the address lies in.
    void check_borders(const void* address) const;

    // The device is gone, and what its memory held with it.
    void lose() { lost_.store(true, std::memory_order_release); }
    bool lost() const { return lost_.load(std::memory_order_acquire); }

private:
    struct Block {
        std::size_t bytes, room;  // as asked for; rounded up
        bool open = false;
    };
    using Blocks = std::map<std::size_t, Block>;  // by offset

    static constexpr std::size_t kBorder = 256;
    std::size_t offset(const void* address) const;
    Blocks::const_iterator find(const void* address) const;
    void check_borders(std::size_t at, const Block& block) const;

    const std::size_t limit_, range_;
    std::byte *addresses_ = nullptr, *aliases_ = nullptr;
    std::atomic<bool> lost_{false};

    mutable std::mutex mutex_;  // guards what follows, not the memory itself
    Blocks blocks_;
    std::map<std::size_t, std::size_t> holes_;  // length by offset, never two side by side
    std::size_t used_ = 0;
};

}  // namespace heddle::device
