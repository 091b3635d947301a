#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/peers/tasks_options.hpp"
#include "bench/peers/work.hpp"

// The main program of every tasks_<system>. A System is
//     static constexpr const char* kName;                        the system's name in the results
//     static std::string version();
//     System(const Work&, int threads, bool backlog)             starts the runtime (not timed); throws what it cannot
//     do void reset()                                               clears what the last run left (not timed) double
//     run()                                               submits every task of work.graph and waits; returns
//                                                                the nanoseconds until the last submission
// `work` outlives the System; its fields may change between runs.
namespace peers {

inline double now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// The best nanoseconds for one grain iteration while `threads` threads run the busy loop.
inline double measure_peak(int threads) {
    constexpr long kIterations = 200'000;
    double best = 1e30;
    for (int round = 0; round < 7; ++round) {
        std::vector<double> took(static_cast<std::size_t>(threads));
        std::vector<std::thread> team;
        for (double& mine : took) {
            team.emplace_back([&mine] {
                const double start = now_ns();
                busy(kIterations);
                mine = now_ns() - start;
            });
        }
        for (std::thread& t : team) t.join();
        best = std::min(best, *std::max_element(took.begin(), took.end()));
    }
    return best / static_cast<double>(kIterations);
}

struct Sample {
    double wall;    // ns
    double submit;  // ns
};

template <typename System>
class Bench {
public:
    Bench(const Options& options, const Shape& shape) : options_(options), graph_(shape) {
        work_.graph = &graph_;
        work_.grain = options.grain;
        cells_.assign(static_cast<std::size_t>(graph_.cells()), 0);
        work_.cells = cells_.data();
        if (options.verify) {
            record_.assign(static_cast<std::size_t>(graph_.tasks()), 0);
            work_.record = record_.data();
        }
        system_ = std::make_unique<System>(work_, options.threads, options.backlog);
    }

    int tasks() const { return graph_.tasks(); }

    Sample measure(long grain) {
        work_.grain = grain;
        system_->reset();
        const double start = now_ns();
        const double submit = system_->run();
        return {now_ns() - start, submit};
    }

    // Whether every task of the last run saw the values that the serial order gives.
    bool agrees_with_serial() const {
        std::vector<std::uint64_t> cells(cells_.size(), 0);
        std::vector<std::uint64_t> record(record_.size(), 0);
        const Work serial{&graph_, 0, cells.data(), record.data()};
        for (int task = 0; task < graph_.tasks(); ++task) run_point(serial, task);
        return record == record_;
    }
    void forget() { std::fill(record_.begin(), record_.end(), 0); }

    double efficiency(double wall, long grain) const {
        return static_cast<double>(grain) * options_.peak * graph_.tasks() / (options_.threads * wall);
    }

    // METG(50%): ns of thread time per task at the smallest grain whose efficiency reaches one half; 0 where none of
    // up to half a millisecond does.
    double metg() {
        const auto wall_at = [&](long grain) {
            std::vector<double> walls;
            for (int k = 0; k < 3; ++k) walls.push_back(measure(grain).wall);
            std::sort(walls.begin(), walls.end());
            return walls[1];
        };
        long low = 0, high = 1;
        double wall = wall_at(high);
        while (efficiency(wall, high) < 0.5) {
            if (static_cast<double>(high) * options_.peak > 5e5) return 0;
            low = high;
            high *= 2;
            wall = wall_at(high);
        }
        for (int k = 0; k < 6 && high - low > 1; ++k) {
            const long middle = low + (high - low) / 2;
            const double at_middle = wall_at(middle);
            if (efficiency(at_middle, middle) >= 0.5) {
                high = middle;
                wall = at_middle;
            } else {
                low = middle;
            }
        }
        return wall * options_.threads / graph_.tasks();
    }

private:
    Options options_;
    Graph graph_;
    Work work_;
    std::vector<std::uint64_t> cells_;
    std::vector<std::uint64_t> record_;
    std::unique_ptr<System> system_;  // last: it refers to the others
};

inline void print_list(const char* key, const std::vector<double>& values) {
    std::printf(", \"%s\": [", key);
    for (std::size_t k = 0; k < values.size(); ++k) std::printf("%s%.2f", k == 0 ? "" : ", ", values[k]);
    std::printf("]");
}

// Runs one pattern and prints its JSON line; false when a verification failed.
template <typename System>
bool run_pattern(const Options& options, const Shape& shape) {
    Bench<System> bench(options, shape);
    const double tasks = bench.tasks();
    std::printf("{\"topic\": \"tasks\", \"system\": \"%s\", \"version\": \"%s\", \"pattern\": \"%s\"", System::kName,
                System::version().c_str(), std::string(kPatternNames[static_cast<std::size_t>(shape.pattern)]).c_str());
    std::printf(", \"width\": %d, \"steps\": %d, \"tasks\": %.0f, \"threads\": %d, \"grain\": %ld", shape.width,
                shape.steps, tasks, options.threads, options.grain);
    bool verified = true;
    if (options.metg) {
        bench.measure(1);
        std::printf(", \"metg_ns\": %.1f", bench.metg());
    } else {
        std::vector<double> total, submit, efficiency;
        for (int k = -1; k < options.repeat; ++k) {  // the first run warms up and is not reported
            bench.forget();
            const Sample sample = bench.measure(options.grain);
            verified = verified && (!options.verify || bench.agrees_with_serial());
            if (k < 0) continue;
            total.push_back(sample.wall / tasks);
            submit.push_back(sample.submit / tasks);
            efficiency.push_back(bench.efficiency(sample.wall, options.grain));
        }
        print_list("ns_per_task", total);
        print_list("submit_ns_per_task", submit);
        if (options.grain > 0) print_list("efficiency", efficiency);
        if (options.verify) std::printf(", \"verified\": %s", verified ? "true" : "false");
    }
    std::printf(", \"peak_ns\": %.4f}\n", options.peak);
    std::fflush(stdout);
    return verified;
}

template <typename System>
int tasks_main(int argc, char** argv) {
    Options options = parse_options(argc, argv);
    try {
        // Before any runtime starts: its idle threads may spin.
        if (options.peak == 0 && (options.metg || options.grain > 0)) options.peak = measure_peak(options.threads);
        bool good = true;
        for (const std::string& name : options.patterns) {
            Shape shape = options.shape;
            shape.pattern = static_cast<Pattern>(std::find(kPatternNames.begin(), kPatternNames.end(), name) -
                                                 kPatternNames.begin());
            good = run_pattern<System>(options, shape) && good;
        }
        if (!good) std::fprintf(stderr, "%s: results differ from the serial order\n", argv[0]);
        return good ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}

}  // namespace peers
