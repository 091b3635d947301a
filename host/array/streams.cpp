#include "host/array/streams.hpp"

#include <algorithm>

namespace heddle::array {

Streamed* Streams::find(const Node& node) {
    const auto* whole = node.as<Whole>();
    if (whole == nullptr) return nullptr;
    const auto [entry, is_new] = known_.try_emplace(&node);
    auto& found = entry->second;
    if (!is_new) return found ? &*found : nullptr;
    std::vector<WholeOperand> operands;
    for (const auto& input : node.inputs) operands.push_back({nullptr, nullptr, input->shape, input->dtype});
    auto how = whole->operation->streaming(operands, threads_, memory_);
    if (!how) return nullptr;
    const bool tiled = std::find(how->tiled.begin(), how->tiled.end(), true) != how->tiled.end();
    if (!tiled || node.shape.count() == 0) return nullptr;
    Streamed made{std::move(*how), {}, node.inputs, {}, nullptr};
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        auto& operand = made.operands[i];
        if (!made.how.tiled[i]) continue;
        if (operand->shape.count() == 0) return nullptr;
        if (made.how.flat && operand->shape.rank() != 1)
            operand = canonicalizer_.canonical(reshape(operand, Shape{operand->shape.count()}));
        made.space = operand->shape;
    }
    found = std::move(made);
    return &*found;
}

}  // namespace heddle::array
