#include "host/array/indices.hpp"

#include <set>

#include "heddle/evaluate.hpp"
#include "host/array/evaluation.hpp"
#include "host/array/whole_pieces.hpp"
#include "kernels/positions.hpp"

namespace heddle::array {
namespace {

constexpr std::int64_t kLittle = 1 << 16;  // elements that one thread is done with before others have started
constexpr std::int64_t kBlock = 1 << 16;   // of a mask, that a thread looks at

std::int64_t largest_below(const Node& node, std::set<const Node*>& seen) {
    if (!seen.insert(&node).second) return 0;
    std::int64_t largest = node.shape.count();
    for (const auto& input : node.inputs) largest = std::max(largest, largest_below(*input, seen));
    return largest;
}

// Of the calling thread; 0: as a default engine.
struct Limits {
    int threads = 0;
    std::size_t memory = 0;
};
thread_local Limits limits;

Array from_storage(DType dtype, const Shape& shape, std::shared_ptr<std::byte> bytes) {
    auto storage = std::make_shared<Storage>();
    storage->bytes = std::move(bytes);
    storage->counted = static_cast<std::int64_t>(size_of(dtype)) * shape.count();
    return Array(memory(dtype, shape, std::move(storage)));
}

// What the engine computed, without what holds on to the engine.
Array settled(Engine& engine, const Array& a) {
    const Array result = evaluate(engine, a);
    result.wait();
    return from_storage(result.dtype(), result.shape(), result.node()->as<Memory>()->storage->bytes);
}

// Calls f(block) for each of them, in the engine's threads.
template <class F>
void for_each_block(Engine& engine, std::int64_t blocks, F&& f) {
    Scope scope(engine);
    scope.submit({.name = "positions", .pieces = pieces_for(blocks, engine), .place = Place::cpu},
                 [&](const Piece& piece) { for_each_unit(piece, blocks, f); });
    scope.wait();
}

// The positions where the mask is true plus `shift`, behind so many zeros.
Array positions(const Array& a, std::int64_t shift) {
    Engine engine(options_at_once(a));
    const Array mask = settled(engine, a.astype(DType::boolean));
    const std::int64_t n = mask.size(), blocks = (n + kBlock - 1) / kBlock;
    const bool* from = mask.view<bool>().data();
    const auto length = [n](std::int64_t block) { return std::min(kBlock, n - block * kBlock); };
    std::vector<std::int64_t> starts(static_cast<std::size_t>(blocks) + 1, shift);
    for_each_block(engine, blocks, [&](std::int64_t block) {
        starts[static_cast<std::size_t>(block) + 1] = kernels::count_true(from + block * kBlock, length(block));
    });
    for (std::size_t block = 0; block < static_cast<std::size_t>(blocks); ++block) starts[block + 1] += starts[block];
    const std::int64_t count = starts.back();
    const auto needed = static_cast<std::size_t>(n) + static_cast<std::size_t>(count) * sizeof(std::int64_t);
    if (const auto limit = engine.memory_limit(); needed > limit)
        throw OutOfMemory("the positions do not fit the memory limit",
                          "a mask of " + std::to_string(n) + " bytes and " + std::to_string(count) +
                              " positions of 8 bytes are more than " + std::to_string(limit) + " bytes",
                          "allow more memory, select in parts, or use where()");
    auto bytes = allocate_bytes(static_cast<std::size_t>(count) * sizeof(std::int64_t));
    auto* to = reinterpret_cast<std::int64_t*>(bytes.get());
    std::fill_n(to, shift, 0);
    for_each_block(engine, blocks, [&](std::int64_t block) {
        kernels::true_positions(from + block * kBlock, length(block), block * kBlock + shift,
                                to + starts[static_cast<std::size_t>(block)]);
    });
    return from_storage(DType::int64, Shape{count}, std::move(bytes));
}

}  // namespace

EngineOptions options_at_once(const Array& a) {
    std::set<const Node*> seen;
    return {.threads = limits.threads,
            .device = largest_below(*a.node(), seen) < kLittle ? "reference" : "omp",
            .memory = limits.memory,
            .history = "off"};
}

Array evaluate_now(const Array& a) {
    Engine engine(options_at_once(a));
    return settled(engine, a);
}

Array positions_where(const Array& mask) { return positions(mask, 0); }
Array run_starts(const Array& ends) { return positions(ends, 1); }

std::vector<std::int64_t> evaluate_indices(const NodePtr& mask_or_list, std::int64_t extent) {
    const auto& node = *mask_or_list;
    if (node.shape.rank() != 1 || (!is_bool(node.dtype) && !is_integer(node.dtype)))
        throw ShapeError("a selection needs one row of booleans or integers",
                         "it is " + std::string(name_of(node.dtype)) + " of shape " + to_string(node.shape),
                         "compare to get a mask, as in data[key == 1]");
    if (is_bool(node.dtype) && node.shape[0] != extent)
        throw ShapeError("the mask does not fit the axis",
                         "it has " + std::to_string(node.shape[0]) + " elements, the axis " + std::to_string(extent),
                         "make the mask from an array of the axis's length");
    const Array selection(mask_or_list);
    if (is_bool(node.dtype)) {
        const Array positions = positions_where(selection);
        const auto view = positions.view<std::int64_t>();
        return {view.begin(), view.end()};
    }
    const auto check = [extent](auto index) {
        if (std::cmp_less(index, -extent) || std::cmp_greater_equal(index, extent))
            throw ShapeError("index " + std::to_string(index) + " is out of range",
                             "the axis has " + std::to_string(extent) + " elements", "check the index list");
    };
    if (node.dtype == DType::uint64) {
        const Array known = evaluate_now(selection);
        const auto view = known.view<std::uint64_t>();
        for (const auto index : view) check(index);
        return {view.begin(), view.end()};
    }
    const Array known = evaluate_now(selection.astype(DType::int64));
    const auto view = known.view<std::int64_t>();
    std::vector<std::int64_t> indices(view.begin(), view.end());
    for (auto& index : indices) {
        check(index);
        if (index < 0) index += extent;
    }
    return indices;
}

}  // namespace heddle::array

namespace heddle {

AtOnce::AtOnce(const Engine& engine) : threads_(array::limits.threads), memory_(array::limits.memory) {
    array::limits = {engine.threads(), engine.memory_limit()};
}
AtOnce::~AtOnce() { array::limits = {threads_, memory_}; }

}  // namespace heddle
