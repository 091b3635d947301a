#pragma once

#include <string>
#include <vector>

#include "host/cli/command.hpp"
#include "host/pipeline/batch.hpp"

namespace heddle::cli {

// Runs the jobs one after another and prints what became of them: a job that fails does not stop the others. Returns
// the exit status. A mistake in the program itself ends the run, since every job would repeat it.
int execute(const std::vector<pipeline::BatchItem>& items, const EngineOptions& engine, const CommonOptions& options);

// Runs a command's work; with --json an error that ends it is an object on standard output too. Rethrows it.
int with_json_error(const CommonOptions& options, const Work& work);

}  // namespace heddle::cli
