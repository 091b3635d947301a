#include "host/schedule/failure.hpp"

#include <cstdio>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "heddle/error.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::schedule {

using graph::FailurePtr;
using graph::Record;

namespace {

template <class F>
void for_each_access(Record& record, F&& f) {
    const auto* accesses = record.accesses();
    for (std::size_t i = 0; i < record.access_count; ++i) f(accesses[i], record.region(accesses[i]));
}

// The tiles that share values with the access: an empty box neither spoils the tile that it touches nor suffers from
// it.
template <class F>
void for_each_tile(const graph::TaskAccess& access, const graph::Region* region, F&& f) {
    if (region == nullptr || region->layout.count != 0) access.buffer().for_each_tile(region, f);
}

std::string describe(const graph::TaskAccess& access, const graph::Region* region) {
    const auto& buffer = access.buffer();
    constexpr std::string_view modes[] = {"read ", "write ", "update "};
    std::string text(modes[static_cast<int>(access.mode())]);
    text += std::string(name_of(buffer.dtype)) + " " + to_string(buffer.layout.shape);
    if (region != nullptr) text += " from " + to_string(region->box.lo) + " to " + to_string(region->box.hi);
    if (!buffer.name.empty()) text += " of '" + buffer.name + "'";
    return text;
}

std::shared_ptr<const TaskContext> context_of(const EngineCore& engine, Record& record,
                                              const DeviceError* thrown = nullptr) {
    auto context = std::make_shared<TaskContext>();
    context->task = std::string(record.name_view());
    context->submitted = SourceLocation::current(record.file, "", static_cast<int>(record.line));
    context->device = engine.device_name();
    if (thrown != nullptr) {
        context->device = thrown->device();
        context->device_usable = thrown->usable();
    }
    for_each_access(
        record, [&](const auto& access, const auto* region) { context->accesses.push_back(describe(access, region)); });
    return context;
}

// A copy of Heddle's own errors, with the task where they have none yet; others become TaskError.
std::exception_ptr describe_thrown(const EngineCore& engine, Record& record, std::exception_ptr thrown) {
    const auto wrapped = [&](const std::string& reason) {
        return TaskError("task '" + std::string(record.name_view()) + "' failed", reason,
                         "see TaskError::cause() for the exception that left its body", thrown)
            .with_task(context_of(engine, record));
    };
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        if (error.task() != nullptr) return thrown;
        return error.with_task(context_of(engine, record, dynamic_cast<const DeviceError*>(&error)));
    } catch (const std::exception& error) {
        return wrapped(error.what());
    } catch (...) {
        return wrapped("its body threw something that is no std::exception");
    }
}

}  // namespace

FailurePtr reason_to_skip(EngineCore& engine, Record& record) {
    if (record.has(graph::kAlways)) return nullptr;
    if (record.scope->cancelled()) return record.scope->cancelled_failure();
    if (!engine.failed()) return nullptr;
    FailurePtr earliest;
    for_each_access(record, [&](const auto& access, const auto* region) {
        if (access.mode() == Mode::write || !access.buffer().ever_poisoned()) return;
        for_each_tile(access, region, [&](std::int64_t tile, const Shape&) {
            const auto failure = access.buffer().poison_of(tile);
            // A cancellation, which has no number, only counts where nothing failed by itself.
            if (failure && (!earliest || std::pair(failure->cancelled, failure->seq) <
                                             std::pair(earliest->cancelled, earliest->seq)))
                earliest = failure;
        });
    });
    if (earliest) return earliest;
    for_each_access(record, [&](const auto& access, const auto* region) {
        if (access.mode() != Mode::write || !access.buffer().ever_poisoned()) return;
        for_each_tile(access, region, [&](std::int64_t tile, const Shape& index) {
            if (region == nullptr || access.buffer().covers(region->box, index))
                access.buffer().set_poison(tile, nullptr);
        });
    });
    return nullptr;
}

void fail(EngineCore& engine, Record& record, const FailurePtr& failure) {
    for_each_access(record, [&](const auto& access, const auto* region) {
        if (access.mode() == Mode::read) return;
        for_each_tile(access, region,
                      [&](std::int64_t tile, const Shape&) { access.buffer().set_poison(tile, failure); });
    });
    engine.set_failed();
    (record.scope != nullptr ? *record.scope : engine.own_scope()).add_failure(failure);
}

FailurePtr make_failure(EngineCore& engine, Record& record, std::exception_ptr thrown) {
    auto failure = std::make_shared<graph::Failure>();
    failure->seq = record.seq;
    failure->error = describe_thrown(engine, record, std::move(thrown));
    return failure;
}

void fail(EngineCore& engine, Record& record, std::exception_ptr thrown) {
    fail(engine, record, make_failure(engine, record, std::move(thrown)));
}

void tell(const std::string& text) noexcept { std::fprintf(stderr, "heddle: %s\n", text.c_str()); }

void tell_once(const std::string& text) {
    static std::mutex mutex;
    static std::set<std::string> told;  // guarded by it
    const std::lock_guard lock(mutex);
    if (told.insert(text).second) tell(text);
}

std::string what_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

}  // namespace heddle::schedule
