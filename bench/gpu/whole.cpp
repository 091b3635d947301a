// Whole operations, through the table of the library's own kernels, beside CUB called directly.

#include "bench/gpu/whole.hpp"

#include <cstring>
#include <functional>

#include "kernels/cuda_kernels.hpp"
#include "kernels/scan.hpp"
#include "kernels/sort.hpp"

namespace heddle::bench {
namespace {

constexpr int kRepeats = 10;
using Bytes = std::vector<std::byte>;

struct Operation {
    const char* name;
    Direct direct;
    DType dtype;
    bool sorts;
};
constexpr Operation kOperations[] = {
    {"sort float32", Direct::sort_float32, DType::float32, true},
    {"cumsum int64", Direct::scan_int64, DType::int64, false},
    {"cumsum float32 (CUB: in another order)", Direct::scan_float32, DType::float32, false}};

// Calls f with the native stream.
void in_stream(Gpu& gpu, const std::function<int(void*)>& f) {
    const auto run = [](void* context, void* stream, const heddle::detail::Operand*) {
        device::check_launch((*static_cast<const std::function<int(void*)>*>(context))(stream), "a benchmark");
    };
    gpu.device->launch(device::kCompute, {"bench", run, const_cast<std::function<int(void*)>*>(&f), {}});
}

Bytes on_cpu(const Operation& operation, const void* in, std::int64_t n) {
    Bytes out(static_cast<std::size_t>(n) * size_of(operation.dtype));
    if (operation.sorts) {
        std::vector<std::max_align_t> scratch(kernels::sort_scratch(operation.dtype, n) / sizeof(std::max_align_t) + 1);
        kernels::sort_line(operation.dtype, in, out.data(), n, scratch.data());
        return out;
    }
    const auto& scanner = *kernels::find_scanner(kernels::Scan::sum, operation.dtype);
    kernels::ScanState state = scanner.identity;
    for (std::int64_t i = 0; i < n; i += kernels::kScanBlock) {
        const std::size_t at = static_cast<std::size_t>(i) * size_of(operation.dtype);
        scanner.run(static_cast<const std::byte*>(in) + at, out.data() + at, std::min(kernels::kScanBlock, n - i), 1, 1,
                    &state);
    }
    return out;
}

WholeTiming measure_one(Gpu& gpu, const Data& data, const Operation& operation) {
    const auto* kernels = kernels::cuda_kernels();
    const std::size_t bytes = static_cast<std::size_t>(data.period) * sizeof(float);
    const auto n = static_cast<std::int64_t>(bytes / size_of(operation.dtype));
    const kernels::GpuLines lines{1, n, 1};
    const std::byte* in = data.operands[0];
    std::byte* out = gpu.allocate(bytes);
    const std::int64_t own =
        std::max(kernels::gpu_sort_scratch(operation.dtype, false, lines), kernels::gpu_scan_scratch(lines));
    const kernels::GpuScratch scratch{gpu.allocate(static_cast<std::size_t>(own)), own};
    WholeTiming timing{operation.name};
    std::size_t wanted = 0;
    in_stream(gpu, [&](void* stream) { return call_cub(operation.direct, stream, in, out, n, nullptr, wanted); });
    std::byte* temporary = gpu.allocate(wanted);
    timing.cub = gpu.seconds(device::kCompute, kRepeats, [&] {
        in_stream(gpu, [&](void* stream) { return call_cub(operation.direct, stream, in, out, n, temporary, wanted); });
    });
    timing.heddle = gpu.seconds(device::kCompute, kRepeats, [&] {
        in_stream(gpu, [&](void* stream) {
            if (operation.sorts) return kernels->sort(stream, operation.dtype, false, lines, in, out, scratch);
            return kernels->scan(stream, kernels::Scan::sum, operation.dtype, lines, in, out, scratch);
        });
    });
    std::byte* got = gpu.pinned(bytes);
    gpu.follow(device::kToHost, device::kCompute);
    gpu.device->copy(device::kToHost, got, out, {bytes});
    gpu.finish(device::kToHost);
    const Bytes want = on_cpu(operation, data.inputs[0].data(), n);
    timing.equal = std::memcmp(got, want.data(), bytes) == 0;
    for (std::byte* block : {out, scratch.data, temporary}) gpu.free(block);
    return timing;
}

}  // namespace

std::vector<WholeTiming> measure_whole(Gpu& gpu, const Data& data) {
    std::vector<WholeTiming> timings;
    if (kernels::cuda_kernels() == nullptr) return timings;
    for (const Operation& operation : kOperations) timings.push_back(measure_one(gpu, data, operation));
    return timings;
}

}  // namespace heddle::bench
