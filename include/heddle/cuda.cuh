#pragma once

// For those who compile with nvcc (C++20, --extended-lambda): one lambda for both sides of a task.

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "heddle/device_view.cuh"
#include "heddle/engine.hpp"
#include "heddle/error.hpp"
#include "heddle/source_location.hpp"

namespace heddle {

// The shape that for_each() goes through, and where it was called.
struct ForEachShape {
    Shape shape;
    SourceLocation where;
    ForEachShape(const Shape& extents, SourceLocation location = SourceLocation::current())
        : shape(extents), where(location) {}
    ForEachShape(std::initializer_list<std::int64_t> extents, SourceLocation location = SourceLocation::current())
        : shape(extents), where(location) {}
};

namespace detail {

inline constexpr int kForEachThreads = 256;

struct ForEachExtents {
    long long count;
    long long extent[8];
    int rank;

    __host__ __device__ Coordinates index(long long element) const {
        Coordinates result{};
        for (int axis = rank - 1; axis > 0; --axis) {
            result.at[axis] = element % extent[axis];
            element /= extent[axis];
        }
        result.at[0] = element;
        return result;
    }
};

template <class T>
DeviceView<T> device_view_of(View<T> view) {
    DeviceView<T> result{view.data(), view.size(), {}, {}, view.rank(), view.dense() ? 1 : 0};
    for (int axis = 0; axis < view.rank(); ++axis) {
        result.shape[axis] = view.extent(axis);
        result.strides[axis] = view.stride(axis);
    }
    return result;
}

template <class F, class... T>
__global__ void for_each_kernel(ForEachExtents extents, F f, DeviceView<T>... views) {
    const long long step = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < extents.count; i += step)
        f(extents.index(i), views...);
}

template <class F>
struct ForEachCpu {
    ForEachExtents extents;
    F f;
    template <class... T>
    void operator()(const Piece& piece, View<T>... views) {
        const auto begin = extents.count * piece.index / piece.count;
        const auto end = extents.count * (piece.index + 1) / piece.count;
        const auto run = [&](const DeviceView<T>&... seen) {
            for (long long i = begin; i < end; ++i) f(extents.index(i), seen...);
        };
        run(device_view_of(views)...);
    }
};

template <class F>
struct ForEachGpu {
    ForEachExtents extents;
    F f;
    template <class... T>
    void operator()(const GpuStream& where, View<T>... views) {
        if (extents.count == 0) return;
        const long long blocks = (extents.count - 1) / kForEachThreads + 1;
        // A thread takes several elements where there are more than a grid of one each may have.
        const auto grid = static_cast<unsigned>(std::min<long long>(blocks, 0x7FFF'FFFF));
        for_each_kernel<F, T...><<<grid, kForEachThreads, 0, static_cast<cudaStream_t>(where.native)>>>(
            extents, f, device_view_of(views)...);
    }
};

template <class Tuple, std::size_t... I>
void for_each(Engine& engine, TaskOptions options, const ForEachShape& space, Tuple&& arguments,
              std::index_sequence<I...>) {
    ForEachExtents extents{space.shape.count(), {}, space.shape.rank()};
    for (int axis = 0; axis < space.shape.rank(); ++axis) extents.extent[axis] = space.shape[axis];
    if (options.pieces == 1 && extents.count > kForEachThreads)
        options.pieces = std::min<std::int64_t>(engine.threads(), extents.count / kForEachThreads);
    const auto& f = std::get<sizeof...(I)>(arguments);
    using F = std::decay_t<decltype(f)>;
    engine.submit(options, bodies(ForEachCpu<F>{extents, f}, ForEachGpu<F>{extents, f}), std::get<I>(arguments)...);
}

}  // namespace detail

// Adds a task that calls f(index, views…) for each element of `shape`, in no fixed order and from many threads, on the
// CPU or a GPU; `index` is a heddle::Coordinates, and a DeviceView comes for each access. The last argument is f, a
// lambda
// `[=] __host__ __device__`, which captures what can be copied as bytes:
//
//     for_each(engine, {n}, write(y), read(x),
//              [=] __host__ __device__(Coordinates i, DeviceView<float> y, DeviceView<const float> x) { y(i) = a *
//              x(i); });
//
// Throws and blocks as Engine::submit.
template <class... AccessesAndF>
void for_each(Engine& engine, const TaskOptions& options, const ForEachShape& shape, AccessesAndF... arguments) {
    static_assert(sizeof...(arguments) > 1, "for_each takes one access or more, and a lambda behind them");
    detail::for_each(engine, options, shape, std::tuple(std::move(arguments)...),
                     std::make_index_sequence<sizeof...(arguments) - 1>());
}
template <class... AccessesAndF>
void for_each(Engine& engine, const ForEachShape& shape, AccessesAndF... arguments) {
    for_each(engine, TaskOptions{.name = TaskName("for_each", shape.where)}, shape, std::move(arguments)...);
}

}  // namespace heddle
