// Any bytes are either a job file, which has what every job needs, or an error that says the problem, and why or what
// to do.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "heddle/error.hpp"
#include "host/expr/parser.hpp"
#include "host/pipeline/job_file.hpp"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

// The bytes before the first zero byte are a value for --set, the others the file.
void read(const std::string& text) {
    std::vector<heddle::pipeline::Override> overrides;
    auto begin = text.find('\0');
    if (begin == std::string::npos)
        begin = 0;
    else
        overrides.push_back(heddle::pipeline::parse_override(text.substr(0, begin++)));
    const auto file = heddle::pipeline::parse_job(std::string_view(text).substr(begin), "job.toml", overrides);
    require(!file.job.results.empty());
    require(file.job.output && !file.job.output->file.empty());
    const auto module = heddle::expr::parse(file.job.program);
    require(module.statements.size() >= file.job.results.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        read(std::string(reinterpret_cast<const char*>(data), size));
    } catch (const heddle::Error& error) {
        require(!error.problem().empty() && !(error.reason() + error.remedy()).empty());
    }
    return 0;
}
