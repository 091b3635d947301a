#include <algorithm>

#include "host/expr/program.hpp"

// From the builder's graph to a straight line of kernel calls: pairs, order, registers.
namespace heddle::expr {
namespace {

using kernels::Nesting;

double cost_of(Op op) {
    if (op >= Op::exp && op <= Op::hypot) return 20;
    switch (op) {
        case Op::power:
            return 40;
        case Op::cbrt:
        case Op::remainder:
        case Op::fmod:
        case Op::floor_divide:
            return 15;
        case Op::divide:
        case Op::sqrt:
        case Op::reciprocal:
            return 4;
        default:
            return 1;
    }
}

}  // namespace

class Lowering {
public:
    using Kind = ProgramBuilder::Kind;
    using Node = ProgramBuilder::Node;

    explicit Lowering(const ProgramBuilder& builder)
        : nodes_(builder.nodes_), outputs_(builder.outputs_), plans_(builder.nodes_.size()) {
        program_.inputs_.resize(static_cast<std::size_t>(builder.inputs_));
        program_.used_.resize(static_cast<std::size_t>(builder.inputs_));
    }

    Program run() {
        for (const Node& node : nodes_) {
            if (node.kind == Kind::input) program_.inputs_[static_cast<std::size_t>(node.input)] = node.dtype;
        }
        for (const auto& [value, dtype] : outputs_) count_uses(value);
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (plans_[i].uses > 0) plan(static_cast<int>(i));
        }
        for (const auto& [value, dtype] : outputs_) order(value);
        for (std::size_t at = 0; at < ordered_.size(); ++at) {
            for (int argument : plan_of(ordered_[at]).arguments) {
                if (argument >= 0) plan_of(argument).last_use = at;
            }
        }
        for (const auto& [value, dtype] : outputs_) plan_of(value).last_use = ordered_.size();
        for (std::size_t at = 0; at < ordered_.size(); ++at) emit(at);
        for (const auto& [value, dtype] : outputs_) add_output(value, dtype);
        return std::move(program_);
    }

private:
    // What becomes of a node: an instruction with these arguments, unless a pair took it in.
    struct Plan {
        int uses = 0;
        bool absorbed = false, is_pair = false, ordered = false;
        Op inner = Op::add;
        Nesting nesting = Nesting::left;
        const kernels::KernelSet* kernels = nullptr;
        std::array<int, 3> arguments{-1, -1, -1};
        int need = 0;  // registers for its subtree
        std::size_t last_use = 0;
        Slot slot{};
    };

    const Node& node_of(int i) const { return nodes_[static_cast<std::size_t>(i)]; }
    Plan& plan_of(int i) { return plans_[static_cast<std::size_t>(i)]; }
    bool computed(int i) const { return node_of(i).kind == Kind::apply || node_of(i).kind == Kind::cast; }

    void count_uses(int root) {
        std::vector<int> open{root};
        while (!open.empty()) {
            const int i = open.back();
            open.pop_back();
            if (plan_of(i).uses++ > 0) continue;
            for (int argument : node_of(i).arguments) {
                if (argument >= 0) open.push_back(argument);
            }
        }
    }

    void plan(int i) {
        Plan& plan = plan_of(i);
        const Node& node = node_of(i);
        plan.arguments = node.arguments;
        if (node.kind == Kind::cast) plan.kernels = kernels::find_cast(node_of(node.arguments[0]).dtype, node.dtype);
        if (node.kind == Kind::apply && !absorb(i)) {
            const int last = arity_of(node.op) - 1;
            plan.kernels =
                kernels::find_elementwise(node.op, node_of(node.arguments[static_cast<std::size_t>(last)]).dtype);
        }
        // Sethi and Ullman's numbering: the subtree that needs most registers goes first.
        std::array<int, 3> needs{};
        for (std::size_t k = 0; k < 3; ++k) needs[k] = plan.arguments[k] >= 0 ? plan_of(plan.arguments[k]).need : 0;
        std::sort(needs.rbegin(), needs.rend());
        plan.need = computed(i) ? std::max({needs[0], needs[1] + 1, needs[2] > 0 ? needs[2] + 2 : 0, 1}) : 0;
    }

    // Takes an argument that only this node uses into one kernel call with it.
    bool absorb(int i) {
        const Node& node = node_of(i);
        if (arity_of(node.op) != 2 || node.arguments[0] == node.arguments[1]) return false;
        for (std::size_t side : {0u, 1u}) {
            const int inner = node.arguments[side], other = node.arguments[1 - side];
            Plan& taken = plan_of(inner);
            if (node_of(inner).kind != Kind::apply || taken.uses != 1 || taken.is_pair) continue;
            if (node_of(inner).dtype != node.dtype || arity_of(node_of(inner).op) != 2) continue;
            const Nesting nesting = side == 0 ? Nesting::left : Nesting::right;
            const auto* found = kernels::find_pair(node_of(inner).op, node.op, nesting, node.dtype);
            if (found == nullptr) continue;
            taken.absorbed = true;
            Plan& plan = plan_of(i);
            plan.is_pair = true;
            plan.inner = node_of(inner).op;
            plan.nesting = nesting;
            plan.kernels = found;
            plan.arguments = {node_of(inner).arguments[0], node_of(inner).arguments[1], other};
            return true;
        }
        return false;
    }

    // Depth first without recursion: expressions may be deep.
    void order(int root) {
        std::vector<std::pair<int, bool>> open{{root, false}};
        while (!open.empty()) {
            const auto [i, arguments_done] = open.back();
            open.pop_back();
            Plan& plan = plan_of(i);
            if (plan.ordered || !computed(i)) continue;
            if (arguments_done) {
                plan.ordered = true;
                ordered_.push_back(i);
                continue;
            }
            open.emplace_back(i, true);
            std::array<int, 3> arguments = plan.arguments;
            std::stable_sort(arguments.begin(), arguments.end(), [&](int a, int b) { return need(a) < need(b); });
            for (int argument : arguments) {
                if (argument >= 0) open.emplace_back(argument, false);
            }
        }
    }
    int need(int i) { return i < 0 ? 0 : plan_of(i).need; }

    void emit(std::size_t at) {
        const int i = ordered_[at];
        const Node& node = node_of(i);
        Plan& plan = plan_of(i);
        Instruction ins;
        ins.form = plan.is_pair ? Instruction::Form::pair
                                : (node.kind == Kind::cast ? Instruction::Form::cast : Instruction::Form::op);
        ins.op = plan.is_pair ? plan.inner : node.op;
        ins.outer = node.op;
        ins.nesting = plan.nesting;
        ins.result = node.dtype;
        ins.kernels = plan.kernels;
        for (int argument : plan.arguments) {
            if (argument < 0) break;
            const auto k = static_cast<std::size_t>(ins.arity++);
            ins.arguments[k] = slot_of(argument);
            ins.types[k] = node_of(argument).dtype;
        }
        ins.checks_exponent = node.kind == Kind::apply && node.op == Op::power && is_signed(node.dtype);
        const auto place = std::find_if(outputs_.begin(), outputs_.end(), [&](auto& o) { return o.first == i; });
        if (place != outputs_.end()) ins.output = static_cast<std::int32_t>(place - outputs_.begin());
        ins.target = allocate(at, node.dtype);
        plan.slot = {Slot::Kind::reg, ins.target};
        if (node.kind == Kind::apply) program_.cost_ += cost_of(node.op) + (plan.is_pair ? cost_of(plan.inner) : 0);
        if (node.kind == Kind::cast) program_.cost_ += 1;
        program_.instructions_.push_back(ins);
    }

    // Frees the registers of arguments that end here; one of the same element size may take the result in place.
    int allocate(std::size_t at, DType result) {
        std::vector<int> late;
        int in_place = -1;
        std::array<int, 3> arguments = plan_of(ordered_[at]).arguments;
        std::sort(arguments.begin(), arguments.end());
        const auto last = std::unique(arguments.begin(), arguments.end());
        for (auto it = arguments.begin(); it != last; ++it) {
            if (*it < 0 || !computed(*it) || plan_of(*it).last_use != at) continue;
            const int reg = plan_of(*it).slot.index;
            if (in_place < 0 && size_of(node_of(*it).dtype) == size_of(result)) {
                in_place = reg;
            } else {
                late.push_back(reg);
            }
        }
        if (in_place < 0) {
            if (free_.empty()) free_.push_back(program_.registers_++);
            in_place = free_.back();
            free_.pop_back();
        }
        free_.insert(free_.end(), late.begin(), late.end());
        return in_place;
    }

    Slot slot_of(int i) {
        Plan& plan = plan_of(i);
        const Node& node = node_of(i);
        if (node.kind == Kind::input) {
            program_.used_[static_cast<std::size_t>(node.input)] = true;
            return {Slot::Kind::input, node.input};
        }
        if (node.kind == Kind::constant && plan.slot.kind == Slot::Kind::none) {
            plan.slot = {Slot::Kind::constant, static_cast<std::int32_t>(program_.constants_.size())};
            program_.constants_.push_back(node.value);
        }
        return plan.slot;
    }

    void add_output(int value, DType dtype) { program_.outputs_.push_back({slot_of(value), dtype}); }

    const std::vector<Node>& nodes_;
    const std::vector<std::pair<int, DType>>& outputs_;
    std::vector<Plan> plans_;
    std::vector<int> ordered_, free_;
    Program program_;
};

Program ProgramBuilder::build() const { return Lowering(*this).run(); }

}  // namespace heddle::expr
