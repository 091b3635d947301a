#include <algorithm>

#include "host/expr/program.hpp"
#include "host/expr/tiling.hpp"

// From the builder's graph to a straight line of kernel calls: pairs, order, registers.
namespace heddle::expr {
namespace {

bool is_arithmetic(Op op) { return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide; }

double cost_of(Op op) {
    if (op >= Op::exp && op <= Op::sigmoid) return 20;
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
        : nodes_(builder.nodes_),
          outputs_(builder.outputs_),
          tile_nodes_(builder.nodes_.size()),
          tiler_(tile_nodes_),
          places_(builder.nodes_.size()) {
        program_.inputs_.resize(static_cast<std::size_t>(builder.inputs_));
        program_.used_.resize(static_cast<std::size_t>(builder.inputs_));
    }

    Program run() {
        for (const Node& node : nodes_) {
            if (node.kind == Kind::input) program_.inputs_[static_cast<std::size_t>(node.input)] = node.dtype;
        }
        for (const auto& [value, dtype] : outputs_) count_uses(value);
        for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
            if (place_of(i).uses > 0) cover(i);
        }
        for (const auto& [value, dtype] : outputs_) order(value);
        for (std::size_t at = 0; at < ordered_.size(); ++at) {
            for (int argument : tiler_.tile(ordered_[at]).arguments) {
                if (argument >= 0) place_of(argument).last_use = at;
            }
        }
        for (const auto& [value, dtype] : outputs_) place_of(value).last_use = ordered_.size();
        for (std::size_t at = 0; at < ordered_.size(); ++at) emit(at);
        for (const auto& [value, dtype] : outputs_) program_.outputs_.push_back({slot_of(value), dtype});
        return std::move(program_);
    }

private:
    // Where a node's value lies, and how long.
    struct Place {
        int uses = 0;
        bool ordered = false;
        int need = 0;  // registers for its subtree
        std::size_t last_use = 0;
        Slot slot{};
    };

    const Node& node_of(int i) const { return nodes_[static_cast<std::size_t>(i)]; }
    Place& place_of(int i) { return places_[static_cast<std::size_t>(i)]; }
    bool computed(int i) const { return node_of(i).kind == Kind::apply || node_of(i).kind == Kind::cast; }
    int need(int i) { return i < 0 ? 0 : place_of(i).need; }

    void count_uses(int root) {
        std::vector<int> open{root};
        while (!open.empty()) {
            const int i = open.back();
            open.pop_back();
            if (place_of(i).uses++ > 0) continue;
            for (int argument : node_of(i).arguments) {
                if (argument >= 0) open.push_back(argument);
            }
        }
    }

    void cover(int i) {
        const Node& node = node_of(i);
        const bool arithmetic = node.kind == Kind::apply && arity_of(node.op) == 2 && is_arithmetic(node.op);
        tile_nodes_[static_cast<std::size_t>(i)] = {
            computed(i), node.kind == Kind::cast, arithmetic && place_of(i).uses == 1, node.op,
            node.dtype,  node.arguments};
        tiler_.cover(i);
        // Sethi and Ullman's numbering: the subtree that needs most registers goes first.
        std::array<int, 4> needs{};
        std::transform(tiler_.tile(i).arguments.begin(), tiler_.tile(i).arguments.end(), needs.begin(),
                       [&](int argument) { return need(argument); });
        std::sort(needs.rbegin(), needs.rend());
        for (int k = 0; k < 4; ++k) {
            const int n = needs[static_cast<std::size_t>(k)];
            place_of(i).need = std::max(place_of(i).need, n > 0 ? n + k : computed(i) ? 1 : 0);
        }
    }

    // Depth first without recursion: expressions may be deep.
    void order(int root) {
        std::vector<std::pair<int, bool>> open{{root, false}};
        while (!open.empty()) {
            const auto [i, arguments_done] = open.back();
            open.pop_back();
            if (place_of(i).ordered || !computed(i)) continue;
            if (arguments_done) {
                place_of(i).ordered = true;
                ordered_.push_back(i);
                continue;
            }
            open.emplace_back(i, true);
            std::array<int, 4> arguments = tiler_.tile(i).arguments;
            std::stable_sort(arguments.begin(), arguments.end(), [&](int a, int b) { return need(a) < need(b); });
            for (int argument : arguments) {
                if (argument >= 0) open.emplace_back(argument, false);
            }
        }
    }

    void emit(std::size_t at) {
        const int i = ordered_[at];
        const Node& node = node_of(i);
        const Tile& tile = tiler_.tile(i);
        Instruction ins;
        ins.form = tile.form;
        ins.ops = tile.ops;
        ins.nestings = tile.nestings;
        ins.kernels = tile.kernels;
        ins.kernel4 = tile.kernel4;
        ins.result = node.dtype;
        for (int argument : tile.arguments) {
            if (argument < 0) break;
            const auto k = static_cast<std::size_t>(ins.arity++);
            ins.arguments[k] = slot_of(argument);
            ins.types[k] = node_of(argument).dtype;
        }
        // ProgramBuilder refuses a negative constant.
        ins.checks_exponent = tile.form == Form::op && tile.ops[0] == Op::power && is_signed(node.dtype) &&
                              node_of(tile.arguments[1]).kind != Kind::constant;
        const auto found = std::find_if(outputs_.begin(), outputs_.end(), [&](auto& o) { return o.first == i; });
        if (found != outputs_.end()) ins.output = static_cast<std::int32_t>(found - outputs_.begin());
        ins.target = allocate(at, node.dtype);
        place_of(i).slot = {Slot::Kind::reg, ins.target};
        const int operations = tile.form == Form::pair ? 2 : tile.kernel4 != nullptr ? 3 : 1;
        for (int k = 0; k < operations; ++k) program_.cost_ += cost_of(ins.ops[static_cast<std::size_t>(k)]);
        program_.instructions_.push_back(ins);
    }

    // Frees the registers of arguments that end here; one of the same element size may take the result in place.
    int allocate(std::size_t at, DType result) {
        std::vector<int> late;
        int in_place = -1;
        std::array<int, 4> arguments = tiler_.tile(ordered_[at]).arguments;
        std::sort(arguments.begin(), arguments.end());
        const auto last = std::unique(arguments.begin(), arguments.end());
        for (auto it = arguments.begin(); it != last; ++it) {
            if (*it < 0 || !computed(*it) || place_of(*it).last_use != at) continue;
            const int reg = place_of(*it).slot.index;
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
        Place& place = place_of(i);
        const Node& node = node_of(i);
        if (node.kind == Kind::input) {
            program_.used_[static_cast<std::size_t>(node.input)] = true;
            return {Slot::Kind::input, node.input};
        }
        if (node.kind == Kind::constant && place.slot.kind == Slot::Kind::none) {
            place.slot = {Slot::Kind::constant, static_cast<std::int32_t>(program_.constants_.size())};
            program_.constants_.push_back(node.value);
        }
        return place.slot;
    }

    const std::vector<Node>& nodes_;
    const std::vector<std::pair<int, DType>>& outputs_;
    std::vector<TileNode> tile_nodes_;
    Tiler tiler_;
    std::vector<Place> places_;
    std::vector<int> ordered_, free_;
    Program program_;
};

Program ProgramBuilder::build() const { return Lowering(*this).run(); }

}  // namespace heddle::expr
