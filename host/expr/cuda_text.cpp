#include "host/expr/cuda_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace heddle::expr {
namespace {

using kernels::Nesting;

// An operand that the kernel takes, by its name in Parameters.
struct Named {
    std::string name;
    Reach reach;
    DType dtype;
};

std::vector<Named> used_inputs(const Program& program, const KernelForm& form) {
    std::vector<Named> operands;
    for (int i = 0; i < program.inputs(); ++i) {
        const Reach reach = form.inputs[static_cast<std::size_t>(i)];
        if (reach != Reach::unused) operands.push_back({"in" + std::to_string(i), reach, program.input_dtype(i)});
    }
    return operands;
}

std::vector<Named> outputs_of(const Program& program, const KernelForm& form) {
    std::vector<Named> operands;
    for (std::size_t o = 0; o < form.outputs.size(); ++o)
        operands.push_back({"out" + std::to_string(o), form.outputs[o], program.output_dtype(static_cast<int>(o))});
    return operands;
}

bool any_by_coordinates(const std::vector<Named>& operands) {
    return std::any_of(operands.begin(), operands.end(), [](const Named& n) { return n.reach >= Reach::rows; });
}

std::string place(const Named& n) {
    if (n.reach == Reach::single) return "p." + n.name;
    if (n.reach == Reach::dense)
        return fmt::format("p.{} + static_cast<std::int64_t>(at) * {}", n.name, size_of(n.dtype));
    return fmt::format("p.{0} + position.offset(p.{0}_strides)", n.name);
}

std::string position(const std::vector<Named>& operands, int rank) {
    if (!any_by_coordinates(operands)) return "";
    const std::string dividers = rank > 1 ? "p.dividers" : "nullptr";
    return fmt::format("        const device::Position<Index, {}> position(at, {});\n", rank, dividers);
}

// Turns instructions into statements; registers get a new name with each value.
class Body {
public:
    explicit Body(const Program& program) : program_(program) {}

    std::string text() {
        std::string text;
        int next = 0;
        for (const Instruction& ins : program_.instructions()) {
            if (ins.checks_exponent) text += fmt::format("            if ({} < 0) *p.error = 1;\n", argument(ins, 1));
            const std::string name = "v" + std::to_string(next++);
            text += fmt::format("            const {} {} = {};\n", cuda_type(ins.result), name, value(ins));
            registers_[ins.target] = name;
        }
        for (std::size_t o = 0; o < program_.results().size(); ++o)
            text += fmt::format("            out.out{}.values[e] = {};\n", o, slot(program_.results()[o].value));
        return text;
    }

private:
    std::string slot(Slot s) const {
        if (s.kind == Slot::Kind::input) return fmt::format("in.in{}.values[e]", s.index);
        if (s.kind == Slot::Kind::constant) return "p.c" + std::to_string(s.index);
        return registers_.at(s.index);
    }
    std::string argument(const Instruction& ins, std::size_t k) const { return slot(ins.arguments[k]); }

    static std::string call(Op op, const std::string& a, const std::string& b) {
        return fmt::format("fn::{}({}, {})", name_of(op), a, b);
    }
    static std::string call(Op op, Nesting nesting, const std::string& nested, const std::string& other) {
        return nesting == Nesting::left ? call(op, nested, other) : call(op, other, nested);
    }

    std::string value(const Instruction& ins) const {
        std::array<std::string, 4> x;
        for (std::size_t k = 0; k < static_cast<std::size_t>(ins.arity); ++k) x[k] = argument(ins, k);
        const auto& [first, second, third] = ins.ops;
        switch (ins.form) {
            case Form::cast:
                return fmt::format("cast_value<{}>({})", cuda_type(ins.result), x[0]);
            case Form::pair:
                return call(second, ins.nestings[0], call(first, x[0], x[1]), x[2]);
            case Form::balanced:
                return call(third, call(first, x[0], x[1]), call(second, x[2], x[3]));
            case Form::chain:
                return call(third, ins.nestings[1], call(second, ins.nestings[0], call(first, x[0], x[1]), x[2]), x[3]);
            case Form::op:
                break;
        }
        std::string text = fmt::format("fn::{}({}", name_of(first), x[0]);
        for (std::size_t k = 1; k < static_cast<std::size_t>(ins.arity); ++k) text += ", " + x[k];
        return text + ")";
    }

    const Program& program_;
    std::map<std::int32_t, std::string> registers_;
};

std::string pack_struct(std::string_view name, const std::vector<Named>& operands) {
    std::string text = fmt::format("    template <int n>\n    struct {} {{\n", name);
    for (const Named& o : operands)
        text += fmt::format("        device::Pack<{}, n> {};\n", cuda_type(o.dtype), o.name);
    return text;
}

// Of all results: get<k>() is the k-th.
std::string results_struct(const std::vector<Named>& results) {
    std::string text = pack_struct("Outputs", results);
    text += "        template <int k>\n        HEDDLE_FN const auto& get() const {\n";
    for (std::size_t k = 0; k < results.size(); ++k)
        text += fmt::format("            if constexpr (k == {}) return {};\n", k, results[k].name);
    return text + "        }\n    };\n";
}

}  // namespace

std::string_view cuda_type(DType t) {
    constexpr std::array<std::string_view, kDTypeCount> kNames{
        "bool",         "std::int8_t",   "std::int16_t",   "std::int32_t",   "std::int64_t",
        "std::uint8_t", "std::uint16_t", "std::uint32_t",  "std::uint64_t",  "heddle::Half",
        "float",        "double",        "Complex<float>", "Complex<double>"};
    return kNames[static_cast<std::size_t>(t)];
}

std::string begin_text(std::string_view header, const std::string& entry) {
    return fmt::format(
        "#include \"{}\"\n#include \"kernels/elementwise_fn.hpp\"\n\nnamespace heddle::kernels {{\nnamespace {}_code "
        "{{\n",
        header, entry);
}

CudaKernel end_text(std::string text, const std::string& entry, const std::string& body) {
    text += fmt::format("}}\n}}\n\nextern \"C\" __global__ void __launch_bounds__({}) {}(\n", kKernelThreads, entry);
    text += fmt::format("    const __grid_constant__ heddle::kernels::{}_code::Parameters p) {{\n", entry);
    text += fmt::format("    using namespace heddle::kernels;\n    using namespace {}_code;\n{}}}\n", entry, body);
    return {std::move(text), entry};
}

std::string index_type(IndexBits bits) {
    return fmt::format("using Index = std::uint{}_t;\n", bits == IndexBits::b32 ? 32 : 64);
}

int turns_of(const KernelForm& form) {
    const auto loads = std::count_if(form.inputs.begin(), form.inputs.end(),
                                     [](Reach r) { return r != Reach::unused && r != Reach::single; });
    return loads <= 1 ? 4 : loads <= 3 ? 2 : 1;
}

std::string constant_fields(const Program& program) {
    std::string text;
    for (std::size_t k = 0; k < program.constants().size(); ++k)
        text += fmt::format("    alignas(16) {} c{};\n", cuda_type(program.constants()[k].dtype), k);
    // What follows begins where the next constant would.
    return text + "    alignas(16) ";
}

std::string operand_fields(const Program& program, const KernelForm& form) {
    std::string text;
    if (form.rank > 1) text += fmt::format("    device::Divider dividers[{}];\n", form.rank - 1);
    const auto add = [&](const std::vector<Named>& operands, std::string_view type) {
        for (const Named& o : operands) {
            text += fmt::format("    {}* {};\n", type, o.name);
            if (o.reach >= Reach::rows) text += fmt::format("    std::int64_t {}_strides[{}];\n", o.name, form.rank);
        }
    };
    add(used_inputs(program, form), "const std::uint8_t");
    add(outputs_of(program, form), "std::uint8_t");
    return text;
}

std::string map_struct(const Program& program, const KernelForm& form) {
    const std::vector<Named> inputs = used_inputs(program, form), outputs = outputs_of(program, form);
    std::vector<Named> results;
    for (int o = 0; o < program.outputs(); ++o)
        results.push_back({"out" + std::to_string(o), Reach::dense, program.output_dtype(o)});
    std::string text = "struct Map {\n" + pack_struct("Inputs", inputs) + "    };\n" + results_struct(results);
    text += "    template <int n>\n    HEDDLE_FN static Inputs<n> load(const Parameters& p, Index at) {\n";
    text += position(inputs, form.rank) + "        Inputs<n> in;\n";
    for (const Named& o : inputs) {
        const bool whole = o.reach == Reach::dense || o.reach == Reach::rows || o.reach == Reach::strided;
        text += fmt::format("        in.{} = device::{}<{}, n>({});\n", o.name, whole ? "load" : "repeat",
                            cuda_type(o.dtype), place(o));
    }
    text += "        return in;\n    }\n";
    text +=
        "    template <int n>\n    HEDDLE_FN static Outputs<n> evaluate(const Parameters& p, const Inputs<n>& in) {\n";
    text += "        Outputs<n> out;\n        for (int e = 0; e < n; ++e) {\n" + Body(program).text();
    text += "        }\n        return out;\n    }\n";
    if (!outputs.empty()) {
        text += "    template <int n>\n";
        text += "    HEDDLE_FN static void store(const Parameters& p, Index at, const Outputs<n>& out) {\n";
        text += position(outputs, form.rank);
        for (const Named& o : outputs) text += fmt::format("        device::store({}, out.{});\n", place(o), o.name);
        text += "    }\n";
    }
    return text + "};\n";
}

}  // namespace heddle::expr
