#include <array>
#include <CLI/CLI.hpp>

#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/run_job.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

constexpr std::array<Command, 6> kCommands{{
    {"eval", "computes expressions over HDF5 datasets", add_eval},
    {"run", "runs a job file over one or many files", add_run},
    {"stats", "shows minimum, maximum, mean, deviation and histogram of a dataset", add_stats},
    {"info", "shows what a file holds, or what the machine has", add_info},
    {"help", "explains a command or a topic", add_help},
    {"version", "prints the version", add_version},
}};

// An expression may start with a minus sign, which the parser would take for options: a blank in front of it helps.
// That is the first word behind `eval`, or one that could not be options.
bool is_negative_expression(const std::vector<std::string>& words, std::size_t index) {
    const auto& word = words[index];
    if (word.size() < 2 || word[0] != '-' || word[1] == '-' || word.starts_with("-o")) return false;
    if (index == 1 && words[0] == "eval") return word != "-h";
    return word.find_first_of("()*/+ @<>[") != std::string::npos;
}

std::vector<std::string> arguments(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i)
        if (is_negative_expression(words, i)) words[i].insert(0, " ");
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    return words;
}

std::vector<std::string> known_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

const CLI::App& chosen(const CLI::App& app) {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? app : *parsed.front();
}

[[noreturn]] void fail_on_extras(const CLI::App& app, const CLI::ExtrasError& error) {
    std::string word = error.what();
    word.erase(0, word.rfind(": ") == std::string::npos ? 0 : word.rfind(": ") + 2);
    word = word.substr(0, word.find_first_of(" ="));
    if (&chosen(app) == &app) {
        std::vector<std::string> names;
        for (const auto& command : kCommands) names.emplace_back(command.name);
        throw UsageError("there is no command '" + word + "': the first word is the command; " +
                         pipeline::near_names(word, std::span<const std::string>(names)));
    }
    const auto names = known_options(chosen(app));
    const auto command = chosen(app).get_name();
    throw UsageError("'" + word + "' means nothing here: `heddle " + command + "` does not take it; " +
                     (word.starts_with('-') ? pipeline::near_names(word, std::span<const std::string>(names))
                                            : "see `heddle help " + command + "`"));
}

// Parses; returns the work of the command that was named.
Work parse(CLI::App& app, const std::vector<std::pair<CLI::App*, Work>>& works, int argc, char** argv) {
    try {
        auto words = arguments(argc, argv);
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        const auto& command = chosen(app);
        const auto topic = &command == &app ? std::string() : command.get_name();
        return [topic] {
            print_out(*help_text(topic));
            return static_cast<int>(kDone);
        };
    } catch (const CLI::CallForVersion&) {
        return add_version(app);
    } catch (const CLI::ExtrasError& error) {
        fail_on_extras(app, error);
    } catch (const CLI::ParseError& error) {
        const auto& command = chosen(app);
        throw UsageError("wrong usage: " + std::string(error.what()) + "; see `heddle help" +
                         (&command == &app ? "" : " " + command.get_name()) + "`");
    }
    for (const auto& [command, work] : works)
        if (command->parsed()) return work;
    throw UsageError("no command was given: the first word is the command; see `heddle help`");
}

int run_parsed(int argc, char** argv) {
    CLI::App app;
    app.set_help_flag("-h,--help");
    app.set_version_flag("-V,--version", "");
    std::vector<std::pair<CLI::App*, Work>> works;
    for (const auto& command : kCommands) {
        auto* part = app.add_subcommand(std::string(command.name));
        part->set_help_flag("-h,--help");
        works.emplace_back(part, command.add(*part));
    }
    app.require_subcommand(0, 1);
    return parse(app, works, argc, argv)();
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run(int argc, char** argv) {
    const auto fail = [](const std::exception& error, int status) {
        print_err("error: " + message_of(error) + "\n");
        return status;
    };
    try {
        install_signal_handlers();
        return run_parsed(argc, argv);
    } catch (const UsageError& error) {
        return fail(error, kWrongUsage);
    } catch (const ParseError& error) {
        return fail(error, kWrongUsage);
    } catch (const pipeline::RequestError& error) {
        return fail(error, kWrongUsage);
    } catch (const std::exception& error) {
        return fail(error, kInputFailed);
    }
}

}  // namespace heddle::cli
