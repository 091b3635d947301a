#pragma once

#include <cstddef>
#include <cstdint>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

enum class Group : std::uint8_t { sum, mean, min, max, count };

// One reduction by group, resolved for an element type: a state for each group, which are plain bytes of `state_size`.
// Values join their states in the order in which they come, so the bits depend on how the caller cuts them into runs
// and in which order it combines those. Any thread, no blocking.
struct Grouper {
    DType input;   // what the values must be cast to before
    DType output;  // as the plain reduction's
    std::size_t state_size;
    // Makes n states that cover nothing.
    void (*init)(void* states, std::int64_t n);
    // states[places[i]] takes values[i]; a count looks at no values.
    void (*scatter)(void* states, const void* values, const std::int64_t* places, std::int64_t n);
    // left[i] covers left[i] and then right[i].
    void (*combine)(void* left, const void* right, std::int64_t n);
    // Writes n results of type `output`: of nothing, sum and count are 0, mean and extremes NaN. Returns the first
    // state that has no result, as integers have no NaN, or -1.
    std::int64_t (*finalize)(const void* states, void* out, std::int64_t n);
};

// `input` says nothing for a count.
Grouper make_grouper(Group group, DType input);

// Labels of any integer type, or bool, as places: labels[i] in [0, groups). Returns the first i that is outside, or -1.
std::int64_t places_of_labels(DType dtype, const void* labels, std::int64_t n, std::int64_t groups,
                              std::int64_t* places);

}  // namespace heddle::kernels
