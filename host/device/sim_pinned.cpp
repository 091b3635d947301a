#include "host/device/sim_pinned.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>

#include "host/device/sim_memory.hpp"

namespace heddle::device {
namespace {

constexpr std::align_val_t kPage{4096};

struct Block {
    std::size_t bytes;
    PinnedState state;
};

struct Registry {
    std::mutex mutex;  // guards blocks
    std::map<std::uintptr_t, Block> blocks;
};

// Never destroyed: devices may outlive the statics of this file.
Registry& registry() {
    static auto* const all = new Registry;
    return *all;
}

std::uintptr_t number(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

// Called with the registry locked; null where the bytes are in no block.
const Block* find(const Registry& all, const void* address, std::size_t bytes) {
    auto next = all.blocks.upper_bound(number(address));
    if (next == all.blocks.begin()) return nullptr;
    const auto& [begin, block] = *--next;
    const std::uintptr_t at = number(address) - begin;
    return at <= block.bytes && bytes <= block.bytes - at ? &block : nullptr;
}

}  // namespace

std::byte* allocate_pinned_memory(std::size_t bytes, PinnedState state) {
    void* block = ::operator new(std::max<std::size_t>(bytes, 1), kPage, std::nothrow);
    if (!block) return nullptr;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    all.blocks[number(block)] = {bytes, state};
    return static_cast<std::byte*>(block);
}

void free_pinned_memory(std::byte* block) noexcept {
    Registry& all = registry();
    {
        const std::lock_guard lock(all.mutex);
        if (all.blocks.erase(number(block)) == 0) return;
    }
    ::operator delete(block, kPage);
}

bool is_pinned(const void* address, std::size_t bytes) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    return find(all, address, bytes) != nullptr;
}

void use_pinned(const void* address, std::size_t bytes) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const Block* block = find(all, address, bytes);
    if (!block)
        throw IllegalAddress(fmt::format("the pinned memory at {} was freed before its copy", fmt::ptr(address)));
    if (block->state == PinnedState::broken)
        throw IllegalAddress(fmt::format("the pinned memory at {} does not work, as was asked for", fmt::ptr(address)));
}

}  // namespace heddle::device
