#include "host/array/pass_gpu.hpp"

#include <algorithm>

#include "host/array/pass_runner.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle::array {

const GpuKernel* Pass::GpuForms::look_up(const expr::ReduceForm& form, int architecture) {
    const std::lock_guard lock(mutex_);
    for (const auto& known : forms_)
        if (known.architecture == architecture && known.form == form) return known.kernel;
    return nullptr;
}

const GpuKernel* Pass::GpuForms::find(const Runner& runner, int architecture, std::optional<expr::ReduceForm>& wanted) {
    for (const auto& layouts : seen_)
        if (layouts.architecture == architecture && runner.is_laid_out(layouts.extents, layouts.strides))
            return layouts.kernel;
    auto form = runner.bind().form;
    const GpuKernel* kernel = look_up(form, architecture);
    if (kernel == nullptr) {
        wanted = std::move(form);
        return nullptr;
    }
    Layouts layouts{architecture, {}, {}, kernel};
    runner.lay_out(layouts.extents, layouts.strides);
    if (seen_.size() < kLayouts)
        seen_.push_back(std::move(layouts));
    else
        seen_[next_++ % kLayouts] = std::move(layouts);
    return kernel;
}

void Pass::GpuForms::prepare(const Group& group, const expr::ReduceForm& form, int architecture) {
    if (look_up(form, architecture) != nullptr) return;
    try {
        const GpuKernel& kernel = GpuKernels::shared().get(Runner::make_kernel(group, form), architecture);
        const std::lock_guard lock(mutex_);
        forms_.push_back({architecture, form, &kernel});
    } catch (...) {
        // What only failed to load may work another time, or on another device.
        if (GpuKernels::shared().compiles(Runner::make_kernel(group, form), architecture)) throw;
        const std::lock_guard lock(mutex_);
        failed_.insert(architecture);
        any_failed_.store(true, std::memory_order_relaxed);
        throw;
    }
}

bool Pass::GpuForms::failed(const schedule::EngineCore& engine) {
    if (!any_failed_.load(std::memory_order_relaxed)) return false;
    const std::lock_guard lock(mutex_);
    return failed_.size() == engine.devices()->architectures().size();
}

bool Pass::GpuBody::prepared(int architecture, const detail::Operand* operands) {
    kernel_ = group_->gpu->find(Runner(*pass_, *group_, *tile_, operands), architecture, wanted_);
    return kernel_ != nullptr;
}

void Pass::GpuBody::prepare(int architecture) { group_->gpu->prepare(*group_, *wanted_, architecture); }

void Pass::GpuBody::operator()(const GpuStream& where, const detail::Operand* operands) {
    const Runner runner(*pass_, *group_, *tile_, operands);
    runner.clear(where);
    const auto launch = runner.bind();
    kernel_->launch(where, launch.work, launch.parameters);
}

}  // namespace heddle::array
