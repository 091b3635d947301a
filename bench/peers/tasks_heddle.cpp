#include <atomic>
#include <optional>
#include <utility>

#include "bench/peers/tasks_main.hpp"
#include "heddle/buffer.hpp"
#include "heddle/engine.hpp"
#include "heddle/scope.hpp"

namespace {

using Cell = heddle::Buffer<std::uint64_t>;

// The body: gets its cells as views, as a user's would. A further view (the gate's) is ignored.
struct Body {
    const peers::Work* work;
    int task;

    void operator()() const {
        if (work->grain > 0) peers::busy(work->grain);
        if (work->record != nullptr) work->record[task] = peers::first_value(task);
    }
    template <class... In>
    void operator()(heddle::View<std::uint64_t> out, In... in) const {
        if (work->grain > 0) peers::busy(work->grain);
        if (work->record == nullptr) return;
        std::uint64_t hash = peers::first_value(task);
        if (!work->graph->inputs(task).empty()) ((hash = peers::next_value(hash, in[0])), ...);
        out[0] = hash;
        work->record[task] = hash;
    }
    void operator()(heddle::View<const std::uint64_t>) const { operator()(); }  // a trivial task behind the gate
};

// Heddle: one buffer per cell, dependencies inferred from the accesses. With a backlog every task waits behind a gate
// until all of them are submitted.
class Heddle {
public:
    static constexpr const char* kName = "heddle";
    static std::string version() { return "Heddle"; }

    Heddle(const peers::Work& work, int threads, bool backlog)
        : work_(work), engine_(options(work, threads, backlog)), gate_(engine_, heddle::Shape{1}), backlog_(backlog) {
        for (int k = 0; k < work.graph->cells(); ++k) cells_.emplace_back(engine_, heddle::Shape{1});
    }

    void reset() {}

    double run() {
        const double start = peers::now_ns();
        heddle::Scope scope(engine_);
        std::atomic<bool> open = false;
        if (backlog_) {
            scope.submit(
                "gate", [&open](heddle::View<std::uint64_t>) { open.wait(false); }, heddle::write(gate_));
        }
        for (int task = 0; task < work_.graph->tasks(); ++task) submit(scope, task);
        const double submitted = peers::now_ns() - start;
        open = true;
        open.notify_all();
        scope.wait();
        return submitted;
    }

private:
    static heddle::EngineOptions options(const peers::Work& work, int threads, bool backlog) {
        heddle::EngineOptions o;
        o.threads = threads;
        if (backlog) o.max_tasks = static_cast<std::size_t>(work.graph->tasks()) + 1;  // and the gate
        return o;
    }

    Cell& cell(int number) { return cells_[static_cast<std::size_t>(number)]; }

    template <std::size_t... K>
    void submit_with(heddle::Scope& scope, int task, std::index_sequence<K...>) {
        [[maybe_unused]] const auto inputs = work_.graph->inputs(task);
        scope.submit("point", Body{&work_, task}, heddle::write(cell(work_.graph->output(task))),
                     heddle::read(cell(inputs[K]))...);
    }

    void submit(heddle::Scope& scope, int task) {
        const bool trivial = work_.graph->output(task) == peers::Graph::kNoCell;
        const auto inputs = work_.graph->inputs(task);
        const Body body{&work_, task};
        if (backlog_ && inputs.empty()) {
            if (trivial) return scope.submit("point", body, heddle::read(gate_));
            return scope.submit("point", body, heddle::write(cell(work_.graph->output(task))), heddle::read(gate_));
        }
        if (trivial) return scope.submit("point", body);
        switch (inputs.size()) {
            case 0:
                return submit_with(scope, task, std::make_index_sequence<0>());
            case 1:
                return submit_with(scope, task, std::make_index_sequence<1>());
            case 2:
                return submit_with(scope, task, std::make_index_sequence<2>());
            case 3:
                return submit_with(scope, task, std::make_index_sequence<3>());
            case 4:
                return submit_with(scope, task, std::make_index_sequence<4>());
            case 5:
                return submit_with(scope, task, std::make_index_sequence<5>());
            default:
                return submit_many(scope, task);
        }
    }

    void submit_many(heddle::Scope& scope, int task) {
        std::vector<heddle::AnyAccess> accesses;
        accesses.push_back({&cell(work_.graph->output(task)), heddle::Mode::write, std::nullopt});
        for (int input : work_.graph->inputs(task)) {
            accesses.push_back({&cell(input), heddle::Mode::read, std::nullopt});
        }
        const auto body = [work = &work_, task](const heddle::Piece&, const heddle::detail::Operand* operand) {
            if (work->grain > 0) peers::busy(work->grain);
            if (work->record == nullptr) return;
            std::uint64_t hash = peers::first_value(task);
            for (std::size_t k = 1; k <= work->graph->inputs(task).size(); ++k) {
                hash = peers::next_value(hash, *static_cast<const std::uint64_t*>(operand[k].data));
            }
            *static_cast<std::uint64_t*>(operand[0].data) = hash;
            work->record[task] = hash;
        };
        scope.submit_list({.name = "point"}, accesses, body);
    }

    const peers::Work& work_;
    heddle::Engine engine_;
    Cell gate_;
    std::vector<Cell> cells_;
    bool backlog_;
};

}  // namespace

int main(int argc, char** argv) { return peers::tasks_main<Heddle>(argc, argv); }
