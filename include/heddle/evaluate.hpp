#pragma once

#include "heddle/array.hpp"
#include "heddle/engine.hpp"

namespace heddle {

// Starts computing the arrays, in as few passes over their inputs as their dependencies allow, and returns arrays that
// hold the values: view(), item() and co_await wait for them and throw the evaluation's error. Throws OutOfMemory at
// once when a result cannot fit the engine's memory. Any thread; blocks only at the engine's caps on work in flight.
HEDDLE_API std::vector<Array> evaluate(Engine& engine, std::span<const Array> arrays);
HEDDLE_API Array evaluate(Engine& engine, const Array& array);

// While it lives, what calls in this thread compute at once, because a shape depends on it (masks as indices,
// nonzero(), unique(), the length of bincount()), keeps to the engine's number of threads and memory limit; of several
// the last one counts. Without one, it takes what a default engine takes. Ends in the thread that made it, in reverse
// order.
class HEDDLE_API AtOnce {
public:
    explicit AtOnce(const Engine& engine);
    ~AtOnce();
    AtOnce(const AtOnce&) = delete;
    AtOnce& operator=(const AtOnce&) = delete;

private:
    int threads_;  // of the one before
    std::size_t memory_;
};

namespace detail {
HEDDLE_API Array evaluate_to_bytes(Engine& engine, const Array& array, DType dtype, void* out, std::size_t count);
}

// The same into memory of the caller (C order, as many elements as the array has, of its type), which must stay, and
// stay untouched, until the returned array has been waited for. No input of the array may lie in it.
template <Element T>
Array evaluate_into(Engine& engine, const Array& array, std::span<T> out) {
    return detail::evaluate_to_bytes(engine, array, dtype_of<T>, out.data(), out.size());
}

// The values of an array in C order, converted to T as astype does. Blocks until they are there.
template <Element T>
std::vector<T> values(Engine& engine, const Array& array) {
    const Array result = evaluate(engine, array.astype(dtype_of<T>));
    if constexpr (std::is_same_v<T, bool>) {
        const auto view = result.view<bool>();
        return std::vector<bool>(view.begin(), view.end());
    } else {
        const auto view = result.view<T>();
        return std::vector<T>(view.begin(), view.end());
    }
}

}  // namespace heddle
