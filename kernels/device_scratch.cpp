#include "kernels/device_sort.hpp"

namespace heddle::kernels {
namespace {

// CUB's radix sort keeps 1 KiB for each of its tiles of more than 1024 elements, and some tables.
constexpr std::int64_t sort_tables(std::int64_t n) { return n + (std::int64_t{256} << 10); }
// Its scan 16 bytes for each of its tiles, of more than 256 elements.
constexpr std::int64_t scan_tables(std::int64_t n) { return n / 16 + 4096; }

}  // namespace

std::int64_t gpu_scan_scratch(const GpuLines& lines) {
    const std::int64_t per_line = (lines.n + kScanBlock - 1) / kScanBlock;
    const std::int64_t states = per_line > 1 ? lines.count() * per_line * std::int64_t{sizeof(ScanState)} : 0;
    return lines.count() == 1 ? std::max(states, scan_tables(lines.n)) : states;
}

std::int64_t gpu_sort_scratch(DType dtype, bool positions, const GpuLines& lines) {
    using device::sort_region;
    const bool alone = device::sorts_alone(lines);
    const std::int64_t n = alone ? lines.n : lines.size(), width = static_cast<std::int64_t>(size_of(dtype)),
                       key = width == 8 ? 8 : 4;
    const std::int64_t keys = sort_region(n * key), indices = sort_region(n * std::int64_t{sizeof(device::Index)});
    if (positions || !alone) return 2 * keys + 2 * indices + sort_tables(n);
    return (width == key ? 1 : 2) * keys + sort_tables(n);
}

}  // namespace heddle::kernels
