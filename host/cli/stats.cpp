#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "heddle/error.hpp"
#include "heddle/hdf5.hpp"
#include "host/cli/command.hpp"
#include "host/cli/errors.hpp"
#include "host/cli/number_format.hpp"
#include "host/cli/plot.hpp"
#include "host/cli/print_array.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/terminal.hpp"
#include "host/io/tree.hpp"
#include "host/pipeline/batch.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/statistics.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::Location;

struct StatsOptions {
    CommonOptions common;
    std::vector<std::string> targets;
    std::int64_t bins = 16;
    std::string range;
    bool cf = false;
};

HistogramRange parse_range(const std::string& text) {
    const auto comma = text.find(',');
    const auto low = pipeline::parse_constant(text.substr(0, comma));
    const auto high = comma == std::string::npos ? std::nullopt : pipeline::parse_constant(text.substr(comma + 1));
    const auto number = [](const std::optional<pipeline::Constant>& value) -> std::optional<double> {
        if (!value) return std::nullopt;
        if (const auto* whole = std::get_if<std::int64_t>(&*value)) return static_cast<double>(*whole);
        if (const auto* real = std::get_if<double>(&*value)) return *real;
        return std::nullopt;
    };
    const auto from = number(low), to = number(high);
    if (!from || !to || !(*from < *to) || !std::isfinite(*to - *from))
        throw ArgumentError("'" + text + "' is not a range", "two numbers are expected, the lower one first",
                            "write --range LOW,HIGH");
    return {*from, *to};
}

// A file alone stands for each of its numeric datasets.
std::vector<Location> expand_target(const std::string& text, FileLock lock) {
    if (const auto location = pipeline::parse_location(text)) return {*location};
    const auto locking = lock == FileLock::no ? io::Locking::off : io::Locking::automatic;
    std::vector<Location> found;
    for (const auto& entry : io::walk(io::InputFile::open(text, locking)))
        if (entry.dtype && entry.same_as.empty() && !entry.null_space)
            found.push_back({text, entry.path, std::nullopt});
    if (found.empty())
        throw IoError("'" + text + "' holds no numeric dataset", "there is nothing to count",
                      "`heddle info " + text + "` shows what is there");
    return found;
}

class StatsRun : public pipeline::Hooks {
public:
    explicit StatsRun(const StatsOptions& options, const pipeline::StatisticsOptions& settings,
                      const EngineOptions& engine)
        : options_(options),
          settings_(settings),
          owned_(open_engine(engine)),
          engine_(*owned_),
          draws_(!options.common.quiet && stderr_is_terminal()) {}

    void started(const array::Progress& progress) override {
        if (draws_) bar_.emplace(progress, "");
    }
    void ended() noexcept override { bar_.reset(); }

    void target(const std::string& text) {
        const auto lock = options_.common.no_lock ? FileLock::no : FileLock::yes;
        std::vector<Location> locations;
        guarded(text, [&] { locations = expand_target(text, lock); });
        for (const auto& at : locations) {
            const auto label = at.file + ":" + at.path + (at.attribute ? "@" + *at.attribute : "");
            guarded(label, [&] { one(at, label, {options_.cf ? Cf::decode : Cf::raw, lock}); });
        }
    }
    int finish() {
        if (options_.common.json)
            print_out(Json{{"datasets", datasets_}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
        return failed_ ? kInputFailed : kDone;
    }

private:
    template <class Work>
    void guarded(const std::string& label, Work&& work) {
        try {
            work();
        } catch (const std::exception& error) {
            failed_ = true;
            const auto message = message_of(error, options_.common.verbose ? Detail::full : Detail::brief);
            print_err("error: " + message + "\n");
            if (options_.common.json) datasets_.push_back(Json{{"dataset", label}, {"error", message}});
        }
    }

    void one(const Location& at, const std::string& label, OpenOptions open) {
        const auto array =
            at.attribute ? open_attribute(at.file, at.path, *at.attribute, open) : open_dataset(at.file, at.path, open);
        if (options_.common.dry_run)
            return print_out(fmt::format("{}  {} {}, {} to read\n", printable(label), name_of(array.dtype()),
                                         to_string(array.shape()), pipeline::format_bytes(bytes_of(array))));
        const auto found = pipeline::statistics(engine_, array, settings_, *this);
        if (options_.common.json)
            datasets_.push_back(json_of(array, label, found));
        else
            print_out(text_of(array, label, found));
    }

    static std::uint64_t bytes_of(const Array& array) {
        return static_cast<std::uint64_t>(array.size()) * size_of(array.dtype());
    }

    std::string text_of(const Array& array, const std::string& label, const pipeline::Statistics& found) const {
        std::string text = fmt::format("{}  {} {}, {}\n", printable(label), name_of(array.dtype()),
                                       to_string(array.shape()), pipeline::format_bytes(bytes_of(array)));
        const auto line = [&](std::string_view name, const std::string& value) {
            text += fmt::format("  {:<9}{}\n", name, value);
        };
        line("count", fmt::format("{}", found.count));
        line("NaN", fmt::format("{}", found.nan));
        line("infinite", fmt::format("{}", found.inf));
        if (found.min) line("min", print_array(*found.min));
        if (found.max) line("max", print_array(*found.max));
        if (found.mean) line("mean", real(*found.mean));
        if (found.deviation) line("std", real(*found.deviation));
        if (is_complex(array.dtype())) text += "  (of the magnitudes)\n";
        if (!found.bins.empty())
            text += plot_histogram(found.bins, found.low, found.high, {terminal_width(), locale_is_utf8()});
        return text;
    }

    static std::string real(double value) {
        return format_scalar(DType::float64, reinterpret_cast<const std::byte*>(&value));
    }

    static Json json_of(const Array& array, const std::string& label, const pipeline::Statistics& found) {
        Json json{{"dataset", label}, {"dtype", std::string(name_of(array.dtype()))}};
        auto shape = Json::array();
        for (const auto extent : array.shape()) shape.push_back(extent);
        json["shape"] = shape;
        json["count"] = found.count;
        json["nan"] = found.nan;
        json["inf"] = found.inf;
        if (found.min) json["min"] = json_values(*found.min);
        if (found.max) json["max"] = json_values(*found.max);
        if (found.mean) json["mean"] = *found.mean;
        if (found.deviation) json["std"] = *found.deviation;
        if (!found.bins.empty()) json["histogram"] = {{"range", {found.low, found.high}}, {"counts", found.bins}};
        return json;
    }

    const StatsOptions& options_;
    pipeline::StatisticsOptions settings_;
    std::unique_ptr<Engine> owned_;
    Engine& engine_;
    bool draws_, failed_ = false;
    Json datasets_ = Json::array();
    std::optional<ProgressBar> bar_;
};

int stats(StatsOptions& options) {
    pipeline::StatisticsOptions settings;
    const auto engine = reading_usage([&] {
        settings.bins = options.bins;
        if (!options.range.empty()) settings.range = parse_range(options.range);
        if (!options.common.files_from.empty())
            for (auto& name : pipeline::read_file_list(options.common.files_from)) options.targets.push_back(name);
        if (options.targets.empty())
            throw ArgumentError("nothing to look at", "no dataset was named", "write heddle stats FILE:PATH");
        return engine_options(options.common);
    });
    StatsRun run(options, settings, engine);
    for (const auto& target : options.targets) run.target(target);
    return run.finish();
}

}  // namespace

Work add_stats(CLI::App& app) {
    auto options = std::make_shared<StatsOptions>();
    app.add_option("FILE:PATH", options->targets);
    app.add_option("--bins", options->bins)->check(CLI::Range(0, 1000));
    app.add_option("--range", options->range);
    app.add_flag("--cf", options->cf);
    add_common_options(app, options->common);
    add_device_option(app, options->common);
    return [options] { return stats(*options); };
}

}  // namespace heddle::cli
