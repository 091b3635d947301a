#pragma once

#include <map>

#include "host/array/graph.hpp"
#include "host/array/whole.hpp"

namespace heddle::array {

// A whole operation of a plan that takes operands in tiles.
struct Streamed {
    Streaming how;
    Shape space;                      // of the tiles
    std::vector<NodePtr> operands;    // where they come in tiles: of that shape
    std::vector<WholeOperand> whole;  // the others, once their memory is known
    AnyBuffer* state = nullptr;
};

// The operations of a plan that stream.
class Streams {
public:
    Streams(Canonicalizer& canonicalizer, int threads, std::int64_t memory)
        : canonicalizer_(canonicalizer), threads_(threads), memory_(memory) {}
    // Null: it needs its operands in memory.
    Streamed* find(const Node& node);

private:
    Canonicalizer& canonicalizer_;
    int threads_;
    std::int64_t memory_;
    std::map<const Node*, std::optional<Streamed>> known_;
};

}  // namespace heddle::array
