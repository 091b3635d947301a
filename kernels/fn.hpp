#pragma once

// Marks the functions that host and device kernels share; inlining keeps each in its caller's instruction set.
#if defined(__CUDACC__)
#define HEDDLE_FN __host__ __device__ __forceinline__
#else
#define HEDDLE_FN [[gnu::always_inline]] inline
#endif
