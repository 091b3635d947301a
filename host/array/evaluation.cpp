#include "host/array/evaluation.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <utility>

#include "heddle/coroutine.hpp"
#include "heddle/error.hpp"
#include "heddle/evaluate.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::array {

std::shared_ptr<std::byte> allocate_bytes(std::size_t bytes) {
    // Large blocks ask for huge pages: the first touch of small ones runs at 2 GB/s (bench_evaluate).
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    const std::size_t align = bytes >= 2 * kHugePage ? kHugePage : 64;
    const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + align - 1) / align * align;
    auto* memory = std::aligned_alloc(align, rounded);
    if (!memory)
        throw OutOfMemory("no memory for an array", "the system has no " + std::to_string(bytes) + " bytes left",
                          "evaluate into a file, or a part at a time");
    if (align == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
    return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

Evaluation::Evaluation(Engine& engine, std::vector<Target> targets)
    : plan_(engine, std::move(targets)), scope_(engine) {}

std::vector<Array> Evaluation::start(const std::shared_ptr<Evaluation>& self) {
    auto arrays = self->plan_.submit(self->scope_);
    for (const auto& array : arrays)
        if (const auto* memory = array.node()->as<Memory>()) memory->storage->pending = self;
    return arrays;
}

void Evaluation::wait() {
    auto& core = *scope_.core();
    core.engine->wait(core, std::chrono::nanoseconds(-1));
    std::call_once(finished_, [this] { plan_.finish(); });
    // errors() keeps them, so that every thread that waits gets the error, and gets it each time.
    if (const auto errors = scope_.errors(); !errors.empty()) std::rethrow_exception(errors.front());
}

bool Evaluation::resume_when_done(void (*resume)(void*), void* argument) {
    return detail::resume_when_done(scope_.core(), resume, argument);
}

bool Evaluation::done() const { return scope_.done(); }

void wait_for(const Node& node) {
    const auto* memory = node.as<Memory>();
    if (memory && memory->storage->pending) memory->storage->pending->wait();
}

bool is_ready(const Node& node) {
    const auto* memory = node.as<Memory>();
    return memory && (!memory->storage->pending || memory->storage->pending->done());
}

}  // namespace heddle::array

namespace heddle {

bool detail::resume_when_ready(const Array& array, void (*resume)(void*), void* argument) {
    const auto* memory = array.node()->as<array::Memory>();
    return memory && memory->storage->pending && memory->storage->pending->resume_when_done(resume, argument);
}

std::vector<Array> evaluate(Engine& engine, std::span<const Array> arrays) {
    std::vector<array::Target> targets;
    for (const auto& array : arrays) targets.push_back({array, "result", nullptr});
    return array::Evaluation::start(std::make_shared<array::Evaluation>(engine, std::move(targets)));
}

Array detail::evaluate_to_bytes(Engine& engine, const Array& array, DType dtype, void* out, std::size_t count) {
    if (dtype != array.dtype())
        throw DTypeError("the output does not hold " + std::string(name_of(array.dtype())),
                         "its element type is " + std::string(name_of(dtype)), "evaluate astype() of that type");
    if (static_cast<std::int64_t>(count) != array.size())
        throw ShapeError("the output holds " + std::to_string(count) + " values",
                         "the array has shape " + to_string(array.shape()), "give memory for exactly its values");
    std::vector<array::Target> targets{{array, "result", nullptr, out}};
    return array::Evaluation::start(std::make_shared<array::Evaluation>(engine, std::move(targets))).front();
}

Array evaluate(Engine& engine, const Array& array) { return evaluate(engine, std::span(&array, 1)).front(); }

}  // namespace heddle
