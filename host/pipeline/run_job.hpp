#pragma once

#include <string>
#include <vector>

#include "heddle/array.hpp"
#include "heddle/error.hpp"
#include "host/pipeline/compute.hpp"
#include "host/pipeline/job.hpp"

namespace heddle::pipeline {

// A mistake of the request itself, which no other data would mend.
class RequestError : public detail::ErrorOf<RequestError, ArgumentError> {
    using ErrorOf::ErrorOf;
};

// A job's inputs opened and its program put to them; no values are read but those of masks and attributes.
struct BoundJob {
    std::vector<NamedArray> results;    // a bare expression is named "result"
    std::vector<std::string> warnings;  // of inputs: not used, or packed and used as they are stored
};
// Throws ParseError or RequestError for the program's own mistakes, and IoError, ShapeError, DTypeError or
// ArgumentError where the inputs are missing or do not fit.
BoundJob bind_job(const Job& job);

// bind_job, then compute. RequestError when the output is one of the files read, found through links. Blocks.
JobReport run_job(Engine& engine, const Job& job, Hooks& hooks, Work work = Work::all);

// Throws ParseError unless the text is a program.
void check_program(const std::string& program);

}  // namespace heddle::pipeline
