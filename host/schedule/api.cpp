// The public classes' calls into the engine.

#include <string>

#include "heddle/coroutine.hpp"
#include "heddle/engine.hpp"
#include "heddle/error.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/engine_core.hpp"

namespace heddle {

using schedule::EngineCore;
using schedule::ScopeCore;

void detail::submit(const Submission& submission) { submission.scope->engine->submit(submission); }

void detail::submit(const Submission& submission, std::span<const AnyAccess> accesses) {
    std::vector<AccessSpec> specs;
    specs.reserve(accesses.size());
    for (const auto& access : accesses)
        specs.push_back({access.buffer->core(), access.box ? &*access.box : nullptr, access.mode});
    Submission copy = submission;
    copy.accesses = specs;
    submit(copy);
}

bool detail::resume_when_done(ScopeCore* scope, void (*resume)(void*), void* argument) {
    return EngineCore::resume_when_done(*scope, {resume, argument});
}

void detail::throw_no_cpu_body() {
    throw ArgumentError("a task that has a GPU body only cannot run on the CPU",
                        "its device was lost, or a task's body submitted it as a part of itself",
                        "give it a CPU body too: heddle::bodies(cpu, gpu)");
}

void detail::throw_bad_index(const Shape& shape, int axis, std::int64_t index) {
    if (axis < 0)
        throw AccessError(
            "a view of shape " + to_string(shape) + " was indexed with " + std::to_string(index) + " indices",
            "its rank is " + std::to_string(shape.rank()), "give one index per axis");
    throw AccessError("index " + std::to_string(index) + " is outside a view of shape " + to_string(shape),
                      "axis " + std::to_string(axis) + " does not reach that far",
                      "stay inside the view, or declare the larger region");
}

void detail::throw_not_dense(const Shape& shape) {
    throw AccessError("a strided view of shape " + to_string(shape) + " was used as one run of elements",
                      "the elements of its region do not follow each other in memory",
                      "index it with one index per axis");
}

Engine::Engine(const EngineOptions& options) : core_(std::make_shared<EngineCore>(options)) {}
Engine::~Engine() { core_->close(); }

void Engine::wait() {
    core_->check_wait(core_->own_scope());
    core_->wait(core_->own_scope(), std::chrono::nanoseconds(-1));
    core_->own_scope().throw_failures();
}
int Engine::threads() const { return core_->threads(); }
int Engine::workers() const { return core_->workers(); }
std::string_view Engine::device() const { return core_->device_name(); }
std::size_t Engine::memory_limit() const { return core_->memory.limit(); }
std::size_t Engine::memory_used() const { return core_->memory.used(); }
std::size_t Engine::memory_peak() const { return core_->memory.peak(); }
std::vector<PlacementReport> Engine::placements() const {
    return core_->devices() != nullptr ? core_->devices()->placements() : std::vector<PlacementReport>();
}
Fallbacks Engine::fallbacks() const {
    Fallbacks fallbacks = core_->devices() != nullptr ? core_->devices()->fallbacks() : Fallbacks();
    fallbacks.unopened = core_->unopened();
    return fallbacks;
}
ScopeCore* Engine::scope() const { return &core_->own_scope(); }

Scope::Scope(Engine& engine) : core_(engine.core()->open_scope()) {}

Scope::~Scope() {
    core_->engine->wait(*core_, std::chrono::nanoseconds(-1));
    core_->engine->close_scope(core_);
}

void Scope::wait() {
    core_->engine->check_wait(*core_);
    core_->engine->wait(*core_, std::chrono::nanoseconds(-1));
    core_->throw_failures();
}

void Scope::wait_for(std::chrono::nanoseconds limit) {
    core_->engine->check_wait(*core_);
    // Added to the clock's time, a much longer limit would overflow.
    constexpr std::chrono::nanoseconds kForever = std::chrono::hours(24 * 365 * 10), kNoLimit(-1);
    const auto wait = limit > kForever ? kNoLimit : std::max(limit, std::chrono::nanoseconds(0));
    if (!core_->engine->wait(*core_, wait))
        throw Timeout("the scope's tasks are not done",
                      std::to_string(core_->unfinished()) + " are left after " +
                          std::to_string(std::chrono::duration<double>(limit).count()) + " s",
                      "wait longer, or cancel the scope");
    core_->throw_failures();
}

void Scope::cancel() { core_->cancel(); }
bool Scope::cancelled() const { return core_->cancelled(); }
bool Scope::done() const { return core_->done(); }

std::vector<std::exception_ptr> Scope::errors() const {
    std::vector<std::exception_ptr> list;
    for (const auto& failure : core_->failures(false)) list.push_back(failure->error);
    return list;
}

AnyBuffer::AnyBuffer(Engine& engine, DType dtype, const Shape& shape, const BufferOptions& options)
    : core_(new graph::BufferCore(dtype, shape, options)) {
    core_->keep_alive = engine.core();
    core_->owner = engine.core().get();
}

AnyBuffer::AnyBuffer(Engine& engine, DType dtype, const Shape& shape, void* borrowed, const BufferOptions& options)
    : AnyBuffer(engine, dtype, shape, options) {
    core_->data = static_cast<std::byte*>(borrowed);
    core_->borrowed = borrowed != nullptr;  // an empty buffer may have no address, and then gets one of its own
}

AnyBuffer::AnyBuffer(Engine& engine, DType dtype, const Shape& shape, const AdoptedMemory& memory,
                     const BufferOptions& options)
    : AnyBuffer(engine, dtype, shape, options) {
    if (size() == 0) return;
    if (engine.core()->devices() == nullptr || memory.data == nullptr)
        throw ArgumentError("memory of a GPU cannot be adopted",
                            memory.data == nullptr ? "its address is null"
                                                   : "this engine runs on '" + engine.core()->device_name() + "'",
                            "give the memory's address, and make the engine for the device: cuda, or cuda:NUMBER");
    engine.core()->devices()->adopt(*core_, memory);
}

AnyBuffer& AnyBuffer::operator=(AnyBuffer&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}

AnyBuffer::~AnyBuffer() {
    if (core_ != nullptr) static_cast<EngineCore*>(core_->owner)->release(core_);
}

DType AnyBuffer::dtype() const { return core_->dtype; }
const Shape& AnyBuffer::shape() const { return core_->layout.shape; }
const Shape& AnyBuffer::tile_shape() const { return core_->tile; }
const detail::Layout& AnyBuffer::layout() const { return core_->layout; }

const void* AnyBuffer::host_data() const {
    return static_cast<EngineCore*>(core_->owner)->host_access(*core_, Mode::read);
}
void* AnyBuffer::host_data_for_update() {
    return static_cast<EngineCore*>(core_->owner)->host_access(*core_, Mode::update);
}

}  // namespace heddle
