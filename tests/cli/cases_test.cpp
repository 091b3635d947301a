// Runs the cases in expected/<command>/*.txt: a command line behind "$ ", then what it prints. "# exit N" gives the
// status when it is not 0; what goes to standard error follows "--- stderr". Times, rates and sizes of output files are
// written <...>.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>

#include "tests/cli/sample.hpp"

namespace heddle::test {
namespace {

struct Step {
    std::string line;
    int status = 0;
    std::string out, err;
};

std::vector<Step> read_steps(const std::filesystem::path& file) {
    std::vector<Step> steps;
    bool to_err = false;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("$ ")) {
            steps.push_back({line.substr(2), 0, "", ""});
            to_err = false;
        } else if (line.starts_with("# exit ")) {
            steps.back().status = std::stoi(line.substr(7));
        } else if (line == "--- stderr") {
            to_err = true;
        } else {
            (to_err ? steps.back().err : steps.back().out) += line + "\n";
        }
    }
    return steps;
}

std::string without_times(std::string text) {
    text = std::regex_replace(text, std::regex(R"([0-9.]+ (s|min [0-9]+ s), [0-9]+ MB/s)"), "<time>");
    text = std::regex_replace(text, std::regex(R"(the file has [0-9.]+ [KMG]?i?B)"), "the file has <size>");
    text = std::regex_replace(text, std::regex(R"((\.h5: )[0-9.]+ [KMG]?i?B\n)"), "$1<size>\n");
    text = std::regex_replace(text, std::regex(R"(in [0-9.]+ [KMG]?i?B, ratio [0-9.]+)"), "in <size>, ratio <ratio>");
    text = std::regex_replace(text, std::regex(R"("seconds": [0-9.e-]+)"), "\"seconds\": <time>");
    return std::regex_replace(text, std::regex(R"("stored_bytes": [0-9]+)"), "\"stored_bytes\": <size>");
}

std::string joined(const std::vector<Step>& steps) {
    std::string text;
    for (const auto& step : steps) {
        text += "$ " + step.line + "\n";
        if (step.status != 0) text += "# exit " + std::to_string(step.status) + "\n";
        text += step.out;
        if (!step.err.empty()) text += "--- stderr\n" + step.err;
    }
    return text;
}

class Cases : public testing::TestWithParam<std::filesystem::path> {};

// HEDDLE_UPDATE=1 writes what is printed into the files, to be read before it is committed.
TEST_P(Cases, PrintsWhatIsExpected) {
    const Workplace place;
    const auto expected = read_steps(GetParam());
    ASSERT_FALSE(expected.empty());
    auto got = expected;
    for (auto& step : got) {
        const auto result = place.shell(step.line);
        step.status = result.status;
        step.out = without_times(result.out);
        step.err = without_times(result.err);
    }
    if (std::getenv("HEDDLE_UPDATE") != nullptr) std::ofstream(GetParam()) << joined(got);
    EXPECT_EQ(joined(got), joined(expected));
}

std::vector<std::filesystem::path> case_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_path("tests/cli/expected")))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::string case_name(const testing::TestParamInfo<std::filesystem::path>& info) {
    auto name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Expected, Cases, testing::ValuesIn(case_files()), case_name);

}  // namespace
}  // namespace heddle::test
