#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heddle/array.hpp"
#include "heddle/engine.hpp"
#include "host/array/plan.hpp"
#include "host/io/metadata.hpp"
#include "host/pipeline/job.hpp"
#include "host/pipeline/sinks.hpp"

namespace heddle::pipeline {

// What became of one result.
struct ResultReport {
    std::string name, path;  // path: of its dataset in the output
    DType dtype = DType::float64;
    Shape shape;
    // Where the stored type cannot hold these: of the values computed, before the conversion from that type.
    std::int64_t nan = 0, inf = 0;
    std::optional<DType> converted_from;
    std::optional<Preview> preview;  // without an output
    std::uint64_t bytes() const { return static_cast<std::uint64_t>(shape.count()) * size_of(dtype); }
};

struct JobReport {
    std::vector<ResultReport> results;
    array::PlanReport plan;
    std::vector<std::string> notes;  // what was warned of; attributes and scales that could not be carried over
    std::uint64_t stored_bytes = 0;  // of the output file
    double seconds = 0;
};

// What a caller may watch; every call comes from the thread that runs the job.
class Hooks {
public:
    virtual ~Hooks() = default;
    virtual void warned(const std::string&) {}         // before the work; JobReport::notes has it too
    virtual void planned(const array::PlanReport&) {}  // everything is checked, nothing is done yet
    virtual void started(const array::Progress&) {}    // which lives until ended()
    virtual void ended() noexcept {}
};

enum class Work : std::uint8_t { all, plan };

// Computes the arrays in one evaluation, into the output or, without one, into previews. Work::plan stops before the
// output is made. Blocks; throws what the evaluation and the output throw, and then the old target is as it was.
JobReport compute(Engine& engine, std::span<const NamedArray> arrays, const std::optional<OutputSpec>& output,
                  const io::Provenance& provenance, Hooks& hooks, Work work = Work::all);

}  // namespace heddle::pipeline
