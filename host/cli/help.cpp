#include <CLI/CLI.hpp>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {

Work add_help(CLI::App& app) {
    auto topic = std::make_shared<std::string>();
    app.add_option("TOPIC", *topic);
    return [topic] {
        const auto text = help_text(*topic);
        if (!text) {
            const auto topics = help_topics();
            throw UsageError("there is no help on '" + printable(*topic) + "': it is no command and no topic; " +
                             pipeline::near_names(*topic, std::span(topics)));
        }
        print_out(*text);
        return static_cast<int>(kDone);
    };
}

}  // namespace heddle::cli
