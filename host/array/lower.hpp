#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/array/access.hpp"
#include "host/expr/program.hpp"

namespace heddle::array {

// An input of a fused program: a node whose values lie in memory, in a dataset, or follow a rule, and where the
// iteration space touches it.
struct Leaf {
    NodePtr node;
    Access access;
};

// Distinguishes leaves of one plan.
std::string key_of(const Leaf& leaf);

// Turns the arrays below the stages of one pass into one fused program over leaves. A node that is in `resident` is a
// leaf, whatever computed it.
class Lowering {
public:
    explicit Lowering(const std::set<const Node*>& resident) : resident_(resident) {}

    // Adds an output of the program: the node over the whole iteration space, cast to `dtype`.
    void output(const NodePtr& node, DType dtype);
    const std::vector<Leaf>& leaves() const { return leaves_; }
    expr::Program build() const { return builder_.build(); }

private:
    int lower(const NodePtr& node, const Access& access);
    int lower_elementwise(const Node& node, const Access& access);
    int leaf(const NodePtr& node, const Access& access);

    const std::set<const Node*>& resident_;
    expr::ProgramBuilder builder_;
    std::vector<Leaf> leaves_;
    std::map<std::pair<const Node*, std::string>, int> values_;
};

}  // namespace heddle::array
