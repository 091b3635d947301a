#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/version.h>

#include <deque>

#include "bench/peers/tasks_main.hpp"

namespace {

using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;

// A oneTBB flow graph, whose edges are given by hand (computed before the clock starts). Building and running are
// timed; destroying the graph is not.
class Tbb {
public:
    static constexpr const char* kName = "onetbb-flow";
    static std::string version() { return "oneTBB " TBB_VERSION_STRING; }
    Tbb(const peers::Work& work, int threads, bool backlog)
        : work_(work),
          limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)),
          arena_(threads),
          edges_(peers::predecessors(*work.graph)) {
        if (backlog) throw std::runtime_error("the oneTBB flow graph is built whole: no backlog to hold");
    }

    void reset() {
        nodes_.clear();
        arena_.execute([&] { graph_ = std::make_unique<tbb::flow::graph>(); });
    }

    double run() {
        double submitted = 0;
        const double start = peers::now_ns();
        arena_.execute([&] {
            const int tasks = work_.graph->tasks();
            for (int task = 0; task < tasks; ++task) {
                Node& node = nodes_.emplace_back(
                    *graph_, [this, task](const tbb::flow::continue_msg&) { peers::run_point(work_, task); });
                for (int before : edges_[static_cast<std::size_t>(task)]) {
                    tbb::flow::make_edge(nodes_[static_cast<std::size_t>(before)], node);
                }
            }
            for (int task = 0; task < tasks; ++task) {
                const auto k = static_cast<std::size_t>(task);
                if (edges_[k].empty()) nodes_[k].try_put(tbb::flow::continue_msg());
            }
            submitted = peers::now_ns() - start;
            graph_->wait_for_all();
        });
        return submitted;
    }

private:
    const peers::Work& work_;
    tbb::global_control limit_;
    tbb::task_arena arena_;
    std::vector<std::vector<int>> edges_;
    std::unique_ptr<tbb::flow::graph> graph_;
    std::deque<Node> nodes_;
};

}  // namespace

int main(int argc, char** argv) { return peers::tasks_main<Tbb>(argc, argv); }
