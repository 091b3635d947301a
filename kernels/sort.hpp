#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "heddle/dtype.hpp"

// The order is NumPy's: NaN last; of complex numbers by real part, then by imaginary part, those with a NaN last. Equal
// elements keep their order. Sorted values of real types do not tell how they were sorted: NaN becomes the quiet NaN,
// and -0.0 comes before 0.0. Input, output and scratch must not overlap.
namespace heddle::kernels {

namespace radix {
struct State;
}

// One line of n contiguous elements, in the calling thread; `scratch` is 16-aligned and has sort_scratch(dtype, n)
// bytes.
std::size_t sort_scratch(DType dtype, std::int64_t n);
void sort_line(DType dtype, const void* in, void* out, std::int64_t n, void* scratch);

// The positions in the line of its elements, in their order; scratch: argsort_scratch(dtype, n) bytes, 16-aligned.
std::size_t argsort_scratch(DType dtype, std::int64_t n);
void argsort_line(DType dtype, const void* in, std::int64_t* out, std::int64_t n, void* scratch);

// One long line, shared by threads, with the bits of sort_line and argsort_line for any number of parts. All parts of a
// step must be done, and seen, before the next step; every step runs, with the same `in` and `out`. An object sorts
// again when its steps run again.
class RadixSort {
public:
    enum class Result { values, positions };

    // Cuts each step that can be shared into `parts`. ArgumentError: a type without radix, or parts < 1.
    RadixSort(DType dtype, Result result, std::int64_t n, int parts);

    static bool has_radix(DType dtype) { return !is_complex(dtype); }
    // What an object allocates in its constructor, without making one.
    static std::size_t scratch_bytes(DType dtype, Result result, std::int64_t n, int parts);

    int steps() const;
    int parts_of(int step) const;
    // `out` gets elements of the type, or std::int64_t. Different parts of a step may run at once.
    void run(int step, int part, const void* in, void* out);
    std::size_t scratch_bytes() const;

    ~RadixSort();
    RadixSort(RadixSort&&) noexcept;
    RadixSort& operator=(RadixSort&&) noexcept;

private:
    struct Free {
        void operator()(std::byte* memory) const;
    };
    std::unique_ptr<radix::State> state_;
    std::unique_ptr<std::byte, Free> scratch_;
};

}  // namespace heddle::kernels
