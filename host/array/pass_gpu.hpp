#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "host/array/gpu_kernels.hpp"
#include "host/array/pass_parts.hpp"
#include "host/expr/cuda_histogram.hpp"

namespace heddle::array {

// The kernels of a group of maps, of a reduction or of a histogram, which its tiles share.
class Pass::GpuForms {
public:
    // The kernel for the tile with operands of these strides, and null with its form in `wanted` where it is not there
    // yet. Called under the lock of the engine's devices; what was asked for lately is found without allocating.
    const GpuKernel* find(const Runner& runner, int architecture, std::optional<expr::ReduceForm>& wanted);
    // Compiles and loads. Any thread, without locks.
    void prepare(const Group& group, const expr::ReduceForm& form, int architecture);
    // Whether a kernel's text does not compile, for any of the engine's devices: further tiles need not try.
    bool failed(const schedule::EngineCore& engine);

private:
    const GpuKernel* look_up(const expr::ReduceForm& form, int architecture);

    // What the form depends on, of the tiles before; few, since tiles differ at the edges only. Under the lock of the
    // devices.
    struct Layouts {
        int architecture = 0;
        Shape extents;
        std::vector<Shape> strides;
        const GpuKernel* kernel = nullptr;
    };
    static constexpr std::size_t kLayouts = 16;
    std::vector<Layouts> seen_;
    std::size_t next_ = 0;  // of `seen_`, to be replaced

    struct Form {
        int architecture = 0;
        expr::ReduceForm form;
        const GpuKernel* kernel = nullptr;
    };
    std::mutex mutex_;  // guards forms_ and failed_
    std::vector<Form> forms_;
    std::set<int> failed_;  // architectures
    std::atomic<bool> any_failed_{false};
};

// The GPU body of a group's task: the whole tile in one launch.
class Pass::GpuBody {
public:
    GpuBody(Pass& pass, Group& group, std::shared_ptr<Tile> tile)
        : pass_(&pass), group_(&group), tile_(std::move(tile)) {}

    bool prepared(int architecture, const detail::Operand* operands);
    void prepare(int architecture);
    void operator()(const GpuStream& where, const detail::Operand* operands);

private:
    Pass* pass_;
    Group* group_;
    std::shared_ptr<Tile> tile_;
    // Of the last prepared(), which the devices call before each of the others.
    const GpuKernel* kernel_ = nullptr;
    std::optional<expr::ReduceForm> wanted_;
};

}  // namespace heddle::array
