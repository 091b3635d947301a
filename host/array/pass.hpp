#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "heddle/buffer.hpp"
#include "heddle/scope.hpp"
#include "host/array/leaf_source.hpp"
#include "host/array/plan.hpp"
#include "host/array/reduce_tree.hpp"
#include "host/array/tiling.hpp"
#include "host/expr/evaluator.hpp"
#include "host/expr/program.hpp"

namespace heddle::array {

struct Streamed;
struct StreamedTile;

// What is computed in a pass: a node's values, to memory that later passes read, or to a sink.
struct Product {
    NodePtr node;
    AnyBuffer* buffer = nullptr;  // set when it is resident
    Sink* sink = nullptr;
    TargetStats* stats = nullptr;
    std::string name;
    bool fresh = false;  // the buffer's memory: the system clears its pages, into the cache, as they are first written
    const Streamed* streamed = nullptr;  // a pass over the operands of this operation, the `round`th
    int round = 0;
};

// Memory that holds an input's values, as a buffer of tiles from which devices get them.
struct Lent {
    const std::byte* bytes;
    Shape tile;
    std::unique_ptr<AnyBuffer> buffer;
};

// What the passes of a plan share.
struct PlanContext {
    Engine& engine;
    std::map<const Node*, AnyBuffer*> residents;
    std::vector<expr::Evaluator> evaluators;  // one per worker
    Progress progress;
    // Where passes must not be in memory together: every task of a pass reads it, so that the task that updates it runs
    // between two passes.
    std::unique_ptr<AnyBuffer> turn;
    // Bytes that the smallest of the engine's devices has; 0: it has none, and then nothing is lent.
    std::int64_t device_memory = 0;
    std::vector<Lent> lent;

    // The input's values, in memory, as a buffer: one for all that touch the memory in tiles of the same shape.
    AnyBuffer& lend(const Node& node, const Shape& tile);
};

// One walk over an iteration space, tile by tile: each input is read once for a tile, the fused programs run on it in
// pieces, their results go to memory, sinks and reductions. Tiles overlap: while one is computed the next is read and
// the last one written, through kSlots sets of buffers, which also bound the memory in flight.
class Pass {
public:
    static constexpr std::int64_t kSlots = 3;

    // `earlier`: the stages that are computed before this pass.
    Pass(PlanContext& context, const Shape& shape, std::vector<Product> products, const std::set<const Node*>& earlier);
    Pass(Pass&&) noexcept;
    ~Pass();

    // Chooses the tiles; `memory` bytes are for this pass alone. OutOfMemory.
    void plan(std::int64_t memory);
    PassReport report() const;
    void submit(Scope& scope);
    // Gives up the memory that the pass works in, when its tasks are done.
    void release();

    // See pass_parts.hpp and pass_runner.hpp.
    struct Input;
    struct Output;
    struct Fold;
    struct Group;
    struct Tile;
    class Runner;
    class GpuForms;  // see pass_gpu.hpp
    class GpuBody;

private:
    std::int64_t slot_bytes(const Shape& tile) const;
    std::int64_t state_bytes(const Shape& tile) const;
    std::int64_t device_bytes(const Shape& tile) const;
    bool uses_devices() const;
    void find_straight(const std::set<const Node*>& earlier);
    void find_device_forms(const std::set<const Node*>& earlier);
    std::int64_t leaf_bytes(const Output& output, const Box& box) const;
    void tile_results();
    void add_leaf(const Leaf& leaf, const std::set<const Node*>& earlier);
    bool go_together(const Group& group, const Output& output) const;
    void make_groups();
    void make_buffers();
    void submit_reads(Scope& scope, const Box& box, std::int64_t slot);
    void submit_fill(Scope& scope, Input& input, const Box& box, std::int64_t slot);
    // See pass_chunks.cpp.
    void find_chunks(Input& input) const;
    bool drops_chunks();
    std::int64_t codec_scratch() const;  // of all threads
    static std::int64_t stored_bytes_of(const Input& input, const Shape& tile);
    static std::int64_t encoded_bytes_of(const Output& output, const Shape& tile);
    void keep_whole_chunks();
    void submit_chunks(Scope& scope, Input& input, const Box& box, std::int64_t slot);
    void submit_encoded(Scope& scope, Output& output, const Box& box, std::int64_t slot);
    void submit_group(Scope& scope, Group& group, const Box& box, std::int64_t slot);
    template <class Add>
    void submit_combine(Scope& scope, Output& output, const Box& box, const AnyAccess& parts, Add add);
    void submit_bins(Scope& scope, Output& output);
    void submit_check(Scope& scope, Group& group, const Box& box, std::int64_t slot);
    void submit_counts(Scope& scope, Output& output, std::int64_t slot);
    void submit_join(Scope& scope, Output& output, const Box& box, std::int64_t slot);
    void submit_merge(Scope& scope, Output& output, const Box& box, std::int64_t slot);
    void submit_writes(Scope& scope, const Box& box, std::int64_t slot);
    void submit_returns(Scope& scope, const Box& box);
    void submit_empty(Scope& scope);
    // See pass_fold.cpp.
    void add_fold(Product product, Lowering& lowering);
    void make_fold_buffers(std::size_t slots);
    void submit_fold_begin(Scope& scope, Fold& fold);
    void submit_fold(Scope& scope, Fold& fold, const Box& box, std::int64_t slot);
    void submit_fold_end(Scope& scope, Fold& fold);
    void submit_fold_result(Scope& scope, Fold& fold, const Box& box, std::int64_t slot);
    void report_folds(PassReport& report) const;
    // Adds the read of the plan's `turn`, where there is one.
    void take_turn(std::vector<AnyAccess>& accesses) const;
    std::int64_t output_tile(const ReduceGeometry& geometry, const Box& box) const;

    PlanContext& context_;
    Shape shape_, tile_;
    std::array<bool, kMaxRank> last_{};  // the axes that tiles run through first; C order: none
    std::vector<std::unique_ptr<Input>> inputs_;
    std::vector<std::unique_ptr<Output>> outputs_;
    std::vector<std::unique_ptr<Fold>> folds_;
    std::vector<std::unique_ptr<Group>> groups_;
};

}  // namespace heddle::array
