// The command, its help, docs/command.md and these tests name the same commands, options and topics.
#include <gtest/gtest.h>

#include <algorithm>
#include <CLI/CLI.hpp>

#include "host/cli/command.hpp"
#include "tests/cli/sample.hpp"

namespace heddle::test {
namespace {

const std::vector<std::string> kCommands{"eval", "run", "stats", "info", "help", "version"};

std::vector<std::string> options_of(const cli::Command& command) {
    CLI::App app;
    command.add(app);
    std::vector<std::string> names;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames())
            if (name != "help") names.push_back("--" + name);
    return names;
}

TEST(Help, NamesTheCommandsThatThereAre) {
    std::vector<std::string> names;
    for (const auto& command : cli::commands()) names.emplace_back(command.name);
    EXPECT_EQ(names, kCommands);
    const auto overview = run_heddle({"help"});
    EXPECT_EQ(overview.status, 0);
    for (const auto& name : kCommands) EXPECT_NE(overview.out.find("\n  " + name + " "), std::string::npos) << name;
    EXPECT_EQ(run_heddle({"--help"}).out, overview.out);
    EXPECT_EQ(run_heddle({"-h"}).out, overview.out);
}

TEST(Help, EachPageNamesItsOptions) {
    const auto docs = read_text(source_path("docs/command.md"));
    for (const auto& command : cli::commands()) {
        const std::string name(command.name);
        const auto page = cli::help_text(name);
        ASSERT_TRUE(page) << name;
        EXPECT_NE(page->find("usage: heddle " + name), std::string::npos);
        EXPECT_EQ(run_heddle({"help", name}).out, *page);
        EXPECT_EQ(run_heddle({name, "--help"}).out, *page);
        EXPECT_NE(docs.find("## heddle " + name), std::string::npos) << "docs/command.md lacks " << name;
        for (const auto& option : options_of(command)) {
            EXPECT_NE(page->find(option), std::string::npos) << "help " << name << " lacks " << option;
            EXPECT_NE(docs.find("`" + option), std::string::npos) << "docs/command.md lacks " << option;
        }
    }
}

TEST(Help, PagesFitATerminal) {
    for (const auto& topic : cli::help_topics()) {
        const auto page = *cli::help_text(topic);
        for (std::size_t begin = 0, end; (end = page.find('\n', begin)) != std::string::npos; begin = end + 1)
            EXPECT_LE(end - begin, 90u) << topic << ": " << page.substr(begin, end - begin);
        EXPECT_EQ(run_heddle({"help", topic}).out, page);
    }
}

TEST(Help, DocsNameNoOtherCommand) {
    const auto docs = read_text(source_path("docs/command.md"));
    for (std::size_t at = docs.find("## heddle "); at != std::string::npos; at = docs.find("## heddle ", at + 1)) {
        const auto name = docs.substr(at + 10, docs.find('\n', at) - at - 10);
        EXPECT_NE(std::find(kCommands.begin(), kCommands.end(), name), kCommands.end()) << name;
    }
}

TEST(Help, EveryCommandHasCases) {
    for (const auto& name : kCommands)
        EXPECT_TRUE(std::filesystem::is_directory(source_path("tests/cli/expected") / name)) << name;
}

TEST(Version, IsPrintedThreeWays) {
    const auto version = run_heddle({"version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.out, std::string("heddle ") + HEDDLE_VERSION + "\n");
    EXPECT_EQ(run_heddle({"--version"}).out, version.out);
    EXPECT_EQ(run_heddle({"-V"}).out, version.out);
}

}  // namespace
}  // namespace heddle::test
