#include <string>

#include "host/expr/program.hpp"

namespace heddle::expr {
namespace {

std::string print(const Program& program, Slot slot) {
    if (slot.kind == Slot::Kind::input) return "in" + std::to_string(slot.index);
    if (slot.kind == Slot::Kind::constant) return to_string(program.constants()[static_cast<std::size_t>(slot.index)]);
    return "r" + std::to_string(slot.index);
}

std::string call(Op op, const std::string& a, const std::string& b) {
    return std::string(name_of(op)) + "(" + a + ", " + b + ")";
}

std::string call(Op op, kernels::Nesting nesting, const std::string& nested, const std::string& other) {
    return nesting == kernels::Nesting::left ? call(op, nested, other) : call(op, other, nested);
}

std::string print(const Program& program, const Instruction& ins) {
    std::array<std::string, 4> x;
    for (std::size_t k = 0; k < static_cast<std::size_t>(ins.arity); ++k) x[k] = print(program, ins.arguments[k]);
    const auto& [first, second, third] = ins.ops;
    switch (ins.form) {
        case Form::cast:
            return "cast(" + x[0] + ")";
        case Form::pair:
            return call(second, ins.nestings[0], call(first, x[0], x[1]), x[2]);
        case Form::balanced:
            return call(third, call(first, x[0], x[1]), call(second, x[2], x[3]));
        case Form::chain:
            return call(third, ins.nestings[1], call(second, ins.nestings[0], call(first, x[0], x[1]), x[2]), x[3]);
        case Form::op:
            break;
    }
    std::string text = std::string(name_of(first)) + "(" + x[0];
    for (std::size_t k = 1; k < static_cast<std::size_t>(ins.arity); ++k) text += ", " + x[k];
    return text + ")";
}

}  // namespace

std::string Program::to_string() const {
    std::string text;
    for (const Instruction& ins : instructions_) {
        text += "r" + std::to_string(ins.target) + " = " + print(*this, ins) + " -> " +
                std::string(name_of(ins.result)) + "\n";
        if (ins.output >= 0) text += "out" + std::to_string(ins.output) + " = r" + std::to_string(ins.target) + "\n";
    }
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
        const Slot slot = outputs_[o].value;
        if (slot.kind != Slot::Kind::reg) text += "out" + std::to_string(o) + " = " + print(*this, slot) + "\n";
    }
    return text;
}

}  // namespace heddle::expr
