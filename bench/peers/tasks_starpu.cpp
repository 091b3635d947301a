#include <starpu.h>

#include "bench/peers/tasks_main.hpp"

namespace {

struct Body {
    const peers::Work* work;
    int task;
};

void run_body(void**, void* argument) {
    const Body& body = *static_cast<const Body*>(argument);
    peers::run_point(*body.work, body.task);
}

void check(int status, const char* call) {
    if (status != 0) throw std::runtime_error(std::string(call) + " failed with " + std::to_string(status));
}

// StarPU with dependencies inferred from data handles, CPU workers only, its default scheduler.
class StarPu {
public:
    static constexpr const char* kName = "starpu";
    static std::string version() {
        int major = 0, minor = 0, release = 0;
        starpu_get_version(&major, &minor, &release);
        return "StarPU " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
    }

    StarPu(const peers::Work& work, int threads, bool backlog) : work_(work) {
        if (backlog) throw std::runtime_error("no backlog mode for StarPU");
        setenv("STARPU_SILENT", "1", 0);
        setenv("STARPU_CALIBRATE", "0", 0);
        starpu_conf conf;
        starpu_conf_init(&conf);
        conf.ncpus = threads;
        conf.ncuda = 0;
        conf.nopencl = 0;
        check(starpu_init(&conf), "starpu_init");
        starpu_codelet_init(&codelet_);
        codelet_.cpu_funcs[0] = run_body;
        codelet_.nbuffers = STARPU_VARIABLE_NBUFFERS;
        codelet_.name = "point";
        cells_.resize(static_cast<std::size_t>(work.graph->cells()));
        handles_.resize(cells_.size());
        for (std::size_t k = 0; k < cells_.size(); ++k) {
            starpu_variable_data_register(&handles_[k], STARPU_MAIN_RAM, reinterpret_cast<std::uintptr_t>(&cells_[k]),
                                          sizeof(cells_[k]));
        }
        bodies_.resize(static_cast<std::size_t>(work.graph->tasks()));
        for (std::size_t k = 0; k < bodies_.size(); ++k) bodies_[k] = {&work, static_cast<int>(k)};
    }

    ~StarPu() {
        for (starpu_data_handle_t handle : handles_) starpu_data_unregister(handle);
        starpu_shutdown();
    }
    StarPu(const StarPu&) = delete;
    StarPu& operator=(const StarPu&) = delete;

    void reset() {}

    double run() {
        const double start = peers::now_ns();
        for (int task = 0; task < work_.graph->tasks(); ++task) submit(task);
        const double submitted = peers::now_ns() - start;
        starpu_task_wait_for_all();
        return submitted;
    }

private:
    void submit(int number) {
        starpu_task* task = starpu_task_create();
        task->cl = &codelet_;
        task->cl_arg = &bodies_[static_cast<std::size_t>(number)];
        int count = 0;
        const auto add = [&](int cell, starpu_data_access_mode mode) {
            if (count == STARPU_NMAXBUFS) throw std::runtime_error("more inputs than STARPU_NMAXBUFS");
            task->handles[count] = handles_[static_cast<std::size_t>(cell)];
            task->modes[count++] = mode;
        };
        const int cell = work_.graph->output(number);
        if (cell != peers::Graph::kNoCell) add(cell, STARPU_W);
        for (int input : work_.graph->inputs(number)) add(input, STARPU_R);
        task->nbuffers = count;
        check(starpu_task_submit(task), "starpu_task_submit");
    }

    const peers::Work& work_;
    starpu_codelet codelet_;
    std::vector<std::uint64_t> cells_;  // StarPU's view of the cells; bodies use Work::cells
    std::vector<starpu_data_handle_t> handles_;
    std::vector<Body> bodies_;
};

}  // namespace

int main(int argc, char** argv) { return peers::tasks_main<StarPu>(argc, argv); }
