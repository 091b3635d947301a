#include "host/pipeline/run_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "heddle/error.hpp"
#include "heddle/evaluate.hpp"
#include "heddle/functions.hpp"
#include "host/array/bind.hpp"
#include "host/expr/parser.hpp"
#include "host/io/cf.hpp"
#include "host/pipeline/carry.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/version.hpp"

namespace heddle::pipeline {
namespace {

void add_input(array::Environment& environment, const Input& input, OpenOptions options) {
    if (const auto* constant = std::get_if<Constant>(&input.source)) {
        environment.add(input.name, std::visit([](auto value) { return Array(value); }, *constant));
        return;
    }
    const auto& at = std::get<Location>(input.source);
    if (at.attribute) {
        environment.add(input.name, open_attribute(at.file, at.path, *at.attribute, options));
        return;
    }
    auto reader = [at, options](const std::string& attribute) {
        return open_attribute(at.file, at.path, attribute, options);
    };
    environment.add(input.name, open_dataset(at.file, at.path, options), std::move(reader));
}

// What there is to warn of in an input; empty when there is nothing.
std::string input_warning(const Input& input, const array::Environment& environment,
                          const std::vector<expr::ast::NameUse>& used, Cf cf) {
    const auto is_it = [&](const auto& use) { return use.name == input.name; };
    if (std::none_of(used.begin(), used.end(), is_it)) return fmt::format("the input '{}' is not used", input.name);
    const auto* at = std::get_if<Location>(&input.source);
    if (cf == Cf::decode || at == nullptr || at->attribute) return {};
    for (const auto& dataset : datasets_of(environment.find(input.name)->array))
        if (const auto names = io::packing_of(*dataset); !names.empty())
            return fmt::format("not applied to the input '{}': {}; add --cf, or cf = true in a job's [options]",
                               input.name, names);
    return {};
}

std::vector<NamedArray> select(const std::vector<array::Binding>& bindings, const std::vector<std::string>& wanted) {
    std::vector<NamedArray> results;
    for (const auto& binding : bindings) {
        const auto name = binding.name.empty() ? std::string("result") : binding.name;
        const auto asked = [&] {
            return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& w) {
                return w == name || w + "_edges" == name || w + "_xedges" == name || w + "_yedges" == name;
            });
        };
        if (wanted.empty() ? !binding.result : !asked()) continue;
        const auto same = std::find_if(results.begin(), results.end(), [&](const auto& r) { return r.name == name; });
        if (same != results.end())
            same->array = binding.array;  // assigned again: the last value counts
        else
            results.push_back({name, binding.array});
    }
    return results;
}

}  // namespace

void check_program(const std::string& program) {
    const auto module = expr::parse(program);
    if (module.statements.empty())
        throw ParseError("the expression is empty", "there is nothing to compute",
                         "write one like 'mu = -log(raw / flat)'", 1, 1);
}

namespace {

// Datasets of another shape and type in the place of the job's own; numbers and attributes stay.
array::Environment with_stand_ins(const Job& job, const array::Environment& environment, const Array& stand_in) {
    array::Environment other;
    for (const auto& input : job.inputs) {
        const auto& bound = *environment.find(input.name);
        const auto* at = std::get_if<Location>(&input.source);
        other.add(input.name, at && !at->attribute ? stand_in : bound.array, bound.attribute);
    }
    return other;
}

// Whether the same error comes up whatever the datasets are: then it is the program's.
bool is_own_mistake(const Job& job, const expr::ast::Module& module, const array::Environment& environment,
                    const Error& error) {
    for (const auto& stand_in : {full(Shape{97, 97, 97}, 0.0).astype(DType::float64),
                                 full(Shape{61, 61}, std::int64_t{0}).astype(DType::int32)}) {
        try {
            array::bind(module, with_stand_ins(job, environment, stand_in));
            return false;
        } catch (const Error& other) {
            if (other.problem() != error.problem() || other.reason() != error.reason()) return false;
        }
    }
    return true;
}

std::vector<array::Binding> bind_program(const Job& job, const expr::ast::Module& module,
                                         const array::Environment& environment) {
    try {
        return array::bind(module, environment);
    } catch (const ParseError&) {
        throw;
    } catch (const IoError&) {
        throw;
    } catch (const Error& error) {
        if (!is_own_mistake(job, module, environment, error)) throw;
        throw RequestError(error.problem(), error.reason(), error.remedy());
    }
}

// Links may lead from the files named to the output.
void check_not_read(const std::string& output, const std::vector<NamedArray>& results) {
    for (const auto& result : results)
        for (const auto& dataset : datasets_of(result.array)) {
            const auto& file = dataset->location().file->path();
            std::error_code ignored;
            if (std::filesystem::equivalent(output, file, ignored))
                throw RequestError(fmt::format("the output '{}' is an input", output),
                                   fmt::format("'{}' is read by this run", file), "write to another file or folder");
        }
}

}  // namespace

BoundJob bind_job(const Job& job) {
    const auto module = expr::parse(job.program, job.pieces);
    array::Environment environment;
    for (const auto& input : job.inputs) add_input(environment, input, {job.cf, job.lock});
    BoundJob bound{select(bind_program(job, module, environment), job.results), {}};
    const auto used = expr::ast::free_names(module);
    for (const auto& input : job.inputs)
        if (auto text = input_warning(input, environment, used, job.cf); !text.empty())
            bound.warnings.push_back(std::move(text));
    return bound;
}

JobReport run_job(Engine& engine, const Job& job, Hooks& hooks, Work work) {
    const AtOnce limits(engine);
    const auto bound = bind_job(job);
    if (job.output) check_not_read(job.output->file, bound.results);
    io::Provenance provenance{job.program, {}, std::string(kVersion), job.cf == Cf::decode};
    while (provenance.expression.ends_with('\n')) provenance.expression.pop_back();
    for (const auto& input : job.inputs) provenance.inputs.push_back(input.name + "=" + describe(input));
    for (const auto& text : bound.warnings) hooks.warned(text);
    auto report = compute(engine, bound.results, job.output, provenance, hooks, work);
    report.notes.insert(report.notes.end(), bound.warnings.begin(), bound.warnings.end());
    return report;
}

}  // namespace heddle::pipeline
