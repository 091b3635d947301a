#pragma once

#include <string>
#include <vector>

#include "host/cli/command.hpp"
#include "host/pipeline/batch.hpp"

namespace heddle::cli {

// Runs the jobs one after another and prints what became of them: a job that fails does not stop the others. Returns
// the exit status. A mistake in the program itself ends the run, since every job would repeat it.
int execute(const std::vector<pipeline::BatchItem>& items, const EngineOptions& engine, const CommonOptions& options);

}  // namespace heddle::cli
