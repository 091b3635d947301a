// Chunks of datasets that a pass reads: fetched as they are stored by the I/O lane, decoded in pieces by the CPU lane.

#include <algorithm>

#include "host/array/pass_parts.hpp"
#include "host/array/pass_runner.hpp"
#include "host/io/dataset.hpp"

namespace heddle::array {
namespace {

// More than one for each thread, as chunks differ in how long they take.
constexpr std::int64_t kPiecesPerThread = 4;

// What the ranges select, as a box of the dataset. Their steps are 1.
Box box_of(const Ranges& ranges) {
    Box box;
    for (const auto& range : ranges) {
        box.lo.push_back(range.start);
        box.hi.push_back(range.start + range.count);
    }
    return box;
}

}  // namespace

void Pass::find_chunks(Input& input) const {
    const auto* stored = input.leaf.node->as<Stored>();
    if (stored == nullptr || shape_.count() == 0) return;
    for (const auto& axis : input.leaf.access)
        if (axis.list || (axis.axis >= 0 && std::abs(axis.step) != 1)) return;
    input.chunks = io::ChunkReader::make(stored->dataset);
}

// Where memory is short, libhdf5 reads or writes a part of a chunk with less of it, and decodes it again for the next.
bool Pass::drops_chunks() {
    bool dropped = false;
    for (auto& output : outputs_) {
        dropped = dropped || output->encoder != nullptr;
        output->encoder = nullptr;
    }
    for (auto& input : inputs_) {
        dropped = dropped || input->chunks;
        input->chunks.reset();
    }
    return dropped;
}

// Where several tiles need a chunk, libhdf5's cache keeps it between them.
void Pass::keep_whole_chunks() {
    const auto repeats = [&](const Leaf& leaf) {
        std::array<bool, kMaxRank> walked{};
        for (const auto& entry : leaf.access)
            if (entry.axis >= 0) walked[static_cast<std::size_t>(entry.axis)] = true;
        for (int axis = 0; axis < shape_.rank(); ++axis)
            if (!walked[static_cast<std::size_t>(axis)] && tile_[axis] < shape_[axis]) return true;
        return false;
    };
    for (auto& input : inputs_)
        if (input->chunks && (repeats(input->leaf) || decodes_per_chunk(input->leaf, shape_, tile_) > 1))
            input->chunks.reset();
    for (auto& output : outputs_)
        if (output->encoder != nullptr && !output->encoder->fits(tile_)) output->encoder = nullptr;
}

std::int64_t Pass::codec_scratch() const {
    std::int64_t bytes = 0;
    for (const auto& input : inputs_)
        if (input->chunks) bytes += input->chunks->scratch_bytes();
    for (const auto& output : outputs_)
        if (output->encoder != nullptr) bytes += output->encoder->scratch_bytes();
    return bytes * std::max(context_.engine.threads(), 1);
}

std::int64_t Pass::stored_bytes_of(const Input& input, const Shape& tile) {
    const Box box = box_of(touched(input.leaf.access, Box::whole(tile)));
    return input.chunks->most_chunks(box.lo, box.extents()) * input.chunks->stored_bytes();
}

std::int64_t Pass::encoded_bytes_of(const Output& output, const Shape& tile) {
    return output.encoder->chunks(Box::whole(tile)) * output.encoder->stored_bytes();
}

void Pass::submit_chunks(Scope& scope, Input& input, const Box& box, std::int64_t slot) {
    const auto at = static_cast<std::size_t>(slot);
    const Box wanted = box_of(touched(input.leaf.access, box));
    const auto* chunks = input.chunks.get();
    AnyBuffer* stored = input.stored[at].get();

    std::vector<AnyAccess> fetches{{stored, Mode::write, std::nullopt}};
    take_turn(fetches);
    auto* done = &context_.progress.bytes_done;
    const auto bytes = bytes_of(input.leaf.node->dtype, wanted.count());
    scope.submit_list({.name = "read", .lane = Lane::io, .place = Place::cpu}, fetches,
                      [=](const Piece&, const detail::Operand* operands) {
                          chunks->fetch(wanted, static_cast<std::byte*>(operands[0].data));
                          done->fetch_add(bytes, std::memory_order_relaxed);
                      });

    std::vector<AnyAccess> decodes{{input.slots[at].get(), Mode::write, std::nullopt},
                                   {stored, Mode::read, std::nullopt}};
    take_turn(decodes);
    const auto count = chunks->chunks(wanted);
    const auto pieces = std::min(count, std::max<std::int64_t>(context_.engine.threads(), 1) * kPiecesPerThread);
    auto* scratch = &input.decode_scratch;
    scope.submit_list({.name = "decode", .pieces = pieces, .place = Place::cpu}, decodes,
                      [=](const Piece& piece, const detail::Operand* operands) {
                          for (auto i = count * piece.index / pieces; i < count * (piece.index + 1) / pieces; ++i)
                              chunks->decode(wanted, i, static_cast<const std::byte*>(operands[1].data),
                                             static_cast<std::byte*>(operands[0].data),
                                             (*scratch)[static_cast<std::size_t>(piece.worker)]);
                      });
}

// The tile's values, encoded in pieces by the CPU lane and stored by the I/O lane.
void Pass::submit_encoded(Scope& scope, Output& output, const Box& box, std::int64_t slot) {
    const auto at = static_cast<std::size_t>(slot);
    std::vector<AnyAccess> encodes{{output.encoded[at].get(), Mode::write, std::nullopt},
                                   {output.slots[at].get(), Mode::read, std::nullopt}};
    take_turn(encodes);
    const auto count = output.encoder->chunks(box);
    const auto pieces = std::min(count, std::max<std::int64_t>(context_.engine.threads(), 1) * kPiecesPerThread);
    scope.submit_list({.name = "encode", .pieces = pieces, .place = Place::cpu}, encodes,
                      [=, &output](const Piece& piece, const detail::Operand* operands) {
                          const auto* values = static_cast<const std::byte*>(operands[1].data);
                          if (piece.index == 0) count_where_written(output, values, box);
                          for (auto i = count * piece.index / pieces; i < count * (piece.index + 1) / pieces; ++i)
                              output.encoder->encode(box, i, values, static_cast<std::byte*>(operands[0].data),
                                                     output.encode_scratch[static_cast<std::size_t>(piece.worker)]);
                      });

    std::vector<AnyAccess> writes{{output.encoded[at].get(), Mode::read, std::nullopt}};
    take_turn(writes);
    auto* done = &context_.progress.bytes_done;
    scope.submit_list({.name = "write", .lane = Lane::io}, writes,
                      [=, &output](const Piece&, const detail::Operand* operands) {
                          output.product.sink->write_encoded(box, operands[0].data);
                          done->fetch_add(bytes_of(output.computed, box.count()), std::memory_order_relaxed);
                      });
}

}  // namespace heddle::array
