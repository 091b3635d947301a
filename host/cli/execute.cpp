#include "host/cli/execute.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "host/cli/errors.hpp"
#include "host/cli/explain.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/report.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/run_job.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::BatchItem;

// Prints warnings when they are known, which is before the work, and draws the progress.
class Watcher : public pipeline::Hooks {
public:
    explicit Watcher(const CommonOptions& options)
        : options_(options), draws_(!options.quiet && stderr_is_terminal()) {}

    void set_label(std::string label) { label_ = std::move(label); }
    void warn(const std::string& text) {
        if (!options_.quiet && said_.insert(text).second) print_err("warning: " + printable(text) + "\n");
    }
    void warned(const std::string& text) override { warn(text); }
    void planned(const array::PlanReport& plan) override {
        for (const auto& text : plan.warnings) warn(text);
    }
    void started(const array::Progress& progress) override {
        if (draws_) bar_.emplace(progress, label_);
    }
    void ended() noexcept override { bar_.reset(); }

private:
    const CommonOptions& options_;
    bool draws_;
    std::string label_;
    std::set<std::string> said_;  // by the jobs before
    std::optional<ProgressBar> bar_;
};

class Run {
public:
    Run(const EngineOptions& engine, const CommonOptions& options, std::size_t jobs)
        : options_(options), owned_(open_engine(engine)), engine_(*owned_), watcher_(options), jobs_(jobs) {}

    void job(const BatchItem& item, std::size_t index) {
        if (options_.verbose && index == 0 && !item.job.title.empty()) print_err(printable(item.job.title) + "\n");
        if (jobs_ > 1) watcher_.set_label(fmt::format("[{}/{}]", index + 1, jobs_));
        try {
            const auto report = pipeline::run_job(engine_, item.job, watcher_,
                                                  options_.dry_run ? pipeline::Work::plan : pipeline::Work::all);
            for (const auto& note : report.notes) watcher_.warn(note);
            succeeded(item, report);
        } catch (const ParseError&) {
            throw;
        } catch (const pipeline::RequestError&) {
            throw;
        } catch (const std::exception& error) {
            if (jobs_ == 1 && item.subject.empty()) throw;
            failed(item, error);
        }
    }

    int finish() {
        if (options_.json && jobs_ > 1) {
            Json json{{"jobs", reports_}, {"done", jobs_ - failures_.size()}, {"failed", failures_.size()}};
            if (options_.explain) json["placement"] = explain_json(engine_);
            print_out(json.dump(2) + "\n");
        }
        if (options_.explain && !options_.json && !options_.dry_run) print_err(explain_text(engine_));
        if (failures_.empty()) return kDone;
        if (jobs_ > 1) {
            auto text = fmt::format("{} of {} failed:\n", failures_.size(), jobs_);
            for (const auto& subject : failures_) text += "  " + printable(subject) + "\n";
            print_err(text);
        }
        return kInputFailed;
    }

private:
    void succeeded(const BatchItem& item, const pipeline::JobReport& report) {
        const auto file = item.job.output ? item.job.output->file : std::string();
        if (options_.json) return add_json(item, json_of(report, file));
        if (options_.dry_run) {
            if (!item.subject.empty()) print_out(printable(item.subject) + ":\n");
            return print_out(plan_text(report.plan, engine_.memory_limit()));
        }
        if (!item.job.output) {
            if (jobs_ > 1) print_out("== " + printable(item.subject) + "\n");
            return print_out(values_text(report));
        }
        if (options_.quiet) return;
        if (options_.verbose) print_err(plan_text(report.plan, engine_.memory_limit()));
        print_out(summary_text(report, file));
    }

    Json json_of(const pipeline::JobReport& report, const std::string& file) const {
        auto json = report_json(report, file);
        if (options_.dry_run || options_.verbose) json["plan"] = plan_json(report.plan);
        json["threads"] = engine_.threads();
        json["device"] = std::string(engine_.device());
        if (options_.explain && jobs_ == 1 && !options_.dry_run) json["placement"] = explain_json(engine_);
        return json;
    }

    void failed(const BatchItem& item, const std::exception& error) {
        failures_.push_back(item.subject);
        const auto message = message_of(error, options_.verbose ? Detail::full : Detail::brief);
        print_err("error: " + printable(item.subject) + ": " + message + "\n");
        if (options_.json) add_json(item, Json{{"error", message}});
    }

    // A single job is one object; several are a list, printed at the end.
    void add_json(const BatchItem& item, Json json) {
        if (!item.subject.empty()) json["subject"] = item.subject;
        if (jobs_ == 1)
            print_out(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
        else
            reports_.push_back(std::move(json));
    }

    const CommonOptions& options_;
    std::unique_ptr<Engine> owned_;
    Engine& engine_;
    Watcher watcher_;
    std::size_t jobs_;
    std::vector<std::string> failures_;
    Json reports_ = Json::array();
};

}  // namespace

int execute(const std::vector<BatchItem>& items, const EngineOptions& engine, const CommonOptions& options) {
    Run run(engine, options, items.size());
    for (std::size_t i = 0; i < items.size(); ++i) run.job(items[i], i);
    return run.finish();
}

int with_json_error(const CommonOptions& options, const Work& work) {
    try {
        return work();
    } catch (const std::exception& error) {
        if (options.json)
            print_out(Json{{"error", message_of(error)}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
        throw;
    }
}

}  // namespace heddle::cli
