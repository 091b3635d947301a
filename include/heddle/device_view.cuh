#pragma once

// For CUDA's compilers only: what device code gets of an access. Kernels of heddle::CudaKernel see it without an
// #include.
namespace heddle {

// The coordinates of an element in a for_each().
struct Coordinates {
    long long at[8];
    __host__ __device__ long long operator[](int axis) const { return at[axis]; }
};

// The elements of an access, as View gives them to a CPU body; passed to kernels by value. Strides are in elements.
template <class T>
struct DeviceView {
    T* data;
    long long size;
    long long shape[8], strides[8];
    int rank;
    int dense;  // whether the elements follow each other without gaps

    // The element at one index per axis.
    template <class... I>
    __host__ __device__ T& operator()(I... index) const {
        const long long indices[] = {static_cast<long long>(index)..., 0};
        long long offset = 0;
        for (int axis = 0; axis < static_cast<int>(sizeof...(I)); ++axis) offset += indices[axis] * strides[axis];
        return data[offset];
    }
    __host__ __device__ T& operator()(const Coordinates& index) const {
        long long offset = 0;
        for (int axis = 0; axis < rank; ++axis) offset += index.at[axis] * strides[axis];
        return data[offset];
    }
    // The i-th element in C order. Cheap where the view is dense.
    __host__ __device__ T& operator[](long long i) const {
        if (dense) return data[i];
        long long offset = 0;
        for (int axis = rank - 1; axis >= 0; --axis) {
            offset += i % shape[axis] * strides[axis];
            i /= shape[axis];
        }
        return data[offset];
    }
};

}  // namespace heddle
