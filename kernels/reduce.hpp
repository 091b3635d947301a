#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "heddle/dtype.hpp"

namespace heddle::kernels {

enum class Reduce : std::uint8_t { sum, prod, mean, var, std, min, max, argmin, argmax, any, all, count };

// NumPy's name: "sum", …, "count"; with the skipping of NaN, "nansum", ….
std::string_view name_of(Reduce reduce);

// Elements of one leaf of the reduction tree: what one call of fold takes at most.
inline constexpr std::int64_t kLeaf = 1024;

// One reduction, resolved for an element type. States are plain bytes, `state_size` per output element, 8-byte aligned,
// copyable with memcpy. The functions are pure: any thread, no blocking. The result depends only on how the caller cuts
// the elements into leaves and in which order it combines them, never on the instruction set.
struct Reducer {
    DType input;             // what the values must be cast to before
    DType output;            // the result's type, by NumPy's rules
    std::size_t state_size;  // bytes
    bool has_identity;       // false: an empty reduction is an error (min, max, argmin, argmax)
    bool has_index;          // the result is a position (argmin, argmax)
    // Makes n states that cover nothing.
    void (*init)(void* states, std::int64_t n);
    // Overwrites ONE state with the leaf made of n ≤ kLeaf consecutive values; `first_index` is the first one's index.
    void (*fold)(void* state, const void* values, std::int64_t n, std::int64_t first_index);
    // n states take one more value each, all of index `index`; values must come in the order of their indices.
    void (*accumulate)(void* states, const void* values, std::int64_t n, std::int64_t index);
    // left[i] covers left[i] and then right[i]; right's indices are the later ones.
    void (*combine)(void* left, const void* right, std::int64_t n);
    // Writes n results of type `output`, each over `total` elements. ArgumentError: an argmin/argmax that skips NaN
    // over NaN only.
    void (*finalize)(const void* states, void* out, std::int64_t n, std::int64_t total, double ddof);
};

// The reduction of elements of type `input`; throws DTypeError where NumPy has none. `count` counts what is not zero.
// An index is the position among the reduced elements in C order, as the caller numbers them.
Reducer make_reducer(Reduce reduce, bool skip_nan, DType input);

}  // namespace heddle::kernels
