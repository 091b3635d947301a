#include "bench/peers/tasks_main.hpp"

namespace {

// A plain loop over the tasks in submission order, on one thread whatever --threads says: the floor of the overhead.
// With a grain it measures the peak that METG refers to, with that many threads.
class Serial {
public:
    static constexpr const char* kName = "serial";
    static std::string version() { return "loop"; }
    Serial(const peers::Work& work, int /*threads*/, bool backlog) : work_(work) {
        if (backlog) throw std::runtime_error("the serial loop holds no backlog");
    }
    void reset() {}

    double run() {
        const double start = peers::now_ns();
        for (int task = 0; task < work_.graph->tasks(); ++task) peers::run_point(work_, task);
        return peers::now_ns() - start;
    }

private:
    const peers::Work& work_;
};

}  // namespace

int main(int argc, char** argv) { return peers::tasks_main<Serial>(argc, argv); }
