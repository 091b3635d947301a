#pragma once

#include <cstdint>

#include "kernels/device_access.hpp"
#include "kernels/histogram_bins.hpp"

// Counts by integer atomics: whole numbers, so that their order does not show.
namespace heddle::kernels::device {

// The counts of a block in its shared memory; the launch has fewer than 2^32 elements. Several copies, as far as there
// is room for them, keep the warps out of each other's way.
struct BlockCounts {
    std::uint32_t* counts;
    unsigned bins, copies;

    HEDDLE_FN BlockCounts(std::uint32_t* shared, unsigned words, unsigned bin_count) : counts(shared), bins(bin_count) {
        const unsigned fit = words / bins, warps = (blockDim.x + 31) / 32;
        copies = fit < warps ? fit : warps;
        for (unsigned i = threadIdx.x; i < copies * bins; i += blockDim.x) counts[i] = 0;
        __syncthreads();
    }
    HEDDLE_FN std::uint32_t* own() const { return counts + threadIdx.x / 32 % copies * bins; }
    HEDDLE_FN void add_to(unsigned long long* all) const {
        __syncthreads();
        for (unsigned bin = threadIdx.x; bin < bins; bin += blockDim.x) {
            unsigned long long sum = 0;
            for (unsigned copy = 0; copy < copies; ++copy) sum += counts[copy * bins + bin];
            if (sum != 0) atomicAdd(all + bin, sum);
        }
    }
};

// Adds to the counts in the device's memory: through `words` words of shared memory that hold all bins, or at once
// where there are none.
template <int n, int turns, int words, class Map, class Index, class Parameters>
HEDDLE_FN void histogram(const Parameters& p, std::uint32_t* shared) {
    const Bins bins = *reinterpret_cast<const Bins*>(p.bins);
    auto* const all = reinterpret_cast<unsigned long long*>(p.counts);
    if constexpr (words == 0) {
        each<n, turns, Map, Index>(p, [&](Index, const auto& out) {
            for (const auto x : out.out0.values)
                if (const std::int64_t bin = bins.of(x); bin >= 0) atomicAdd(all + bin, 1ull);
        });
    } else {
        const BlockCounts block(shared, words, static_cast<unsigned>(bins.count));
        std::uint32_t* const own = block.own();
        each<n, turns, Map, Index>(p, [&](Index, const auto& out) {
            for (const auto x : out.out0.values)
                if (const std::int64_t bin = bins.of(x); bin >= 0) atomicAdd(own + bin, 1u);
        });
        block.add_to(all);
    }
}

}  // namespace heddle::kernels::device
