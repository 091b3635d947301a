#pragma once

#include <utility>

#include "heddle/gpu.hpp"
#include "host/array/whole.hpp"
#include "host/device/kernel.hpp"
#include "kernels/cuda_kernels.hpp"

// Whole operations as one task with two bodies. The CPU's works on each of its pieces by itself: it may run again on
// values that were put aside, so it submits nothing.
namespace heddle::array {

template <class F>
class WholeGpuBody {
public:
    WholeGpuBody(std::size_t operands, F enqueue) : operands_(operands), enqueue_(std::move(enqueue)) {}

    bool prepared(int, const detail::Operand*) { return true; }
    void prepare(int) {}
    void operator()(const GpuStream& where, const detail::Operand* all) {
        std::array<const void*, kMaxWholeOperands> in{};
        for (std::size_t i = 0; i < operands_; ++i) in[i] = all[i + 1].data;
        device::check_launch(enqueue_(where.native, in.data(), all[0].data, all + 1 + operands_),
                             "a kernel of Heddle's");
    }

private:
    std::size_t operands_;
    F enqueue_;
};

// `cpu` gets what submit_whole() gives; `gpu` the stream, then the same, and returns the runtime's error code. `more`
// are after the operands.
template <class Cpu, class Gpu>
void submit_whole_with_gpu(Scope& scope, const TaskOptions& options, WholeOperands operands, AnyBuffer& result,
                           std::span<const AnyAccess> more, Cpu cpu, Gpu gpu) {
    std::vector<AnyAccess> accesses{{&result, Mode::write, std::nullopt}};
    for (const auto& operand : operands) accesses.push_back({operand.buffer, Mode::read, std::nullopt});
    accesses.insert(accesses.end(), more.begin(), more.end());
    const std::size_t count = operands.size();
    const auto on_cpu = [count, cpu](const Piece& piece, const detail::Operand* all) {
        std::array<const void*, kMaxWholeOperands> in{};
        for (std::size_t i = 0; i < count; ++i) in[i] = all[i + 1].data;
        cpu(piece, in.data(), all[0].data, all + 1 + count);
    };
    scope.submit_list(options, accesses, bodies(on_cpu, WholeGpuBody<Gpu>(count, std::move(gpu))));
}

inline kernels::GpuLines gpu_lines(const Lines& lines) { return {lines.outer, lines.n, lines.inner}; }
// What lies in an operand of bytes.
inline kernels::GpuScratch gpu_scratch(const detail::Operand& operand) {
    return {static_cast<std::byte*>(operand.data), operand.layout->count};
}

}  // namespace heddle::array
