#pragma once

#include <cstdint>

#include "kernels/cuda_kernels.hpp"
#include "kernels/scan_step.hpp"

// Scans in the CPU's order (scan.hpp): a thread folds the block of a line, one per line what the blocks come to, then
// each block is walked again. What a thread does is a function of its number, so that a loop does the same on the host.
namespace heddle::kernels::device {

// Walks n elements, `stride` apart, in their order: y[i] = step(x[i]), or only the steps where y is null. Several loads
// are under way at a time, of neighbours in packs where they are aligned.
template <class T>
struct Walk {
    static constexpr int kPack = sizeof(T) < 16 ? 16 / static_cast<int>(sizeof(T)) : 1;
    static constexpr int kAhead = sizeof(T) < 4 ? 2 * kPack : 128 / static_cast<int>(sizeof(T));
    struct alignas(16) Pack {
        T values[kPack];
    };

    const T* x;
    T* y;
    std::int64_t n, stride;

    HEDDLE_FN bool packed() const {
        const auto bits = reinterpret_cast<std::uintptr_t>(x) | reinterpret_cast<std::uintptr_t>(y);
        return stride == 1 && bits % 16 == 0;
    }

    template <class Step>
    HEDDLE_FN void each(Step&& step) const {
        std::int64_t i = packed() ? packs(step) : strides(step);
        for (; i < n; ++i) {
            const T made = step(x[i * stride]);
            if (y != nullptr) y[i * stride] = made;
        }
    }

private:
    template <class Step>
    HEDDLE_FN std::int64_t packs(Step& step) const {
        constexpr int kPacks = kAhead / kPack;
        std::int64_t i = 0;
        for (; i + kAhead <= n; i += kAhead) {
            Pack ahead[kPacks];
            const auto* from = reinterpret_cast<const Pack*>(x + i);
            for (int p = 0; p < kPacks; ++p) ahead[p] = from[p];
            for (int p = 0; p < kPacks; ++p)
                for (int j = 0; j < kPack; ++j) ahead[p].values[j] = step(ahead[p].values[j]);
            if (y == nullptr) continue;
            auto* to = reinterpret_cast<Pack*>(y + i);
            for (int p = 0; p < kPacks; ++p) to[p] = ahead[p];
        }
        return i;
    }
    template <class Step>
    HEDDLE_FN std::int64_t strides(Step& step) const {
        constexpr int kSome = 8;
        std::int64_t i = 0;
        for (; i + kSome <= n; i += kSome) {
            T ahead[kSome];
            for (int j = 0; j < kSome; ++j) ahead[j] = x[(i + j) * stride];
            for (int j = 0; j < kSome; ++j) ahead[j] = step(ahead[j]);
            if (y == nullptr) continue;
            for (int j = 0; j < kSome; ++j) y[(i + j) * stride] = ahead[j];
        }
        return i;
    }
};

template <Scan op, class T>
struct LineScan {
    using W = typename scan::Wide<op, T>::type;

    GpuLines lines;
    const T* in;
    T* out;
    W* states;  // of the blocks, in the order of their units
    std::int64_t per_line;

    // Neighbouring units are neighbouring columns.
    std::int64_t units() const { return lines.count() * per_line; }

    struct Block {
        std::int64_t at, length;
    };
    HEDDLE_FN Block block(std::int64_t unit) const {
        const std::int64_t k = unit % lines.inner, row = unit / lines.inner, b = row % per_line, o = row / per_line;
        const std::int64_t first = b * kScanBlock, left = lines.n - first;
        return {(o * lines.n + first) * lines.inner + k, left < kScanBlock ? left : kScanBlock};
    }
};

template <Scan op, class T>
struct ScanTotals {
    LineScan<op, T> s;
    HEDDLE_FN void operator()(std::int64_t unit) const {
        using W = typename LineScan<op, T>::W;
        const auto block = s.block(unit);
        W sum = scan::identity<op, W>();
        Walk<T>{s.in + block.at, nullptr, block.length, s.lines.inner}.each([&](T x) {
            sum = scan::join<op>(sum, scan::widen<W>(x));
            return x;
        });
        s.states[unit] = sum;
    }
};

// A line's totals become what comes before each block.
template <Scan op, class T>
struct ScanStarts {
    LineScan<op, T> s;
    HEDDLE_FN void operator()(std::int64_t line) const {
        using W = typename LineScan<op, T>::W;
        const std::int64_t inner = s.lines.inner, at = line / inner * s.per_line * inner + line % inner;
        W before = scan::identity<op, W>();
        Walk<W>{s.states + at, s.states + at, s.per_line, inner}.each([&](W total) {
            const W start = before;
            before = scan::join<op>(before, total);
            return start;
        });
    }
};

template <Scan op, class T>
struct ScanRun {
    LineScan<op, T> s;
    HEDDLE_FN void operator()(std::int64_t unit) const {
        using W = typename LineScan<op, T>::W;
        const auto block = s.block(unit);
        const W start = s.per_line > 1 ? s.states[unit] : scan::identity<op, W>();
        W local = scan::identity<op, W>();
        Walk<T>{s.in + block.at, s.out + block.at, block.length, s.lines.inner}.each([&](T x) {
            local = scan::join<op>(local, scan::widen<W>(x));
            return scan::narrow<T>(scan::join<op>(start, local));
        });
    }
};

// `launch(n, f)` has f(0) … f(n - 1) called in the stream, and returns the runtime's error code.
template <Scan op, class T, class Launch>
int scan_lines(const Launch& launch, const GpuLines& lines, const void* in, void* out, const GpuScratch& scratch) {
    const LineScan<op, T> s{lines, static_cast<const T*>(in), static_cast<T*>(out),
                            reinterpret_cast<typename LineScan<op, T>::W*>(scratch.data),
                            (lines.n + kScanBlock - 1) / kScanBlock};
    if (s.per_line > 1) {
        if (const int error = launch(s.units(), ScanTotals<op, T>{s}); error != 0) return error;
        if (const int error = launch(lines.count(), ScanStarts<op, T>{s}); error != 0) return error;
    }
    return launch(s.units(), ScanRun<op, T>{s});
}

// The types in which sums and products run; unsigned integers stand for signed ones, whose sums have the same bits.
template <Scan op, class Launch>
int scan_sums(const Launch& launch, DType dtype, const GpuLines& lines, const void* in, void* out,
              const GpuScratch& scratch) {
    switch (dtype) {
        case DType::float32:
            return scan_lines<op, float>(launch, lines, in, out, scratch);
        case DType::float64:
            return scan_lines<op, double>(launch, lines, in, out, scratch);
        case DType::complex64:
            return scan_lines<op, Complex<float>>(launch, lines, in, out, scratch);
        case DType::complex128:
            return scan_lines<op, Complex<double>>(launch, lines, in, out, scratch);
        default:
            return scan_lines<op, std::uint64_t>(launch, lines, in, out, scratch);
    }
}

// A boolean is a byte of 0 or 1.
template <Scan op, class Launch>
int scan_extremes(const Launch& launch, DType dtype, const GpuLines& lines, const void* in, void* out,
                  const GpuScratch& scratch) {
    switch (dtype) {
        case DType::int8:
            return scan_lines<op, std::int8_t>(launch, lines, in, out, scratch);
        case DType::int16:
            return scan_lines<op, std::int16_t>(launch, lines, in, out, scratch);
        case DType::int32:
            return scan_lines<op, std::int32_t>(launch, lines, in, out, scratch);
        case DType::int64:
            return scan_lines<op, std::int64_t>(launch, lines, in, out, scratch);
        case DType::boolean:
        case DType::uint8:
            return scan_lines<op, std::uint8_t>(launch, lines, in, out, scratch);
        case DType::uint16:
            return scan_lines<op, std::uint16_t>(launch, lines, in, out, scratch);
        case DType::uint32:
            return scan_lines<op, std::uint32_t>(launch, lines, in, out, scratch);
        case DType::float32:
            return scan_lines<op, float>(launch, lines, in, out, scratch);
        case DType::float64:
            return scan_lines<op, double>(launch, lines, in, out, scratch);
        case DType::complex64:
            return scan_lines<op, Complex<float>>(launch, lines, in, out, scratch);
        case DType::complex128:
            return scan_lines<op, Complex<double>>(launch, lines, in, out, scratch);
        default:
            return scan_lines<op, std::uint64_t>(launch, lines, in, out, scratch);
    }
}

}  // namespace heddle::kernels::device
