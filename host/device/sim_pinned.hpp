#pragma once

#include <cstddef>

namespace heddle::device {

// Page-locked host memory of the simulated devices: each may use what another allocated. Any thread may call these.
enum class PinnedState : unsigned char { sound, broken };  // broken: the first copy that uses it fails

// Null where there is none.
std::byte* allocate_pinned_memory(std::size_t bytes, PinnedState state);
void free_pinned_memory(std::byte* block) noexcept;

// Whether all of these bytes lie within one block.
bool is_pinned(const void* address, std::size_t bytes);
// Throws IllegalAddress unless they do, now that a copy is about to use them.
void use_pinned(const void* address, std::size_t bytes);

}  // namespace heddle::device
