#include "host/pipeline/compute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "heddle/reductions.hpp"
#include "host/io/target.hpp"
#include "host/pipeline/carry.hpp"
#include "host/pipeline/format.hpp"

namespace heddle::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

// One result on its way to a dataset or a preview.
struct Part {
    Array array;
    std::optional<DType> dtype;  // that was asked for
    io::DatasetSpec spec;
    std::unique_ptr<DatasetSink> dataset;
    std::unique_ptr<PreviewSink> preview;
    // Counts of the values before a conversion that cannot keep them; not set elsewhere.
    std::optional<DType> converted_from;
    std::int64_t nan = 0, inf = 0;
    array::Sink* sink() const { return dataset ? static_cast<array::Sink*>(dataset.get()) : preview.get(); }
};

std::vector<Part> make_parts(std::span<const NamedArray> arrays, const std::optional<OutputSpec>& output) {
    std::vector<Part> parts;
    for (const auto& named : arrays) {
        const auto format = output ? format_of(*output, named.name) : DatasetFormat{};
        Part part{format.dtype ? named.array.astype(*format.dtype) : named.array,
                  format.dtype,
                  {},
                  nullptr,
                  nullptr,
                  std::nullopt};
        if (format.dtype && loses_non_finite(named.array.dtype(), *format.dtype))
            part.converted_from = named.array.dtype();
        if (output) {
            part.spec = dataset_spec(named.name, part.array, format);
            part.dataset = std::make_unique<DatasetSink>(part.spec);
        } else {
            part.spec.name = named.name;
            part.preview = std::make_unique<PreviewSink>(part.array.dtype(), part.array.shape());
        }
        parts.push_back(std::move(part));
    }
    return parts;
}

std::vector<std::string> storage_warnings(std::span<const NamedArray> arrays, const std::vector<Part>& parts) {
    std::vector<std::string> warnings;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].dtype) continue;
        auto text = storage_warning(arrays[i].name, arrays[i].array.dtype(), *parts[i].dtype);
        if (!text.empty()) warnings.push_back(std::move(text));
    }
    return warnings;
}

// The parts in their order, then what is counted of some.
std::vector<array::Target> targets_for(std::span<const NamedArray> arrays, std::vector<Part>& parts) {
    std::vector<array::Target> targets;
    for (const auto& part : parts)
        targets.push_back({part.array, part.spec.name, part.sink(), nullptr, array::Statistics::non_finite});
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts[i].converted_from) continue;
        const auto& array = arrays[i].array;
        targets.push_back({count(isnan(array)), "NaN of " + arrays[i].name, nullptr, &parts[i].nan});
        targets.push_back({count(isinf(array)), "infinities of " + arrays[i].name, nullptr, &parts[i].inf});
    }
    return targets;
}

io::OutputTarget target_for(const OutputSpec& output, std::span<const NamedArray> arrays) {
    io::OutputTarget target{output.file,
                            output.group,
                            output.overwrite == Overwrite::replace ? io::Overwrite::replace : io::Overwrite::refuse,
                            {}};
    for (const auto& named : arrays)
        for (const auto& dataset : datasets_of(named.array)) target.inputs.push_back(dataset->location().file->path());
    std::sort(target.inputs.begin(), target.inputs.end());
    target.inputs.erase(std::unique(target.inputs.begin(), target.inputs.end()), target.inputs.end());
    return target;
}

// The look that comes before any work, also in a dry run; OutputFile looks again, and at everything.
void check_target(const OutputSpec& output, const io::OutputTarget& target) {
    std::error_code ignored;
    if (output.group == "/" && output.overwrite == Overwrite::refuse && std::filesystem::exists(output.file, ignored) &&
        !std::filesystem::is_directory(output.file, ignored))
        throw IoError(fmt::format("the output '{}' exists", output.file), "existing files are not replaced unasked",
                      "give --overwrite, or write to another file");
    io::resolve_target(target);
}

// All results first: a scale that is carried over gives way to a result of its name, never the other way round.
std::vector<std::string> create_datasets(io::OutputFile& file, std::vector<Part>& parts, io::Provenance provenance) {
    std::vector<io::OutputDataset> datasets;
    for (auto& part : parts) {
        datasets.push_back(file.create(part.spec));
        part.dataset->attach(file, datasets.back());
    }
    std::vector<std::string> notes;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        for (auto& line : carry(parts[i].array, file, datasets[i]))
            if (std::find(notes.begin(), notes.end(), line) == notes.end()) notes.push_back(std::move(line));
        provenance.dtype = parts[i].dtype;
        io::write_provenance(file, datasets[i], provenance);
    }
    return notes;
}

// Tells the hooks that work ended, however it did.
class Watch {
public:
    Watch(Hooks& hooks, const array::Progress& progress) : hooks_(hooks) { hooks_.started(progress); }
    ~Watch() { hooks_.ended(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    Hooks& hooks_;
};

ResultReport report_of(Part& part, const array::TargetStats& stats, const std::optional<OutputSpec>& output) {
    ResultReport report;
    report.name = part.spec.name;
    report.dtype = part.array.dtype();
    report.shape = part.array.shape();
    report.converted_from = part.converted_from;
    report.nan = part.converted_from ? part.nan : stats.nan.load();
    report.inf = part.converted_from ? part.inf : stats.inf.load();
    if (output) report.path = output->group + (output->group.ends_with('/') ? "" : "/") + report.name;
    if (part.preview) report.preview = part.preview->take();
    return report;
}

}  // namespace

JobReport compute(Engine& engine, std::span<const NamedArray> arrays, const std::optional<OutputSpec>& output,
                  const io::Provenance& provenance, Hooks& hooks, Work work) {
    const auto begin = Clock::now();
    if (output) {
        check_target(*output, target_for(*output, arrays));
        check_formats(*output, arrays);
    }
    auto parts = make_parts(arrays, output);
    JobReport report;
    report.notes = storage_warnings(arrays, parts);
    for (const auto& text : report.notes) hooks.warned(text);
    array::Plan plan(engine, targets_for(arrays, parts));
    report.plan = plan.report();
    hooks.planned(report.plan);

    if (work == Work::all) {
        std::optional<io::OutputFile> file;
        if (output) {
            file.emplace(target_for(*output, arrays));
            for (auto& note : create_datasets(*file, parts, provenance)) report.notes.push_back(std::move(note));
        }
        {
            const Watch watch(hooks, plan.progress());
            Scope scope(engine);
            plan.submit(scope);
            scope.wait();
        }
        if (file) {
            file->commit();
            std::error_code ignored;
            report.stored_bytes = std::filesystem::file_size(output->file, ignored);
        }
    }
    for (std::size_t i = 0; i < parts.size(); ++i) report.results.push_back(report_of(parts[i], plan.stats(i), output));
    report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return report;
}

}  // namespace heddle::pipeline
