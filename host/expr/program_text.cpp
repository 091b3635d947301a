#include <string>

#include "host/expr/program.hpp"

namespace heddle::expr {
namespace {

std::string print(const Program& program, Slot slot) {
    if (slot.kind == Slot::Kind::input) return "in" + std::to_string(slot.index);
    if (slot.kind == Slot::Kind::constant) return to_string(program.constants()[static_cast<std::size_t>(slot.index)]);
    return "r" + std::to_string(slot.index);
}

std::string print(const Program& program, const Instruction& ins) {
    const auto argument = [&](std::size_t k) { return print(program, ins.arguments[k]); };
    const std::string name(name_of(ins.op)), outer(name_of(ins.outer));
    if (ins.form == Instruction::Form::cast) return "cast(" + argument(0) + ")";
    if (ins.form == Instruction::Form::pair) {
        const std::string inner = name + "(" + argument(0) + ", " + argument(1) + ")";
        return outer +
               (ins.nesting == kernels::Nesting::left ? "(" + inner + ", " + argument(2)
                                                      : "(" + argument(2) + ", " + inner) +
               ")";
    }
    std::string text = name + "(" + argument(0);
    for (int k = 1; k < ins.arity; ++k) text += ", " + argument(static_cast<std::size_t>(k));
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
