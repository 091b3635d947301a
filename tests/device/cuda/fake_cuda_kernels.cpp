// The library's own kernels on the stand-in for the CUDA runtime: what a thread does, by a loop; in place of CUB's, the
// standard library.
#include "tests/device/cuda/fake_cuda_kernels.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/device_gather.hpp"
#include "kernels/device_scan.hpp"
#include "kernels/device_search.hpp"
#include "kernels/device_sort.hpp"
#include "tests/device/cuda/fake_runtime.hpp"

namespace heddle::fake_cuda {
namespace {

using namespace kernels;

std::atomic<int> launched{0};
std::atomic<int> refused{0};
std::atomic<int> until_loss{-1};

struct Units {
    void* stream;
    // From the last to the first: a GPU's order is none.
    template <class F>
    int operator()(std::int64_t units, const F& f) const {
        if (refused > 0 && refused.fetch_sub(1) > 0) return cudaErrorLaunchOutOfResources;
        ++launched;
        if (until_loss.fetch_sub(1) == 0) enqueue_fault(static_cast<cudaStream_t>(stream));
        enqueue(static_cast<cudaStream_t>(stream), [units, f] {
            for (std::int64_t u = units; u-- > 0;) f(u);
        });
        return 0;
    }
};

template <class Key>
bool before(Key a, Key b, int bits) {
    const auto mask = static_cast<Key>(~Key{0} >> (sizeof(Key) * 8 - static_cast<unsigned>(bits)));
    return (a & mask) < (b & mask);
}

// Results change places from call to call, as CUB's may.
std::atomic<unsigned> turn{0};

struct Gpu {
    using Index = device::Index;
    void* stream;
    template <class F>
    int launch(std::int64_t n, const F& f) const {
        return Units{stream}(n, f);
    }
    template <class Key>
    int keys(Key*& a, Key* b, std::int64_t n, int bits, const GpuScratch& temporary) const {
        Index *none = nullptr, *others = nullptr;
        return sort(a, b, none, others, n, bits, temporary);
    }
    template <class Key>
    int pairs(Key*& a, Key* b, Index*& i, Index* j, std::int64_t n, int bits, const GpuScratch& temporary) const {
        return sort(a, b, i, j, n, bits, temporary);
    }

private:
    template <class Key>
    int sort(Key*& a, Key* b, Index*& i, Index* j, std::int64_t n, int bits, const GpuScratch& temporary) const {
        if (temporary.bytes < n) return cudaErrorInvalidValue;
        ++launched;
        const bool moves = turn++ % 2 == 0;
        Key* const to = moves ? b : a;
        Index* const to_index = moves ? j : i;
        enqueue(static_cast<cudaStream_t>(stream), [=, from = a, index = i] {
            std::memset(temporary.data, 0xa5, static_cast<std::size_t>(temporary.bytes));
            const auto count = static_cast<std::size_t>(n);
            std::vector<std::size_t> order(count);
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::stable_sort(order.begin(), order.end(),
                             [&](std::size_t x, std::size_t y) { return before(from[x], from[y], bits); });
            const std::vector<Key> keys(from, from + count);
            const std::vector<Index> indices(index, index == nullptr ? index : index + count);
            std::fill_n(from, count, Key{0x5a});
            for (std::size_t k = 0; k < count; ++k) to[k] = keys[order[k]];
            for (std::size_t k = 0; k < indices.size(); ++k) to_index[k] = indices[order[k]];
        });
        a = to;
        i = to_index;
        return 0;
    }
};

int scan_any(void* stream, Scan scan, DType dtype, const GpuLines& lines, const void* in, void* out,
             const GpuScratch& scratch) {
    const Units launch{stream};
    switch (scan) {
        case Scan::sum:
            return device::scan_sums<Scan::sum>(launch, dtype, lines, in, out, scratch);
        case Scan::prod:
            return device::scan_sums<Scan::prod>(launch, dtype, lines, in, out, scratch);
        case Scan::max:
            return device::scan_extremes<Scan::max>(launch, dtype, lines, in, out, scratch);
        default:
            return device::scan_extremes<Scan::min>(launch, dtype, lines, in, out, scratch);
    }
}

int sort_any(void* stream, DType dtype, bool positions, const GpuLines& lines, const void* in, void* out,
             const GpuScratch& scratch) {
    return device::sort_lines(Gpu{stream}, dtype, positions, lines, in, out, scratch);
}

int take_any(void* stream, const GpuTake& take, const void* table, const std::int64_t* indices, void* out,
             std::uint64_t* outside) {
    return device::take(Units{stream}, take, table, indices, out, outside);
}

int search_any(void* stream, DType dtype, Side side, const void* sorted, std::int64_t n, const void* values,
               std::int64_t count, std::int64_t* out) {
    return device::search(Units{stream}, dtype, side, sorted, n, values, count, out);
}

constexpr CudaKernels kKernels{scan_any, sort_any, take_any, search_any};

}  // namespace

int own_launches() { return launched.exchange(0); }
void refuse_own_launches(int count) { refused = count; }
void lose_at_own_launch(int count) { until_loss = count; }

}  // namespace heddle::fake_cuda

namespace heddle::kernels {

const CudaKernels* cuda_kernels() { return &fake_cuda::kKernels; }

}  // namespace heddle::kernels
