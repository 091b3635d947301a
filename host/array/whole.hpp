#pragma once

#include <cstddef>
#include <memory>
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

// An operation that needs its operand in memory as a whole: its results depend on elements far away.
class WholeOperation {
public:
    virtual ~WholeOperation() = default;
    virtual std::string name() const = 0;
    // Equal keys over equal operands are one computation.
    virtual std::string key() const = 0;
    // What its tasks allocate beside operand and result, at most.
    virtual std::int64_t scratch_bytes(const WholeOperand& operand, int threads) const = 0;
    // Submits what reads the operand and writes all of the result.
    virtual void submit(Scope& scope, Engine& engine, const WholeOperand& operand, AnyBuffer& result) const = 0;
};

// Whether a whole operation takes the node's memory as it is.
inline bool is_whole_memory(const Node& node) { return node.is<Memory>(); }

NodePtr make_whole(std::shared_ptr<const WholeOperation> operation, const NodePtr& operand, DType dtype,
                   const Shape& shape);

// Submits a task whose body gets (piece, operand's bytes, result's bytes), and what `more` are after them.
template <class Body>
void submit_whole(Scope& scope, const TaskOptions& options, const WholeOperand& operand, AnyBuffer& result, Mode mode,
                  std::span<const AnyAccess> more, Body body) {
    std::vector<AnyAccess> accesses{{&result, mode, std::nullopt}};
    if (operand.buffer != nullptr) accesses.push_back({operand.buffer, Mode::read, std::nullopt});
    accesses.insert(accesses.end(), more.begin(), more.end());
    const bool in_buffer = operand.buffer != nullptr;
    scope.submit_list(options, accesses,
                      [=, memory = operand.memory](const Piece& piece, const detail::Operand* operands) {
                          const void* from = in_buffer ? operands[1].data : memory;
                          body(piece, from, operands[0].data, operands + (in_buffer ? 2 : 1));
                      });
}

}  // namespace heddle::array
