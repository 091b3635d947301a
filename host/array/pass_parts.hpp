#pragma once

#include <algorithm>
#include <memory>
#include <mutex>

#include "host/array/block_source.hpp"
#include "host/array/pass.hpp"
#include "host/array/streams.hpp"
#include "host/io/chunk_encoder.hpp"
#include "host/io/chunk_reader.hpp"
#include "kernels/histogram_bins.hpp"

namespace heddle::array {

// Results larger than this are written past the cache: nothing would find them there.
inline constexpr std::int64_t kLastLevelCache = std::int64_t{32} << 20;

inline std::int64_t bytes_of(DType dtype, std::int64_t count) {
    return count * static_cast<std::int64_t>(size_of(dtype));
}

// A leaf of the pass; staged ones have kSlots buffers of a tile's size.
struct Pass::Input {
    Leaf leaf;
    std::string key;
    LeafKind kind;
    AnyBuffer* resident =
        nullptr;  // where the values are a buffer's: of another stage, or lent to the engine's devices
    std::vector<std::unique_ptr<AnyBuffer>> slots;
    Staging staging;  // of a staged one
    std::vector<AnyBuffer*> staging_residents;
    Output* straight = nullptr;  // the output that it is, value by value: made in its place, without slots
    // Of a dataset whose chunks are decoded beside libhdf5: see submit_chunks.
    std::shared_ptr<const io::ChunkReader> chunks;
    std::vector<std::unique_ptr<AnyBuffer>> stored;        // by slot: chunks as they lie in the file
    std::vector<io::ChunkReader::Scratch> decode_scratch;  // one per worker

    bool staged() const { return kind == LeafKind::staged; }
    bool reads_files() const { return !staging.stored.empty(); }
};

// A product of the pass and what lies between its tiles.
struct Pass::Output {
    enum class Kind : std::uint8_t { map, reduction, histogram };

    Product product;
    Kind kind = Kind::map;
    DType computed = DType::float64;  // the type that the program delivers
    // Of a map into a sink, or of what a fold takes: one tile's values each.
    std::vector<std::unique_ptr<AnyBuffer>> slots;
    bool folded = false;  // tiles are taken by operations that stream
    // The same encoded, where the sink takes it so: see submit_encoded.
    const io::ChunkEncoder* encoder = nullptr;
    std::vector<std::unique_ptr<AnyBuffer>> encoded;
    std::vector<io::ChunkEncoder::Scratch> encode_scratch;  // one per worker
    // Of a reduction:
    std::optional<ReduceGeometry> geometry;
    kernels::Reducer reducer{};
    const Reduction* reduction = nullptr;
    SplitMode mode = SplitMode::outputs;
    std::vector<std::vector<ReduceState>> states;    // by output tile, then by piece; ordered by the output's region
    std::vector<std::vector<ReduceState>> parts;     // by slot, then by piece: leaves that submit_merge joins
    std::vector<std::unique_ptr<AnyBuffer>> tokens;  // stand for `parts` in the accesses
    // Where devices may make a tile's part, by slot: the states of leaves as [output][leaf], or the counts of a
    // histogram; then nothing else is kept.
    std::vector<std::unique_ptr<AnyBuffer>> made;
    bool on_devices = false;  // it has a device form
    bool straight = false;    // an input is made in its place: see Input::straight
    bool checked = false;     // which may tell of a negative exponent
    // Of a histogram:
    std::unique_ptr<AnyBuffer> bins;  // a kernels::Bins, from the bounds
    std::mutex mutex;                 // guards adding a piece's counts to a buffer

    bool in_slots() const { return folded || product.sink != nullptr; }
    const NodePtr& operand() const { return kind == Kind::map ? product.node : product.node->inputs[0]; }
    // Bytes that are written to memory and that no cache holds.
    std::int64_t uncached_bytes() const {
        const bool memory = kind == Kind::map && !in_slots() && !product.fresh;
        return memory ? bytes_of(computed, product.node->shape.count()) : 0;
    }
    std::int64_t counts_bytes() const { return product.node->shape.count() * std::int64_t{sizeof(std::int64_t)}; }
};

// A whole operation that takes the tiles of some outputs, one after the other.
struct Pass::Fold {
    Product product;
    std::vector<Output*> operands;  // null: in memory
    std::unique_ptr<AnyBuffer> scratch;
    std::vector<std::unique_ptr<AnyBuffer>> slots;  // of the results, where each tile gives some

    const Streamed& streamed() const { return *product.streamed; }
    const Streaming& how() const { return product.streamed->how; }
    const WholeOperation& operation() const { return *product.node->as<Whole>()->operation; }
    bool is_last_round() const { return product.round + 1 == how().rounds; }
};

// Products that one program computes, sharing tiles out in the same way.
struct Pass::Group {
    expr::Program program;
    std::vector<Input*> inputs;
    std::vector<Output*> outputs;
    Split split;
    std::int64_t leaf_length = 0;   // block alignment that row reductions need
    std::shared_ptr<GpuForms> gpu;  // null: the group runs on the CPU only
    // A kernel cannot throw: by slot, a word that is not 0 after one that met a negative exponent. See submit_check.
    bool checks = false;
    std::vector<std::unique_ptr<AnyBuffer>> errors;

    // Of reductions with the same leaves, or one histogram, whose part of a tile devices may make.
    bool makes_parts() const { return outputs[0]->on_devices && outputs[0]->kind != Output::Kind::map; }
    bool has_maps_only() const {
        return std::all_of(outputs.begin(), outputs.end(), [](const Output* output) {
            return output->kind == Output::Kind::map && (output->product.stats == nullptr || output->on_devices);
        });
    }
};

// A group's work on one tile, shared by its pieces.
struct Pass::Tile {
    Box box;
    std::int64_t slot;
    std::vector<std::vector<AxisRange>> ranges;  // per input
    std::vector<int> operands;                   // per input, then per output: index into the task's accesses or -1
    int error = -1;                              // index of the group's word for errors
    std::int64_t counted = 0;                    // pieces whose counts are in the buffer; under Output::mutex
    std::vector<Box> regions;                    // per access: what it covers of its buffer
};

// A buffer has at least one axis; values of rank 0 lie in its only element.
inline Shape buffer_shape(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }
inline Box buffer_box(const Box& box) { return box.rank() == 0 ? Box{{0}, {1}} : box; }

}  // namespace heddle::array
