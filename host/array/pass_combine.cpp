// The tasks on the host that stand beside a pass's tiles: what their parts become, and what a kernel cannot throw.

#include <cstring>
#include <stdexcept>

#include "host/array/pass.hpp"
#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"
#include "kernels/histogram.hpp"

namespace heddle::array {

// Throws what a kernel cannot. What the tile's task made counts as changed, so that nobody uses it before, nor after an
// error; the values that a device made in the caller's memory come back by this, too.
void Pass::submit_check(Scope& scope, Group& group, const Box& box, std::int64_t slot) {
    const auto at = static_cast<std::size_t>(slot);
    std::vector<AnyAccess> accesses{{group.errors[at].get(), Mode::read, std::nullopt}};
    for (const auto* output : group.outputs)
        if (output->kind != Output::Kind::map)
            accesses.push_back({output->made[at].get(), Mode::update, std::nullopt});
        else if (output->in_slots())
            accesses.push_back({output->slots[at].get(), Mode::update, std::nullopt});
        else
            accesses.push_back({output->product.buffer, Mode::update, buffer_box(box)});
    take_turn(accesses);
    scope.submit_list({.name = "check", .place = Place::cpu}, accesses,
                      [](const Piece&, const detail::Operand* operands) {
                          if (*static_cast<const std::uint32_t*>(operands[0].data) != 0)
                              expr::throw_negative_exponent();
                      });
}

// The bounds are known when the pass runs.
void Pass::submit_bins(Scope& scope, Output& output) {
    const auto& node = *output.product.node;
    std::vector<AnyAccess> accesses{{output.bins.get(), Mode::write, std::nullopt}};
    for (const std::size_t bound : {1u, 2u})
        accesses.push_back({context_.residents.at(node.inputs[bound].get()), Mode::read, std::nullopt});
    take_turn(accesses);
    scope.submit_list({.name = "bins", .place = Place::cpu}, accesses,
                      [how = *node.as<HistogramCounts>()](const Piece&, const detail::Operand* operands) {
                          *static_cast<kernels::Bins*>(operands[0].data) = kernels::make_bins(
                              *static_cast<const double*>(operands[1].data),
                              *static_cast<const double*>(operands[2].data), how.bins, how.values, how.outside);
                      });
}

// Adds a tile's counts to the histogram's.
void Pass::submit_counts(Scope& scope, Output& output, std::int64_t slot) {
    std::vector<AnyAccess> accesses{{output.made[static_cast<std::size_t>(slot)].get(), Mode::read, std::nullopt},
                                    {output.product.buffer, Mode::update, std::nullopt}};
    take_turn(accesses);
    scope.submit_list({.name = "combine", .place = Place::cpu}, accesses,
                      [](const Piece&, const detail::Operand* operands) {
                          const auto* from = static_cast<const std::int64_t*>(operands[0].data);
                          auto* to = static_cast<std::int64_t*>(operands[1].data);
                          for (std::int64_t bin = 0; bin < operands[1].layout->count; ++bin) to[bin] += from[bin];
                      });
}

// `add` puts what a tile's task left in `parts` into the tree of the outputs, on the host, in the order of the tiles.
template <class Add>
void Pass::submit_combine(Scope& scope, Output& output, const Box& box, const AnyAccess& parts, Add add) {
    const Box region = buffer_box(output.geometry->output_box(box, output.reduction->keep_dims));
    const auto index = static_cast<std::size_t>(output_tile(*output.geometry, box));
    std::vector<AnyAccess> accesses{parts, {output.product.buffer, Mode::update, region}};
    take_turn(accesses);
    scope.submit_list({.name = "combine", .place = Place::cpu}, accesses,
                      [&output, box, index, add](const Piece&, const detail::Operand* operands) {
                          auto& states = output.states[index];
                          if (states.empty()) states.resize(1);
                          add(states[0].fold, operands[0]);
                          if (output.geometry->is_last(box)) finalize(output, states[0], box, operands[1], box);
                      });
}

// Joins a tile's leaves, wherever they were made: the tree is the CPU's.
void Pass::submit_join(Scope& scope, Output& output, const Box& box, std::int64_t slot) {
    const AnyAccess made{output.made[static_cast<std::size_t>(slot)].get(), Mode::read, std::nullopt};
    submit_combine(scope, output, box, made, [&output, box](auto& fold, const detail::Operand& operand) {
        const auto* from = static_cast<const std::byte*>(operand.data);
        const auto leaves = output.geometry->leaves_of(box);
        const auto outputs = static_cast<std::size_t>(output.geometry->outputs_of(box));
        const std::size_t size = output.reducer.state_size, row = size * static_cast<std::size_t>(leaves.count);
        for (std::int64_t leaf = 0; leaf < leaves.count; ++leaf) {
            Bytes level(outputs * size);
            for (std::size_t o = 0; o < outputs; ++o)
                std::memcpy(level.data() + o * size, from + o * row + static_cast<std::size_t>(leaf) * size, size);
            fold.push(output.reducer, 0, leaves.first + leaf, std::move(level));
        }
    });
}

void Pass::submit_merge(Scope& scope, Output& output, const Box& box, std::int64_t slot) {
    const AnyAccess token{output.tokens[static_cast<std::size_t>(slot)].get(), Mode::update, std::nullopt};
    submit_combine(scope, output, box, token, [&output, slot](auto& fold, const detail::Operand&) {
        for (auto& part : output.parts[static_cast<std::size_t>(slot)]) {
            if (!part.open.empty()) throw std::logic_error("a piece cuts a leaf of a reduction");
            fold.absorb(output.reducer, std::move(part.fold));
        }
    });
}

}  // namespace heddle::array
