#include <CLI/CLI.hpp>

#include <memory>
#include <nlohmann/json.hpp>

#include "heddle/error.hpp"
#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/cli/file_info.hpp"
#include "host/cli/machine_info.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/batch.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions {
    CommonOptions common;
    std::vector<std::string> files;
};

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

// FILE, or FILE:PATH for a part of it.
Json show(const std::string& target, const InfoOptions& options) {
    std::error_code ignored;
    auto at = pipeline::parse_location(target);
    if (!at || std::filesystem::exists(target, ignored)) at = pipeline::Location{target, "/", std::nullopt};
    const auto file = io::InputFile::open(at->file, options.common.no_lock ? io::Locking::off : io::Locking::automatic);
    const auto tree = io::walk(file, at->path);
    if (options.common.json) return {{"file", at->file}, {"objects", tree_json(tree)}};
    const auto size = std::filesystem::file_size(at->file, ignored);
    print_out(printable(at->file) + ": " + pipeline::format_bytes(ignored ? 0 : size) + "\n" +
              tree_text(tree, options.common.verbose ? Attributes::listed : Attributes::counted));
    return {};
}

int info(InfoOptions& options) {
    if (!options.common.files_from.empty())
        for (auto& name : pipeline::read_file_list(options.common.files_from)) options.files.push_back(name);
    if (options.files.empty()) {
        const auto machine = machine_json();
        print_out(options.common.json ? dump(machine) : machine_text(machine));
        return kDone;
    }
    int status = kDone;
    auto shown = Json::array();
    for (const auto& file : options.files) {
        try {
            auto json = show(file, options);
            if (options.common.json) shown.push_back(std::move(json));
        } catch (const Error& error) {
            status = kInputFailed;
            print_err("error: " + message_of(error) + "\n");
            if (options.common.json) shown.push_back({{"file", file}, {"error", message_of(error)}});
        }
    }
    if (options.common.json) print_out(dump({{"files", shown}}));
    return status;
}

}  // namespace

Work add_info(CLI::App& app) {
    auto options = std::make_shared<InfoOptions>();
    app.add_option("FILE", options->files);
    add_common_options(app, options->common);
    return [options] { return info(*options); };
}

}  // namespace heddle::cli
