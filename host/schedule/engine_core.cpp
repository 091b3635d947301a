#include "host/schedule/engine_core.hpp"

#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "heddle/error.hpp"
#include "host/device/cuda.hpp"
#include "host/device/sim_text.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/failure.hpp"
#include "host/schedule/run_task.hpp"
#include "host/schedule/team.hpp"
#include "host/schedule/virtual_team.hpp"

namespace heddle::schedule {

thread_local Context* current_context = nullptr;

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string wanted_device(const EngineOptions& options) {
    if (!options.device.empty()) return options.device;
    const auto wanted = environment("HEDDLE_DEVICE");
    return wanted.empty() ? "omp" : wanted;
}

bool wants_checks(Checks checks) {
    if (checks != Checks::automatic) return checks == Checks::on;
    const auto wanted = environment("HEDDLE_CHECKS");
    return wanted.empty() ? HEDDLE_DEBUG_CHECKS != 0 : wanted != "0";
}

std::size_t checked_tasks(std::size_t max_tasks) {
    if (max_tasks == 0)
        throw ArgumentError("an engine needs room for a task", "EngineOptions::max_tasks is 0", "use 1 or more");
    return max_tasks;
}

}  // namespace

EngineCore::EngineCore(const EngineOptions& options)
    : graph(checked_tasks(options.max_tasks), options.max_bytes),
      memory(options.memory != 0 ? options.memory : memory::machine_memory() / 4 * 3),
      device_name_(wanted_device(options)),
      checks_(wants_checks(options.checks)) {
    own_scope_ = open_scope();
    own_scope_->keep_alive.reset();
    const bool sim = device_name_.starts_with("sim");
    const bool cuda = device_name_.starts_with("cuda") || device_name_ == "auto";
    device_ = device::open_device(sim || cuda ? "omp" : device_name_, options.threads);
    in_order_ = device_->drive() == device::Drive::at_submission;
    watched_ = checks_;
    special_ = in_order_;
    if (in_order_) return;
    threads_ = device_->threads();
    if (sim) open_sim(options);
    if (cuda) open_cuda(options);
    special_ = devices_ != nullptr;
    watched_ = checks_ || devices_ != nullptr;
    if (virtual_team_ != nullptr) return;
    team_ = std::make_unique<Team>(*this, *device_, options.max_tasks);
    threads_ = team_->threads();
}

void EngineCore::open_sim(const EngineOptions& options) {
    const device::SimSystem system = device::parse_sim(device_name_);
    device_name_ = "sim";
    const HostRates host{system.host_bytes, system.host_flops};
    if (system.options.clock != nullptr)
        virtual_team_ = std::make_unique<VirtualTeam>(*this, system.options.clock, host, threads_);
    devices_ = std::make_unique<Devices>(*this, device::make_sims(system), options, host);
}

void EngineCore::open_cuda(const EngineOptions& options) {
    auto devices = device::make_cudas(device_name_, {}, unopened_);
    for (const std::string& error : unopened_) tell_once("goes on without a GPU: " + error);
    device_name_ = devices.empty() ? "omp" : "cuda";
    if (devices.empty()) return;
    // Of one core of a server, roughly: what was measured corrects it.
    const HostRates host{8e9 * threads_, 4e9 * threads_};
    devices_ = std::make_unique<Devices>(*this, std::move(devices), options, host);
}

double EngineCore::now() const {
    if (virtual_team_ != nullptr) return virtual_team_->now();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

EngineCore::~EngineCore() {
    memory.unpin();  // while the devices that pinned it are there
}

void EngineCore::close() noexcept {
    if (virtual_team_ != nullptr) virtual_team_->finish();
    graph.wait_idle();
    if (devices_ != nullptr) devices_->close();
    if (virtual_team_ != nullptr) virtual_team_->finish();
    own_scope_->finish();
    if (team_ != nullptr) team_->stop();  // its threads may look at team_ until they end
    team_.reset();
}

// In virtual time a body happens at the end of its time.
void EngineCore::note_run(const graph::Record& record, double began) noexcept {
    note_end(record, virtual_team_ != nullptr ? virtual_team_->run_time(record) : now() - began);
}

void EngineCore::note_end(const graph::Record& record, double seconds) noexcept {
    if (devices_ == nullptr || record.has(graph::kInline)) return;
    try {
        devices_->ran_on_host(record, seconds);
    } catch (const std::bad_alloc&) {  // it is not told of
    }
}

int EngineCore::workers() const {
    if (in_order_) return 1;
    return threads_ + 1 + (devices_ != nullptr ? devices_->workers() : 0);
}

std::size_t EngineCore::device_memory() const { return devices_ == nullptr ? 0 : devices_->memory(); }

bool EngineCore::ask_devices(const graph::Record& record) const { return devices_->concerns(record); }

void EngineCore::run_on_host(graph::Record& record) {
    if (record.has(graph::kInline)) return run_here(record);
    if (virtual_team_ != nullptr) return virtual_team_->submit(record);
    {
        const std::lock_guard lock(graph.mutex);
        team_->submit_ready(record);
    }
    team_->notify();
}

void EngineCore::run_chore(Chore& chore) {
    if (virtual_team_ != nullptr) return virtual_team_->submit(chore);
    team_->submit(chore);
}

bool EngineCore::help_with_chores() { return team_ != nullptr && team_->help_with_chores(); }

bool EngineCore::has_chores() const { return team_ != nullptr && team_->has_chores(); }

ScopeCore* EngineCore::open_scope() {
    const std::lock_guard lock(scopes_mutex_);
    if (free_scopes_.empty()) {
        free_scopes_.push_back(&scopes_.emplace_back());
        free_scopes_.reserve(scopes_.size());
    }
    ScopeCore* scope = free_scopes_.back();
    free_scopes_.pop_back();
    scope->engine = this;
    scope->keep_alive = weak_from_this().lock();
    scope->body = current_body();
    if (scope->body != nullptr) scope->next_of_body = scope->body->scopes.exchange(scope);
    return scope;
}

void EngineCore::close_scope(ScopeCore* scope) noexcept {
    const auto keep_alive = std::move(scope->keep_alive);  // may be the last to hold the engine
    scope->finish();
    const std::lock_guard lock(scopes_mutex_);
    if (scope->body != nullptr) {
        ScopeCore* before = scope->body->scopes;
        if (before == scope) {
            scope->body->scopes = scope->next_of_body;
        } else {
            while (before->next_of_body != scope) before = before->next_of_body;
            before->next_of_body = scope->next_of_body;
        }
    }
    free_scopes_.push_back(scope);
}

void EngineCore::end_scopes(Frame& body) noexcept {
    for (;;) {
        ScopeCore* scope = nullptr;
        {
            const std::lock_guard lock(scopes_mutex_);
            scope = body.scopes;
        }
        if (scope == nullptr) return;
        wait(*scope, std::chrono::nanoseconds(-1));
        // A coroutine that the body began may go on elsewhere meanwhile: it may have submitted more, or ended the
        // scope.
        const std::scoped_lock lock(graph.mutex, scopes_mutex_);
        if (body.scopes != scope || !scope->done()) continue;
        body.scopes = scope->next_of_body;
        scope->body = nullptr;
    }
}

bool EngineCore::wait(ScopeCore& scope, std::chrono::nanoseconds limit) {
    if (!wait_done(scope, limit)) return false;
    if (devices_ != nullptr) devices_->end(scope);
    return true;
}

bool EngineCore::wait_done(ScopeCore& scope, std::chrono::nanoseconds limit) {
    if (virtual_team_ != nullptr) {
        virtual_team_->wait(scope);  // of a scope that is done too: lost work may be run again meanwhile
        return true;
    }
    if (scope.done()) return true;
    if (!on_worker() || team_ == nullptr) return scope.wait(limit);
    return team_->help(*current_context, scope, limit);
}

void EngineCore::check_wait(const ScopeCore& scope) const {
    const Frame* body = current_body();
    if (body == nullptr || scope.body == body || scope.done()) return;
    throw ArgumentError("task '" + std::string(body->record->name_view()) + "' waits for a scope that is not its own",
                        "tasks of that scope may be waiting for this one",
                        "make a scope inside the body, or wait after the task");
}

void EngineCore::wake(ScopeCore& scope) {
    for (const auto& continuation : scope.wake()) resume(continuation);
    if (team_ != nullptr) team_->wake_waiting_bodies();
}

void EngineCore::note_piece_error(graph::Extra& extra, std::int64_t piece, std::exception_ptr error) {
    const std::lock_guard lock(piece_error_mutex_);
    if (extra.error == nullptr || piece < extra.error_piece) {
        extra.error = std::move(error);
        extra.error_piece = piece;
    }
    extra.failed.store(true, std::memory_order_relaxed);
}

}  // namespace heddle::schedule
