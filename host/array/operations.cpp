#include "host/array/operations.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "heddle/error.hpp"
#include "heddle/expression.hpp"
#include "host/array/bind_registry.hpp"
#include "kernels/elementwise_ops.hpp"

namespace heddle::array {
namespace {

std::optional<kernels::Op> op_of(std::string_view name) {
    for (std::size_t i = 0; i < kernels::kOps.size(); ++i)
        if (kernels::kOps[i].name == name) return static_cast<kernels::Op>(i);
    return std::nullopt;
}

// The call with `x` for every array that must be given, or "" where something is needed that is not known here.
std::string plain_call(const Function& function) {
    constexpr std::array<std::string_view, 14> kArrays{"a",   "x", "x1",  "x2", "y",    "condition", "object",
                                                       "min", "v", "arr", "ar", "bins", "values",    "labels"};
    static const std::map<std::string_view, std::string_view> kOthers{
        {"q", "0.5"},      {"k", "1"},       {"axis", "0"},         {"indices", "[0]"},
        {"ind", "[0]"},    {"groups", "5"},  {"offsets", "[0, 2]"}, {"arrays", "(x, x)"},
        {"newshape", "4"}, {"shift", "1"},   {"pad_width", "1"},    {"reps", "2"},
        {"repeats", "2"},  {"factors", "2"}, {"source", "0"},       {"destination", "1"}};
    std::string text;
    for (const Parameter& parameter : function.parameters) {
        if (!parameter.otherwise.empty()) continue;
        if (parameter.name == "labels" && !text.empty()) {
            text += ", 1";
            continue;
        }
        const auto other = kOthers.find(parameter.name);
        const bool is_array = std::find(kArrays.begin(), kArrays.end(), parameter.name) != kArrays.end();
        if (!is_array && other == kOthers.end()) return "";
        text += (text.empty() ? "" : ", ") + std::string(is_array ? "x" : other->second);
    }
    const bool several = function.name == "nonzero" || function.name == "unique_counts";
    return text.empty() ? "" : function.name + "(" + text + ")" + (several ? "[0]" : "");
}

bool takes(const std::string& call, DType dtype) {
    const NamedArray x{"x", Array(0).astype(dtype).broadcast_to(Shape{2, 2})};
    try {
        parse_expression(call, {&x, 1});
        return true;
    } catch (const DTypeError&) {
        return false;
    } catch (const Error&) {  // of a bound that is missing, say
        return true;
    }
}

// By asking, for one type of each kind.
std::string dtypes_of(const Function& function) {
    const std::string call = plain_call(function);
    if (call.empty()) return "";
    constexpr std::array<std::pair<DType, std::string_view>, 4> kKinds{{{DType::boolean, "bool"},
                                                                        {DType::int32, "integers"},
                                                                        {DType::float32, "floats"},
                                                                        {DType::complex64, "complex"}}};
    std::string text;
    for (const auto& [dtype, kind] : kKinds)
        if (takes(call, dtype)) text += (text.empty() ? "" : ", ") + std::string(kind);
    return text;
}

bool is_libm_of_complex(kernels::Op op) {
    using kernels::Op;
    return op == Op::power || op == Op::sqrt || (op >= Op::exp && op <= Op::arctanh);
}

std::string bits_of(const Function& function) {
    using kernels::Op;
    if (function.group == "Shape and type" || function.group == "New arrays" ||
        function.group == "Selection and search")
        return "exact";
    if (function.group == "Joined and moved") {
        if (function.name == "downsample") return "one fixed tree in float64";
        return function.name == "diff" || function.name == "gradient" ? "IEEE 754 arithmetic" : "exact";
    }
    if (function.group == "Order and running values") {
        const bool sums = function.name == "cumsum" || function.name == "cumprod";
        const bool between = function.name == "median" || function.name.ends_with("tile");
        return sums      ? "blocks of 4096, floats in float64"
               : between ? "the sorted values' IEEE 754 arithmetic"
                         : "exact";
    }
    if (function.group == "Counting and grouping") {
        const bool sums = function.name.ends_with("sum") || function.name.ends_with("mean");
        return function.name == "bincount" || function.name.starts_with("histogram")
                   ? "counts exact; weights: one fixed tree in float64"
               : sums ? "one fixed tree in float64"
                      : "exact";
    }
    if (function.group == "Reductions") {
        static constexpr std::array<std::string_view, 5> kRounded{"sum", "prod", "mean", "var", "std"};
        const std::string_view name = function.name;
        const auto of_nan = name.starts_with("nan") ? name.substr(3) : name;
        const bool rounded = std::find(kRounded.begin(), kRounded.end(), of_nan) != kRounded.end();
        return rounded ? "one fixed tree in float64" : "exact";
    }
    const auto op = op_of(function.name);
    if (!op) return "as the operations that it is made of";
    std::string text = "IEEE 754 arithmetic";
    if (*op == Op::power || *op == Op::cbrt || *op == Op::angle || (*op >= Op::exp && *op <= Op::sigmoid))
        text = "at most 1 ulp";
    if (*op == Op::deg2rad || *op == Op::rad2deg) text = "one product";
    return is_libm_of_complex(*op) && dtypes_of(function).ends_with("complex") ? text + "; complex: the C++ library's"
                                                                               : text;
}

std::string memory_of(const Function& function) {
    if (function.group == "Shape and type") return "no copy; streams";
    if (function.group == "Reductions") return "streams; the result stays in memory";
    static const std::map<std::string_view, std::string_view> kStreamed{
        {"quantile", "streams: all elements in some passes, an axis in one that holds whole lines"},
        {"searchsorted", "v streams into a file, else the result in memory; a in memory"},
        {"digitize", "x streams into a file, else the result in memory; bins in memory"},
        {"cumsum", "streams into a file, else the result in memory"},
        {"bincount", "streams, the length at once; the result in memory"}};
    std::string_view kind = function.name;
    if (kind == "median" || kind == "percentile") kind = "quantile";
    if (kind == "cumprod" || kind == "cummax" || kind == "cummin") kind = "cumsum";
    if (const auto found = kStreamed.find(kind); found != kStreamed.end()) return std::string(found->second);
    if (function.name.starts_with("histogram") || function.name.starts_with("group_"))
        return "streams; the result stays in memory";
    if (function.group == "Order and running values" || function.group == "Counting and grouping")
        return "operand and result in memory";
    if (function.group == "Selection and search") {
        static const std::map<std::string_view, std::string_view> kNow{
            {"compress", "streams along an axis; the condition at once, in memory"},
            {"extract", "operands and result in memory, the condition at once"},
            {"take", "operands and result in memory; a short list streams"}};
        if (const auto found = kNow.find(function.name); found != kNow.end()) return std::string(found->second);
        const bool late = function.name.find("nonzero") == std::string::npos && function.name != "argwhere" &&
                          !function.name.starts_with("unique");
        return late ? "operands and result in memory" : "computed at once, with the result in memory";
    }
    return "streams";
}

std::string equivalent_of(const Function& function) {
    constexpr std::array<std::string_view, 2> kScipy{"erf", "erfc"};
    if (function.name == "sigmoid") return "scipy.special.expit";
    if (std::find(kScipy.begin(), kScipy.end(), function.name) != kScipy.end()) return "scipy.special." + function.name;
    if (function.name == "cummax") return "numpy.maximum.accumulate";
    if (function.name == "cummin") return "numpy.minimum.accumulate";
    constexpr std::array<std::string_view, 5> kLabelled{"group_sum", "group_mean", "group_min", "group_max",
                                                        "group_count"};
    constexpr std::array<std::string_view, 5> kOfScipy{"sum_labels", "mean", "minimum", "maximum", ""};
    for (std::size_t i = 0; i < kLabelled.size(); ++i)
        if (function.name == kLabelled[i])
            return kOfScipy[i].empty() ? "" : "scipy.ndimage." + std::string(kOfScipy[i]);
    if (function.name == "segment_sum") return "numpy.add.reduceat";
    if (function.name == "segment_min") return "numpy.minimum.reduceat";
    if (function.name == "segment_max") return "numpy.maximum.reduceat";
    constexpr std::array<std::string_view, 7> kOnlyHere{"nanany",  "nanall",       "nancount",  "topk",
                                                        "argtopk", "segment_mean", "downsample"};
    if (std::find(kOnlyHere.begin(), kOnlyHere.end(), function.name) != kOnlyHere.end()) return "";
    return function.name == "astype" ? "numpy.ndarray.astype" : "numpy." + function.name;
}

// A sentence in lines of a terminal, each after six spaces.
std::string indented(std::string_view sentence) {
    constexpr std::size_t kWidth = 84;
    std::string text;
    while (!sentence.empty()) {
        const auto end = sentence.size() <= kWidth ? sentence.size() : sentence.rfind(' ', kWidth);
        text += "      " + std::string(sentence.substr(0, end)) + "\n";
        sentence.remove_prefix(std::min(end + 1, sentence.size()));
    }
    return text;
}

}  // namespace

std::vector<Operation> operations() {
    std::vector<Operation> all;
    for (const Function& function : functions())
        all.push_back({function.group, function.name, function.signature, function.doc, dtypes_of(function),
                       memory_of(function), bits_of(function), equivalent_of(function)});
    return all;
}

std::string operations_markdown() {
    std::string text, group;
    for (const Operation& operation : operations()) {
        if (operation.group != group) {
            text += group.empty() ? "" : "\n";
            group = operation.group;
            text +=
                "## " + group + "\n\n| operation | takes | larger than memory | result | as |\n|---|---|---|---|---|\n";
        }
        text += "| `" + operation.signature + "` | " + operation.dtypes + " | " + operation.memory + " | " +
                operation.bits + " | " + (operation.equivalent.empty() ? "" : "`" + operation.equivalent + "`") +
                " |\n";
    }
    return text;
}

std::string operations_text() {
    std::string text, group;
    for (const Operation& operation : operations()) {
        if (operation.group != group) {
            group = operation.group;
            text += (text.empty() ? "" : "\n") + group + ":\n";
        }
        text += "  " + operation.signature + "\n" + indented(operation.doc);
        if (!operation.dtypes.empty()) text += indented("takes " + operation.dtypes);
        text += indented(operation.memory + "; " + operation.bits);
    }
    return text;
}

}  // namespace heddle::array
