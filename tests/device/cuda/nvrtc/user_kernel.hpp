#pragma once

// Behind a kernel of the user's that is compiled as C++: copies its arguments when it is launched, as the runtime does,
// and runs its threads one after the other.
#include <cstddef>
#include <tuple>
#include <utility>

namespace user_kernel {

template <class... A>
struct Call {
    void (*kernel)(A...);
    std::tuple<A...> arguments;
};

template <class... A, std::size_t... I>
Call<A...>* copy(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
    return new Call<A...>{kernel, {*static_cast<A*>(arguments[I])...}};
}
template <class... A>
Call<A...>* copy(void (*kernel)(A...), void** arguments) {
    return copy(kernel, arguments, std::index_sequence_for<A...>());
}

template <class... A>
void run(Call<A...>* call, unsigned blocks, unsigned threads) {
    gridDim.x = blocks;
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x) std::apply(call->kernel, call->arguments);
    delete call;
}

}  // namespace user_kernel

#define HEDDLE_USER_KERNEL(entry)                                                                           \
    extern "C" void* copy_##entry(void** arguments) { return user_kernel::copy(&entry, arguments); }        \
    extern "C" void run_##entry(void* call, unsigned blocks, unsigned threads) {                            \
        user_kernel::run(static_cast<decltype(user_kernel::copy(&entry, nullptr))>(call), blocks, threads); \
    }
