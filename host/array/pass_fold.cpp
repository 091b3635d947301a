// Whole operations that take the tiles of a pass, one after the other.

#include <algorithm>

#include "host/array/pass.hpp"
#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"

namespace heddle::array {

void Pass::add_fold(Product product, Lowering& lowering) {
    auto fold = std::make_unique<Fold>();
    fold->product = std::move(product);
    const auto& streamed = fold->streamed();
    for (std::size_t i = 0; i < streamed.operands.size(); ++i) {
        fold->operands.push_back(nullptr);
        if (!streamed.how.tiled[i]) continue;
        const auto& node = streamed.operands[i];
        const auto found = std::find_if(outputs_.begin(), outputs_.end(), [&](const auto& output) {
            return output->folded && output->product.node == node;
        });
        if (found != outputs_.end()) {
            fold->operands.back() = found->get();
            continue;
        }
        auto output = std::make_unique<Output>();
        output->computed = node->dtype;
        output->folded = true;
        output->product.node = node;
        output->product.name = fold->product.name;
        lowering.output(node, node->dtype);
        fold->operands.back() = output.get();
        outputs_.push_back(std::move(output));
    }
    folds_.push_back(std::move(fold));
}

void Pass::make_fold_buffers(std::size_t slots) {
    for (auto& fold : folds_) {
        const auto threads = std::max(context_.engine.threads(), 1);
        const auto scratch = fold->operation().tile_scratch(fold->how(), tile_, threads);
        if (scratch > 0) fold->scratch = std::make_unique<AnyBuffer>(context_.engine, DType::uint8, Shape{scratch});
        if (!fold->how().maps) continue;
        const auto count = fold->operation().result_box(Box::whole(tile_)).count();
        for (std::size_t i = 0; i < slots; ++i)
            fold->slots.push_back(
                std::make_unique<AnyBuffer>(context_.engine, fold->product.node->dtype, Shape{count}));
    }
}

namespace {

// The accesses of a task of a fold, and what its operands then are.
struct FoldAccesses {
    std::vector<AnyAccess> list;
    std::array<int, kMaxWholeOperands> in;  // -1: none
    std::array<const void*, kMaxWholeOperands> memory{};
    int state = -1, scratch = -1, out = -1;

    int add(const AnyBuffer* buffer, Mode mode, std::optional<Box> box = {}) {
        list.push_back({buffer, mode, std::move(box)});
        return static_cast<int>(list.size()) - 1;
    }
    StreamedTile tile(const Pass::Fold& fold, const Box& box, const detail::Operand* operands) const {
        const auto at = [&](int i) { return i < 0 ? nullptr : static_cast<std::byte*>(operands[i].data); };
        StreamedTile made{fold.how(), box,        fold.streamed().space, fold.product.round, memory, at(out),
                          at(state),  at(scratch)};
        for (std::size_t i = 0; i < in.size(); ++i)
            if (in[i] >= 0) made.in[i] = at(in[i]);
        return made;
    }
};

FoldAccesses accesses_of(const Pass::Fold& fold, std::optional<std::size_t> slot, Mode scratch) {
    FoldAccesses accesses;
    accesses.in.fill(-1);
    for (std::size_t i = 0; i < fold.operands.size(); ++i) {
        if (const auto* output = fold.operands[i]) {
            if (slot) accesses.in[i] = accesses.add(output->slots[*slot].get(), Mode::read);
        } else {
            const auto& whole = fold.streamed().whole[i];
            accesses.memory[i] = whole.memory;
            if (whole.buffer != nullptr) accesses.in[i] = accesses.add(whole.buffer, Mode::read);
        }
    }
    if (fold.streamed().state != nullptr)
        accesses.state =
            accesses.add(fold.streamed().state,
                         !slot && scratch == Mode::write && fold.product.round == 0 ? Mode::write : Mode::update);
    if (fold.scratch) accesses.scratch = accesses.add(fold.scratch.get(), scratch);
    return accesses;
}

TaskOptions options_of(const Pass::Fold& fold, std::int64_t pieces) {
    return {.name = fold.product.name, .pieces = pieces, .place = Place::cpu};
}

}  // namespace

void Pass::submit_fold_begin(Scope& scope, Fold& fold) {
    auto accesses = accesses_of(fold, {}, Mode::write);
    take_turn(accesses.list);
    scope.submit_list(options_of(fold, 1), accesses.list,
                      [&fold, accesses](const Piece&, const detail::Operand* operands) {
                          fold.operation().begin(accesses.tile(fold, {}, operands));
                      });
}

void Pass::submit_fold(Scope& scope, Fold& fold, const Box& box, std::int64_t slot) {
    const auto at = static_cast<std::size_t>(slot);
    auto accesses = accesses_of(fold, at, Mode::update);
    if (fold.how().maps) accesses.out = accesses.add(fold.slots[at].get(), Mode::write);
    take_turn(accesses.list);
    const auto pieces = fold.operation().tile_pieces(fold.how(), box.extents(), std::max(context_.engine.threads(), 1));
    scope.submit_list(options_of(fold, std::max<std::int64_t>(pieces, 1)), accesses.list,
                      [&fold, accesses, box](const Piece& piece, const detail::Operand* operands) {
                          fold.operation().take(accesses.tile(fold, box, operands), piece);
                      });
    if (fold.how().maps) submit_fold_result(scope, fold, fold.operation().result_box(box), slot);
}

// Brings a tile's results from their slot to the file, or to their place in memory.
void Pass::submit_fold_result(Scope& scope, Fold& fold, const Box& box, std::int64_t slot) {
    const auto& product = fold.product;
    std::vector<AnyAccess> accesses{{fold.slots[static_cast<std::size_t>(slot)].get(), Mode::read, std::nullopt}};
    if (product.sink == nullptr) accesses.push_back({product.buffer, Mode::write, buffer_box(box)});
    take_turn(accesses);
    auto* done = &context_.progress.bytes_done;
    const TaskOptions options{
        .name = product.sink ? "write" : "store", .lane = product.sink ? Lane::io : Lane::cpu, .place = Place::cpu};
    scope.submit_list(options, accesses, [&product, box, done](const Piece&, const detail::Operand* operands) {
        const auto dtype = product.node->dtype;
        if (product.stats != nullptr) count_non_finite(dtype, operands[0].data, box.count(), *product.stats);
        if (product.sink != nullptr) {
            product.sink->write(box, operands[0].data);
            done->fetch_add(bytes_of(dtype, box.count()), std::memory_order_relaxed);
        } else {
            store_block(operands[0].data, box.extents(), byte_strides(operands[1].layout->strides, size_of(dtype)),
                        size_of(dtype), operands[1].data);
        }
    });
}

void Pass::submit_fold_end(Scope& scope, Fold& fold) {
    auto accesses = accesses_of(fold, {}, Mode::update);
    const bool gives = !fold.how().maps && fold.is_last_round();
    if (gives) accesses.out = accesses.add(fold.product.buffer, Mode::write);
    take_turn(accesses.list);
    scope.submit_list(
        options_of(fold, 1), accesses.list, [&fold, accesses, gives](const Piece&, const detail::Operand* operands) {
            const auto& product = fold.product;
            auto tile = accesses.tile(fold, {}, operands);
            fold.operation().end(tile, tile.out);
            if (gives && product.stats != nullptr)
                count_non_finite(product.node->dtype, tile.out, product.node->shape.count(), *product.stats);
        });
}

void Pass::report_folds(PassReport& report) const {
    for (const auto& fold : folds_) {
        const auto& [product, how] = std::pair<const Product&, const Streaming&>(fold->product, fold->how());
        const auto& node = *product.node;
        auto text = product.name + ": " + std::string(name_of(node.dtype)) + " " + to_string(node.shape);
        if (how.rounds > 1) text += ", pass " + std::to_string(product.round + 1) + " of " + std::to_string(how.rounds);
        report.produces.push_back(std::move(text));
        if (product.sink) report.bytes_written += bytes_of(node.dtype, node.shape.count());
    }
}

}  // namespace heddle::array
