#include "host/device/sim_memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "heddle/error.hpp"

namespace heddle::device {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr int kNothing = 0xFF;  // NaN as a float of any width
constexpr int kPattern = 0xA5;

std::size_t round_up(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Room for the borders too; large devices get less of it per block, so that their memory can be fragmented.
std::size_t range_of(std::size_t bytes) {
    const std::size_t page = 1 << 16;
    return (bytes + bytes / 16 + page) / page * page;
}

[[noreturn]] void throw_no_range(std::size_t bytes, int code) {
    throw OutOfMemory("a simulated device cannot have its memory",
                      fmt::format("mapping {} bytes failed: {}", bytes, std::strerror(code)),
                      "ask for a device with less memory");
}

// Offset of the first byte that is not the pattern; `bytes` if all are.
std::size_t intact(const std::byte* at, std::size_t bytes) {
    return static_cast<std::size_t>(std::find_if(at, at + bytes, [](std::byte b) { return b != std::byte{kPattern}; }) -
                                    at);
}

}  // namespace

SimMemory::SimMemory(std::size_t bytes) : limit_(round_up(bytes)), range_(range_of(limit_)) {
    void* addresses = mmap(nullptr, range_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (addresses == MAP_FAILED) throw_no_range(range_, errno);
    const int file = memfd_create("heddle-sim", MFD_CLOEXEC);
    void* aliases = MAP_FAILED;
    if (file >= 0 && ftruncate(file, static_cast<off_t>(range_)) == 0)
        aliases = mmap(nullptr, range_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    const int code = errno;
    if (file >= 0) close(file);
    if (aliases == MAP_FAILED) {
        munmap(addresses, range_);
        throw_no_range(range_, code);
    }
    addresses_ = static_cast<std::byte*>(addresses);
    aliases_ = static_cast<std::byte*>(aliases);
    std::memset(aliases_, kPattern, kBorder);
    holes_[kBorder] = range_ - kBorder;
}

SimMemory::~SimMemory() {
    munmap(addresses_, range_);
    munmap(aliases_, range_);
}

std::byte* SimMemory::reserve(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > limit_) return nullptr;
    const std::size_t room = round_up(std::max<std::size_t>(bytes, 1));
    if (room > limit_ - used_) return nullptr;
    const auto hole = std::find_if(holes_.begin(), holes_.end(), [&](auto& h) { return h.second >= room + kBorder; });
    if (hole == holes_.end()) return nullptr;
    const auto [at, length] = *hole;
    holes_.erase(hole);
    if (length > room + kBorder) holes_[at + room + kBorder] = length - room - kBorder;
    blocks_[at] = {bytes, room};
    used_ += room;
    std::memset(aliases_ + at + bytes, kPattern, room - bytes + kBorder);
    return addresses_ + at;
}

// A hole begins where a border ends, and ends with one; so there is one before each block as well as behind it.
void SimMemory::open(std::byte* block) {
    const std::size_t at = offset(block);
    std::size_t bytes = 0;
    {
        const std::lock_guard lock(mutex_);
        bytes = blocks_.at(at).bytes;
    }
    std::memset(aliases_ + at, kNothing, bytes);
    const std::lock_guard lock(mutex_);
    blocks_.at(at).open = true;
}

void SimMemory::release(std::byte* block) {
    const std::size_t at = offset(block);
    Block freed;
    {
        const std::lock_guard lock(mutex_);
        const auto found = blocks_.find(at);
        if (found == blocks_.end() || !found->second.open)
            throw IllegalAddress(fmt::format("{} is freed, where no block in use begins", fmt::ptr(block)));
        found->second.open = false;
        freed = found->second;
    }
    check_borders(at, freed);
    std::memset(aliases_ + at, kNothing, freed.bytes);

    const std::lock_guard lock(mutex_);
    blocks_.erase(at);
    used_ -= freed.room;
    auto hole = holes_.emplace(at, freed.room + kBorder).first;
    const auto next = std::next(hole);
    if (next != holes_.end() && hole->first + hole->second == next->first) {
        hole->second += next->second;
        holes_.erase(next);
    }
    if (hole == holes_.begin()) return;
    const auto previous = std::prev(hole);
    if (previous->first + previous->second != hole->first) return;
    previous->second += hole->second;
    holes_.erase(hole);
}

std::byte* SimMemory::translate(const void* address, std::size_t bytes) const {
    const std::lock_guard lock(mutex_);
    const auto block = find(address);
    if (block == blocks_.end())
        throw IllegalAddress(fmt::format("{} lies in no block of the device's memory", fmt::ptr(address)));
    const std::size_t at = offset(address), left = block->first + block->second.bytes - at;
    if (bytes > left)
        throw IllegalAddress(
            fmt::format("{} bytes at {} reach {} bytes beyond their block", bytes, fmt::ptr(address), bytes - left));
    return aliases_ + at;
}

void SimMemory::check_borders(const void* address) const {
    std::size_t at = 0;
    Block block;
    {
        const std::lock_guard lock(mutex_);
        const auto found = find(address);
        if (found == blocks_.end()) return;
        at = found->first;
        block = found->second;
    }
    check_borders(at, block);
}

void SimMemory::check_borders(std::size_t at, const Block& block) const {
    const std::byte* before = aliases_ + at - kBorder;
    const std::byte* behind = aliases_ + at + block.bytes;
    const std::size_t length = block.room - block.bytes + kBorder;
    const std::size_t first = intact(before, kBorder), last = intact(behind, length);
    if (first < kBorder)
        throw IllegalAddress(fmt::format("something was written {} bytes before the block of {} bytes at {}",
                                         kBorder - first, block.bytes, fmt::ptr(addresses_ + at)));
    if (last < length)
        throw IllegalAddress(fmt::format("something was written {} bytes beyond the block of {} bytes at {}", last + 1,
                                         block.bytes, fmt::ptr(addresses_ + at)));
}

// Beyond the range, and so in no block, for an address that is not of this device.
std::size_t SimMemory::offset(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(addresses_);
}

SimMemory::Blocks::const_iterator SimMemory::find(const void* address) const {
    const std::size_t at = offset(address);
    auto block = blocks_.upper_bound(at);
    if (block == blocks_.begin()) return blocks_.end();
    --block;
    return block->second.open && at - block->first < std::max<std::size_t>(block->second.bytes, 1) ? block
                                                                                                   : blocks_.end();
}

}  // namespace heddle::device
