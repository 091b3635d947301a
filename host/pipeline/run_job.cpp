#include "host/pipeline/run_job.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "heddle/error.hpp"
#include "host/array/bind.hpp"
#include "host/expr/parser.hpp"
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

std::vector<NamedArray> select(const std::vector<array::Binding>& bindings, const std::vector<std::string>& wanted) {
    std::vector<NamedArray> results;
    for (const auto& binding : bindings) {
        const auto name = binding.name.empty() ? std::string("result") : binding.name;
        const auto asked = [&] {
            return std::any_of(wanted.begin(), wanted.end(),
                               [&](const std::string& w) { return w == name || w + "_edges" == name; });
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

BoundJob bind_job(const Job& job) {
    const auto module = expr::parse(job.program);
    array::Environment environment;
    for (const auto& input : job.inputs) add_input(environment, input, {job.cf, job.lock});
    BoundJob bound{select(array::bind(module, environment), job.results), {}};
    const auto used = expr::ast::free_names(module);
    for (const auto& input : job.inputs)
        if (std::none_of(used.begin(), used.end(), [&](const auto& use) { return use.name == input.name; }))
            bound.unused.push_back(input.name);
    return bound;
}

JobReport run_job(Engine& engine, const Job& job, Hooks& hooks, Work work) {
    const auto bound = bind_job(job);
    io::Provenance provenance{job.program, {}, std::string(kVersion), job.cf == Cf::decode};
    while (provenance.expression.ends_with('\n')) provenance.expression.pop_back();
    for (const auto& input : job.inputs) provenance.inputs.push_back(input.name + "=" + describe(input));
    auto report = compute(engine, bound.results, job.output, provenance, hooks, work);
    for (const auto& name : bound.unused) report.notes.push_back(fmt::format("the input '{}' is not used", name));
    return report;
}

}  // namespace heddle::pipeline
