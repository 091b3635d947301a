#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>

#include "bench/gpu/whole.hpp"

namespace heddle::bench {

int call_cub(Direct what, void* stream, const void* in, void* out, std::int64_t n, void* temporary,
             std::size_t& bytes) {
    const auto native = static_cast<cudaStream_t>(stream);
    if (what == Direct::sort_float32)
        return static_cast<int>(cub::DeviceRadixSort::SortKeys(temporary, bytes, static_cast<const float*>(in),
                                                               static_cast<float*>(out), static_cast<std::uint32_t>(n),
                                                               0, 32, native));
    if (what == Direct::scan_float32)
        return static_cast<int>(cub::DeviceScan::InclusiveSum(temporary, bytes, static_cast<const float*>(in),
                                                              static_cast<float*>(out), n, native));
    return static_cast<int>(cub::DeviceScan::InclusiveSum(temporary, bytes, static_cast<const std::uint64_t*>(in),
                                                          static_cast<std::uint64_t*>(out), n, native));
}

}  // namespace heddle::bench
