#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heddle/buffer.hpp"
#include "heddle/engine.hpp"
#include "heddle/scope.hpp"
#include "host/array/node.hpp"

namespace heddle::array {

// An array cut along one axis: element i of line (o, k) is at (o * n + i) * inner + k. Axis -1: one line, in C order.
struct Lines {
    std::int64_t outer = 1, n = 1, inner = 1;
    Lines(const Shape& shape, int axis);
    std::int64_t count() const { return outer * inner; }
};

// What a whole operation works on: a buffer, or memory of the user's that nothing changes.
struct WholeOperand {
    AnyBuffer* buffer = nullptr;
    const void* memory = nullptr;
    Shape shape;
    DType dtype = DType::float64;
};

using WholeOperands = std::span<const WholeOperand>;
inline constexpr std::size_t kMaxWholeOperands = 5;

// How a whole operation takes operands that do not fit the memory: in passes over their tiles, one after the other,
// with a state that it keeps meanwhile.
struct Streaming {
    enum class Order : std::uint8_t {
        any,    // tiles come in C order, or along some axes first
        along,  // along the axis first
        lines,  // tiles hold whole lines of the axis
    };
    std::vector<bool> tiled;  // per operand; the others are in memory
    bool flat = false;        // tiles are of the operands as one line, in C order
    Order order = Order::any;
    int axis = 0;
    int rounds = 1;     // passes
    bool maps = false;  // each tile gives its part of the result; else the last round's end() gives all of it
    std::int64_t state_bytes = 0;  // that last from the first round to the end
    std::int64_t own = 0;          // what the operation makes of it
};

// What an operation gets of a pass over tiles.
struct StreamedTile {
    const Streaming& how;
    Box box;  // of the operands that come in tiles
    Shape space;
    int round;
    std::array<const void*, kMaxWholeOperands> in;  // dense tiles in C order, or all of an operand
    void* out;                                      // of what maps: result_box(box), dense
    std::byte* state;
    std::byte* scratch;  // tile_scratch() bytes, kept during a pass
};

// An operation that needs its operands in memory as a whole, unless it can stream: its results depend on elements far
// away.
class WholeOperation {
public:
    virtual ~WholeOperation() = default;
    virtual std::string name() const = 0;
    // Equal keys over equal operands are one computation.
    virtual std::string key() const = 0;
    // What its tasks allocate beside operands and result, at most.
    virtual std::int64_t scratch_bytes(WholeOperands operands, int threads) const = 0;
    // Submits what reads the operands and writes all of the result.
    virtual void submit(Scope& scope, Engine& engine, WholeOperands operands, AnyBuffer& result) const = 0;

    // Nothing: it cannot. `memory`: bytes that the engine has.
    virtual std::optional<Streaming> streaming(WholeOperands, int /*threads*/, std::int64_t /*memory*/) const {
        return {};
    }
    virtual std::int64_t tile_scratch(const Streaming&, const Shape& /*tile*/, int /*threads*/) const { return 0; }
    virtual std::int64_t tile_pieces(const Streaming&, const Shape& /*tile*/, int /*threads*/) const { return 1; }
    virtual Box result_box(const Box& box) const { return box; }
    // What `in` holds of operands that come in tiles is null for begin() and end().
    virtual void begin(const StreamedTile&) const {}
    virtual void take(const StreamedTile&, const Piece&) const {}
    virtual void end(const StreamedTile&, void* /*result*/) const {}

    // The same where the engine's GPUs may compute it, see whole_gpu.hpp: what its GPU body works in beside operands
    // and result, nothing where it has none for such operands. All operands are buffers then.
    virtual std::optional<std::int64_t> gpu_scratch_bytes(WholeOperands) const { return std::nullopt; }
    virtual void submit_with_gpu(Scope&, Engine&, WholeOperands, AnyBuffer&) const {}
};

// Whether a whole operation takes the node's memory as it is.
inline bool is_whole_memory(const Node& node) { return node.is<Memory>(); }

// At most kMaxWholeOperands operands.
NodePtr make_whole(std::shared_ptr<const WholeOperation> operation, std::vector<NodePtr> operands, DType dtype,
                   const Shape& shape);

// Submits a task whose body gets (piece, the operands' bytes, the result's bytes), and what `more` are after them.
template <class Body>
void submit_whole(Scope& scope, const TaskOptions& options, WholeOperands operands, AnyBuffer& result, Mode mode,
                  std::span<const AnyAccess> more, Body body) {
    std::vector<AnyAccess> accesses{{&result, mode, std::nullopt}};
    accesses.insert(accesses.end(), more.begin(), more.end());
    std::array<const void*, kMaxWholeOperands> memory{};
    std::array<std::size_t, kMaxWholeOperands> access{};  // 0: in `memory`
    for (std::size_t i = 0; i < operands.size(); ++i) {
        memory[i] = operands[i].memory;
        if (operands[i].buffer == nullptr) continue;
        access[i] = accesses.size();
        accesses.push_back({operands[i].buffer, Mode::read, std::nullopt});
    }
    scope.submit_list(options, accesses, [=](const Piece& piece, const detail::Operand* all) {
        auto from = memory;
        for (std::size_t i = 0; i < from.size(); ++i)
            if (access[i] != 0) from[i] = all[access[i]].data;
        body(piece, from.data(), all[0].data, all + 1);
    });
}

}  // namespace heddle::array
