#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/array/node.hpp"

namespace heddle::array {

class Streams;
struct Streamed;

// Rebuilds arrays so that equal computations are one node: what is written twice is computed once.
class Canonicalizer {
public:
    NodePtr canonical(const NodePtr& node);

private:
    std::string key_of(const Node& node);
    std::map<const Node*, NodePtr> done_;
    std::map<std::string, NodePtr> known_;
    std::map<const Node*, int> ids_;
    std::vector<NodePtr> originals_;  // keeps the addresses in `done_` unique
};

// One value that gets memory of its own: a target, a reduction, or an operand that broadcasting would compute again and
// again. `level` is the earliest pass in which it can be computed: after all stages that it uses.
struct Stage {
    NodePtr node;
    int level = 0;
    // What the pass runs over: the operand of a reduction, else the value itself.
    const NodePtr& operand() const {
        return node->is<Reduction>() || node->is<HistogramCounts>() ? node->inputs[0] : node;
    }
};

// Finds the stages below the targets, inputs before users. `hoist_limit`: operands of more bytes stay in the fused
// pass.
class Stager {
public:
    // `streams`: the whole operations that take operands in tiles; may be null.
    Stager(std::int64_t hoist_limit, Streams* streams) : hoist_limit_(hoist_limit), streams_(streams) {}
    // Makes the node, and what it needs, stages.
    void add(const NodePtr& node);
    // The level at which an expression over the node can run, after the stages below it, which it adds.
    int level_of(const NodePtr& node);
    const std::vector<Stage>& stages() const { return stages_; }
    // The level of the last pass of an operation that streams, after the stages below it.
    int level_of_streamed(const Streamed& streamed);

private:
    int stage(const NodePtr& node);
    int operand_level(const NodePtr& input, const Node& user);
    int piece_level(const NodePtr& piece);
    bool is_joined(const NodePtr& node);

    std::int64_t hoist_limit_, kept_bytes_ = 0;
    Streams* streams_;
    std::vector<Stage> stages_;
    std::map<const Node*, int> staged_, levels_;
    std::map<const Node*, bool> joined_;
};

// Where NumPy's rules can surprise in the arrays: subtraction of unsigned integers, sums that can overflow.
std::vector<std::string> numpy_warnings(const std::vector<NodePtr>& roots);

}  // namespace heddle::array
