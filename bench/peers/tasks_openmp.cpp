#include <omp.h>

#include "bench/peers/tasks_main.hpp"

namespace {

// OpenMP tasks with `depend`: one clause per input with the count fixed where that is possible (what a user with a
// fixed pattern writes), the iterator form beyond.
class OpenMp {
public:
#ifdef __clang__
    static constexpr const char* kName = "openmp-libomp";
    static std::string version() { return "clang " __clang_version__; }
#else
    static constexpr const char* kName = "openmp-libgomp";
    static std::string version() { return "g++ " __VERSION__; }
#endif
    OpenMp(const peers::Work& work, int threads, bool backlog)
        : work_(work), threads_(threads), token_(static_cast<std::size_t>(work.graph->cells())) {
        if (backlog) throw std::runtime_error("OpenMP runtimes throttle: no backlog");
    }

    void reset() {}

    double run() {
        double submitted = 0;
        const double start = peers::now_ns();
#pragma omp parallel num_threads(threads_)
#pragma omp single
        {
            for (int task = 0; task < work_.graph->tasks(); ++task) submit(task);
            submitted = peers::now_ns() - start;
        }
        return submitted;
    }

private:
    void submit(int task) {
        const peers::Work* const work = &work_;
        const int cell = work->graph->output(task);
        if (cell == peers::Graph::kNoCell) {
#pragma omp task firstprivate(work, task)
            peers::run_point(*work, task);
            return;
        }
        [[maybe_unused]] char* const f = token_.data();
        const auto inputs = work->graph->inputs(task);
        const int* const in = inputs.data();
        const int count = static_cast<int>(inputs.size());
        switch (count) {
            case 0:
#pragma omp task firstprivate(work, task) depend(out : f[cell])
                peers::run_point(*work, task);
                break;
            case 1:
#pragma omp task firstprivate(work, task) depend(out : f[cell]) depend(in : f[in[0]])
                peers::run_point(*work, task);
                break;
            case 2:
#pragma omp task firstprivate(work, task) depend(out : f[cell]) depend(in : f[in[0]], f[in[1]])
                peers::run_point(*work, task);
                break;
            case 3:
#pragma omp task firstprivate(work, task) depend(out : f[cell]) depend(in : f[in[0]], f[in[1]], f[in[2]])
                peers::run_point(*work, task);
                break;
            case 4:
#pragma omp task firstprivate(work, task) depend(out : f[cell]) depend(in : f[in[0]], f[in[1]], f[in[2]], f[in[3]])
                peers::run_point(*work, task);
                break;
            case 5:
#pragma omp task firstprivate(work, task) depend(out                  \
                                                 : f[cell]) depend(in \
                                                                   : f[in[0]], f[in[1]], f[in[2]], f[in[3]], f[in[4]])
                peers::run_point(*work, task);
                break;
            default:
                submit_many(task, cell, in, count);
        }
    }

    void submit_many(int task, int cell, const int* in, int count) {
        const peers::Work* const work = &work_;
        [[maybe_unused]] char* const f = token_.data();
#pragma omp task firstprivate(work, task) depend(out : f[cell]) depend(iterator(k = 0 : count), in : f[in[k]])
        peers::run_point(*work, task);
    }

    const peers::Work& work_;
    int threads_;
    std::vector<char> token_;  // only its addresses matter
};

}  // namespace

int main(int argc, char** argv) { return peers::tasks_main<OpenMp>(argc, argv); }
