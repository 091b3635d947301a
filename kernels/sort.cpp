#include "kernels/sort.hpp"

#include <algorithm>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <string>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "heddle/error.hpp"
#include "kernels/order.hpp"
#include "kernels/sort_plan.hpp"

namespace heddle::kernels {
namespace {

using Result = RadixSort::Result;

// Below, comparing is faster than counting.
constexpr std::int64_t kFew = 256;

std::byte* aligned(void* memory) {
    return reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(memory) + 63) / 64 * 64);
}

// A huge page, where the scratch has that size.
constexpr std::size_t kHugePage = std::size_t{1} << 21;
std::size_t alignment(std::size_t bytes) { return bytes < kHugePage ? 64 : kHugePage; }
std::size_t whole_pages(std::size_t bytes) {
    const std::size_t page = alignment(bytes);
    return (bytes + page - 1) / page * page;
}

std::size_t radix_scratch(DType dtype, Result result, std::int64_t n) {
    const radix::State state(dtype, result, n, 1);
    return n < kFew ? static_cast<std::size_t>(n) * state.loops->record_bytes : state.plan.bytes + 63;
}

void radix_line(DType dtype, Result result, const void* in, void* out, std::int64_t n, void* scratch) {
    radix::State state(dtype, result, n, 1);
    const auto* from = static_cast<const std::byte*>(in);
    auto* to = static_cast<std::byte*>(out);
    if (n < kFew) return state.loops->few(state.plan, from, to, static_cast<std::byte*>(scratch));
    state.scratch = aligned(scratch);
    for (int step = 0; step < state.steps(); ++step) state.run(step, 0, from, to);
}

// Knuth, The Art of Computer Programming 3, 5.2.4, from runs that were sorted by insertion. std::stable_sort allocates.
template <class T, class Before>
void merge_sort(T* values, std::int64_t n, T* other, Before&& before) {
    constexpr std::int64_t kRun = 16;
    for (std::int64_t run = 0; run < n; run += kRun) {
        for (std::int64_t i = run + 1; i < std::min(n, run + kRun); ++i) {
            const T value = values[i];
            std::int64_t at = i;
            for (; at > run && before(value, values[at - 1]); --at) values[at] = values[at - 1];
            values[at] = value;
        }
    }
    T *from = values, *to = other;
    for (std::int64_t width = kRun; width < n; width *= 2) {
        for (std::int64_t i = 0; i < n; i += 2 * width) {
            T *middle = from + std::min(n, i + width), *end = from + std::min(n, i + 2 * width);
            std::merge(from + i, middle, middle, end, to + i, before);
        }
        std::swap(from, to);
    }
    if (from != values) std::copy_n(from, n, values);
}

template <class T>
void sort_complex(const void* in, void* out, std::int64_t n, void* scratch) {
    if (n == 0) return;
    std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(T));
    merge_sort(static_cast<T*>(out), n, static_cast<T*>(scratch), [](T a, T b) { return before(a, b); });
}

template <class T>
void argsort_complex(const void* in, std::int64_t* out, std::int64_t n, void* scratch) {
    const auto* values = static_cast<const T*>(in);
    std::iota(out, out + n, std::int64_t{0});
    merge_sort(out, n, static_cast<std::int64_t*>(scratch),
               [values](std::int64_t a, std::int64_t b) { return before(values[a], values[b]); });
}

}  // namespace

std::size_t sort_scratch(DType dtype, std::int64_t n) {
    if (is_complex(dtype)) return static_cast<std::size_t>(n) * size_of(dtype);
    return radix_scratch(dtype, Result::values, n);
}

void sort_line(DType dtype, const void* in, void* out, std::int64_t n, void* scratch) {
    if (dtype == DType::complex64) return sort_complex<std::complex<float>>(in, out, n, scratch);
    if (dtype == DType::complex128) return sort_complex<std::complex<double>>(in, out, n, scratch);
    radix_line(dtype, Result::values, in, out, n, scratch);
}

std::size_t argsort_scratch(DType dtype, std::int64_t n) {
    if (is_complex(dtype)) return static_cast<std::size_t>(n) * sizeof(std::int64_t);
    return radix_scratch(dtype, Result::positions, n);
}

void argsort_line(DType dtype, const void* in, std::int64_t* out, std::int64_t n, void* scratch) {
    if (dtype == DType::complex64) return argsort_complex<std::complex<float>>(in, out, n, scratch);
    if (dtype == DType::complex128) return argsort_complex<std::complex<double>>(in, out, n, scratch);
    radix_line(dtype, Result::positions, in, out, n, scratch);
}

RadixSort::RadixSort(DType dtype, Result result, std::int64_t n, int parts) {
    if (!has_radix(dtype)) {
        throw ArgumentError("cannot sort by digits", std::string(name_of(dtype)) + " has no digits in its order",
                            "sort it with sort_line");
    }
    if (parts < 1) {
        throw ArgumentError("cannot sort by digits", std::to_string(parts) + " parts were asked for",
                            "ask for at least one");
    }
    state_ = std::make_unique<radix::State>(dtype, result, n, parts);
    // Not zeroed: each part touches its own first. Huge pages, where there are any, spare a scatter most TLB misses.
    const std::size_t bytes = scratch_bytes();
    scratch_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment(bytes), bytes)));
    if (scratch_ == nullptr) throw std::bad_alloc();
#if defined(__linux__)
    if (bytes >= kHugePage) madvise(scratch_.get(), bytes, MADV_HUGEPAGE);
#endif
    state_->scratch = scratch_.get();
}
void RadixSort::Free::operator()(std::byte* memory) const { std::free(memory); }
RadixSort::~RadixSort() = default;
RadixSort::RadixSort(RadixSort&&) noexcept = default;
RadixSort& RadixSort::operator=(RadixSort&&) noexcept = default;

std::size_t RadixSort::scratch_bytes(DType dtype, Result result, std::int64_t n, int parts) {
    return whole_pages(radix::State(dtype, result, n, parts).plan.bytes);
}
std::size_t RadixSort::scratch_bytes() const { return whole_pages(state_->plan.bytes); }

int RadixSort::steps() const { return state_->steps(); }
int RadixSort::parts_of(int step) const { return step % radix::State::kStepsPerDigit == 1 ? 1 : state_->plan.parts; }
void RadixSort::run(int step, int part, const void* in, void* out) {
    state_->run(step, part, static_cast<const std::byte*>(in), static_cast<std::byte*>(out));
}

}  // namespace heddle::kernels
