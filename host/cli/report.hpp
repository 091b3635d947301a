#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/pipeline/compute.hpp"

namespace heddle::cli {

// The values of results that went to no file, each below a line with its name, type and shape.
std::string values_text(const pipeline::JobReport& report);
// What was written, how many NaN and infinities it holds, and how fast that was.
std::string summary_text(const pipeline::JobReport& report, const std::string& file);
// The passes of a plan, and their sum.
std::string plan_text(const array::PlanReport& plan, std::uint64_t memory_limit);

nlohmann::ordered_json plan_json(const array::PlanReport& plan);
// Everything of a job that was done or, for a dry run, planned.
nlohmann::ordered_json report_json(const pipeline::JobReport& report, const std::string& file);

}  // namespace heddle::cli
