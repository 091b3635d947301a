#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heddle/array.hpp"
#include "heddle/engine.hpp"
#include "heddle/scope.hpp"

namespace heddle::io {
class ChunkEncoder;
}

namespace heddle::array {

// Where the values of a target go, tile by tile. write() is called on the I/O lane, one call at a time per evaluation.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void write(const Box& box, const void* values) = 0;           // dense C order, in the array's element type
    virtual std::optional<Shape> chunks() const { return std::nullopt; }  // tiles follow these where they can
    // What encodes the sink's chunks, where tiles that hold whole ones may come encoded, to write_encoded().
    virtual const io::ChunkEncoder* encoder() const { return nullptr; }
    virtual void write_encoded(const Box&, const void*) {}
};

// Whether an evaluation counts a target's NaN and infinities: a further look at each value.
enum class Statistics : std::uint8_t { none, non_finite };

// One array to compute: into a sink, or (null) into memory: the caller's, which outlives the work, or (null) new one.
struct Target {
    Array array;
    std::string name;
    Sink* sink = nullptr;
    void* memory = nullptr;
    Statistics statistics = Statistics::none;
};

// What is known of a target when the evaluation ended, if its statistics were asked for.
struct TargetStats {
    std::atomic<std::int64_t> nan{0}, inf{0};
};

struct Progress {
    std::int64_t bytes_total = 0;  // read and written over all passes
    std::atomic<std::int64_t> bytes_done{0};
};

struct PassReport {
    Shape shape, tile;
    std::int64_t tiles = 0;
    std::int64_t bytes_read = 0, bytes_written = 0, memory = 0;
    std::vector<std::string> reads;     // "scan.h5:/exchange/data, uint16 (128, 2048, 2048), 1.0 GiB"
    std::vector<std::string> produces;  // "mu: float32 (128, 2048, 2048)", "mean over axis 0 of …"
    std::vector<std::string> programs;  // the fused operations
};

struct PlanReport {
    std::vector<PassReport> passes;
    std::int64_t bytes_read = 0, bytes_written = 0, memory_peak = 0;
    std::vector<std::string> warnings;  // where NumPy's rules bite, and how to write it safely
};

// The passes that compute the targets. Building a plan opens nothing and computes nothing; it throws OutOfMemory when
// the engine's memory cannot hold what must stay resident.
class Plan {
public:
    Plan(Engine& engine, std::vector<Target> targets);
    Plan(Plan&&) noexcept;
    ~Plan();

    const PlanReport& report() const;
    const Progress& progress() const;
    const TargetStats& stats(std::size_t target) const;
    // Submits everything to the scope and returns an array for each target that has no sink; those arrays hold their
    // values once the scope is done. The plan must outlive the scope's work. May block at the engine's caps.
    std::vector<Array> submit(Scope& scope);
    // Once the scope is done: gives up the inputs and all memory but the results; the reports stay.
    void finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Where an axis of an array comes from, looked for through selections, element by element operations and reductions:
// the source's element i of this axis is at start + step*i (or list[i]) along `axis` of the dataset.
struct AxisOrigin {
    std::shared_ptr<const void> dataset;  // the io::Dataset that open_dataset made, see dataset_of()
    int axis = 0;
    std::int64_t start = 0, step = 1;
    std::shared_ptr<const std::vector<std::int64_t>> list;
};
// Per axis of the array, its origin in the first dataset input that has it; nullopt for a new or generated axis.
std::vector<std::optional<AxisOrigin>> axis_origins(const Array& array);

}  // namespace heddle::array
