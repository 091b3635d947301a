#pragma once

#include <cub/device/device_radix_sort.cuh>

#include "kernels/cuda_parts.hpp"

namespace heddle::kernels::cuda {

// cudaErrorInvalidValue where the temporary memory is too little: gpu_sort_scratch() has room for far more than CUB 3
// takes.
template <class Key>
int sort_keys(void* stream, Key*& a, Key* b, std::int64_t n, int bits, const GpuScratch& temporary) {
    const auto native = static_cast<cudaStream_t>(stream);
    const auto count = static_cast<std::uint32_t>(n);
    cub::DoubleBuffer<Key> keys(a, b);
    std::size_t bytes = 0;
    auto error = cub::DeviceRadixSort::SortKeys(nullptr, bytes, keys, count, 0, bits, native);
    if (error != cudaSuccess) return static_cast<int>(error);
    if (bytes > static_cast<std::size_t>(temporary.bytes)) return static_cast<int>(cudaErrorInvalidValue);
    error = cub::DeviceRadixSort::SortKeys(temporary.data, bytes, keys, count, 0, bits, native);
    a = keys.Current();
    return static_cast<int>(error);
}

template <class Key>
int sort_pairs(void* stream, Key*& a, Key* b, std::uint32_t*& i, std::uint32_t* j, std::int64_t n, int bits,
               const GpuScratch& temporary) {
    const auto native = static_cast<cudaStream_t>(stream);
    const auto count = static_cast<std::uint32_t>(n);
    cub::DoubleBuffer<Key> keys(a, b);
    cub::DoubleBuffer<std::uint32_t> values(i, j);
    std::size_t bytes = 0;
    auto error = cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, values, count, 0, bits, native);
    if (error != cudaSuccess) return static_cast<int>(error);
    if (bytes > static_cast<std::size_t>(temporary.bytes)) return static_cast<int>(cudaErrorInvalidValue);
    error = cub::DeviceRadixSort::SortPairs(temporary.data, bytes, keys, values, count, 0, bits, native);
    a = keys.Current();
    i = values.Current();
    return static_cast<int>(error);
}

}  // namespace heddle::kernels::cuda
