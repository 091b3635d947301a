#pragma once

#include "heddle/error.hpp"
#include "heddle/selection.hpp"
#include "host/array/node.hpp"

namespace heddle {
struct EngineOptions;
}

// Indices whose values are known late, or just now.
namespace heddle::array {

// As int64. DTypeError for what is no integer, and for uint64, which may not fit; a bool is 0 or 1, as in NumPy.
Array as_indices(const Array& indices, const char* function);

[[noreturn]] inline void throw_outside(std::int64_t index, std::int64_t position, std::int64_t n) {
    throw ShapeError("index " + std::to_string(index) + " is out of range",
                     "it stands at position " + std::to_string(position) + " of the indices, for " + std::to_string(n) +
                         (n == 1 ? " element" : " elements"),
                     "use those from " + std::to_string(-n) + " to " + std::to_string(n - 1) +
                         ", or the mode 'wrap' or 'clip' of take() and put()");
}

// Of `a`, seen as one row per place in its first axes, the rows at these positions, which are inside.
Array take_rows(const Array& a, const Array& positions, int axes);

// What an array's shape depends on is computed in the calling thread's time, within what AtOnce says: by one thread
// where it is little. Results lie in memory, which plans count as theirs, and need no engine.
EngineOptions options_at_once(const Array& a);
Array evaluate_now(const Array& a);
// The positions, in C order, at which a mask is true; and, of the mask that says which elements of a line are not
// continued by the next one, where runs begin.
Array positions_where(const Array& mask);
Array run_starts(const Array& ends);

}  // namespace heddle::array
