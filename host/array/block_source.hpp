#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "host/array/access.hpp"
#include "host/expr/evaluator.hpp"
#include "host/expr/program.hpp"

namespace heddle::array {

using Ranges = std::vector<AxisRange>;

// Where a block's values go: its first element, and the bytes between neighbours along each axis.
struct Destination {
    std::byte* base = nullptr;
    Shape strides;
};

// Values in memory, with the bytes between neighbours.
struct HeldValues {
    const std::byte* base = nullptr;
    Shape strides;
};

// What a task has at hand while it fills a block; one thread's.
struct Filling {
    std::vector<HeldValues> residents;  // of the nodes in Staging::residents
    bool stream = false;                // writes past the cache where it can
    expr::Evaluator evaluator;
};

// What fill() allocates at most, in bytes: for each element of a block, of one that is to be a dense C-order block, and
// for any block.
struct ScratchNeed {
    std::int64_t per_element = 0, per_dense_element = 0, fixed = 0;
    void include(const ScratchNeed& other) {
        per_element = std::max(per_element, other.per_element);
        per_dense_element = std::max(per_dense_element, other.per_dense_element);
        fixed = std::max(fixed, other.fixed);
    }
};

// Makes blocks of an array that is no plain memory: of a file, a rule, joined pieces, another shape. Immutable: any
// thread may fill.
class BlockSource {
public:
    virtual ~BlockSource() = default;
    // Writes the elements that the ranges select. Blocks on the disk where there are files. IoError, ArgumentError.
    virtual void fill(const Ranges& ranges, const Destination& to, Filling& with) const = 0;
    // Bytes that fill() reads from files.
    virtual std::int64_t bytes_read(const Ranges&) const { return 0; }
    // The values, where they lie in memory as they are.
    virtual HeldValues held(const Filling&) const { return {}; }

    const ScratchNeed& need() const { return need_; }
    // The extents of the chunks of the files behind it, 1 along axes that have none.
    const Shape& chunks() const { return chunks_; }
    bool reads_files() const { return reads_files_; }

protected:
    ScratchNeed need_;
    Shape chunks_;
    bool reads_files_ = false;
};

struct Staging {
    std::shared_ptr<const BlockSource> source;
    std::vector<NodePtr> residents;  // stages whose values fill() takes from Filling::residents
    std::vector<NodePtr> stored;     // the datasets that fill() reads
};
// Bytes that a source may stage at a time.
struct StagingLimits {
    std::int64_t computed;  // of pieces that are computed and need no file
    std::int64_t chunk;     // of files, where part of a chunk would do
};
// How blocks of the node are made. `resident`: the stages that are computed before; `listed`: whether its ranges may
// have lists.
Staging make_staging(const NodePtr& node, const std::set<const Node*>& resident, bool listed,
                     const StagingLimits& limits);

// Memory, not initialised, while a block is made.
struct Scratch {
    explicit Scratch(std::int64_t size)
        : bytes(new std::byte[static_cast<std::size_t>(std::max<std::int64_t>(size, 1))]) {}
    std::unique_ptr<std::byte[]> bytes;
};
inline Destination dense_destination(std::byte* base, const Shape& extents, DType dtype) {
    return {base, byte_strides(dense_strides(extents), size_of(dtype))};
}

// Of a list, for each of its positions: every element of a block may have its own.
inline constexpr std::int64_t kIndexBytes = sizeof(std::int64_t);

// Sources over sources.
using SourcePtr = std::shared_ptr<const BlockSource>;
// What a program reads: the source, and where the program's points touch it; `in_memory`: nothing needs to be staged.
struct SourceOperand {
    Access access;
    SourcePtr source;
    DType dtype;
    bool in_memory;
};
// `listed`: whether ranges may have lists, of which copies are made.
SourcePtr computed_source(const Node& node, expr::Program program, std::vector<SourceOperand> operands, bool listed,
                          std::int64_t budget);
SourcePtr join_sources(const Node& join, std::vector<SourcePtr> pieces, bool listed);
// `most`: bytes of a file to read at a time, where a block needs them in another order.
SourcePtr reshape_source(const Node& reshape, SourcePtr source, std::int64_t most);

}  // namespace heddle::array
