#include "host/expr/evaluator.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "heddle/error.hpp"
#include "host/expr/strided_view.hpp"

namespace heddle::expr {
namespace {

// Apart by more than a block, so that equal places of two buffers do not fall on the same cache set.
constexpr std::int64_t kPadding = 128;

// n values at `data`, or one for all of them.
struct Value {
    const std::byte* data = nullptr;
    bool single = false;
};

struct FreeAligned {
    void operator()(std::byte* p) const { ::operator delete[](p, std::align_val_t{64}); }
};

// Scratch memory, handed out from the front; grows between runs only.
class Arena {
public:
    void reserve(std::int64_t bytes) {
        used_ = 0;
        if (bytes <= size_) return;
        memory_.reset();
        memory_.reset(static_cast<std::byte*>(::operator new[](static_cast<std::size_t>(bytes), std::align_val_t{64})));
        size_ = bytes;
    }
    std::byte* take(std::int64_t bytes) {
        std::byte* p = memory_.get() + used_;
        used_ += bytes;
        return p;
    }

private:
    std::unique_ptr<std::byte[], FreeAligned> memory_;
    std::int64_t size_ = 0, used_ = 0;
};

struct BoundInput {
    StridedView view;
    std::int64_t width;
    int index;                    // in Program
    std::byte* packed = nullptr;  // a block; for a periodic input two, filled once
    std::int64_t period = 0;      // when the whole pattern fits a block
};

struct BoundTarget {
    const Target* target;
    std::int64_t width;
    StridedView view;            // of a strided target
    std::byte* place = nullptr;  // where the current block goes directly, if it may
};

bool any_negative(const void* values, DType t, std::int64_t n) {
    const auto test = [&](auto zero) {
        const auto* p = static_cast<const decltype(zero)*>(values);
        return std::any_of(p, p + n, [](auto v) { return v < 0; });
    };
    switch (t) {
        case DType::int8:
            return test(std::int8_t{});
        case DType::int16:
            return test(std::int16_t{});
        case DType::int32:
            return test(std::int32_t{});
        default:
            return test(std::int64_t{});
    }
}

std::int64_t next_end(std::int64_t first, std::int64_t last, std::int64_t align) {
    if (align <= 0) return std::min(first + kBlock, last);
    const std::int64_t segment = first / align * align;
    if (align <= kBlock) return std::min(segment + kBlock / align * align, last);
    const std::int64_t inside = (first - segment) / kBlock * kBlock + kBlock;
    return std::min(segment + std::min(inside, align), last);
}

}  // namespace

struct Evaluator::State {
    Arena arena;
    std::vector<BoundInput> inputs;
    std::vector<BoundTarget> targets;
    std::array<std::vector<Value>, 4> values;  // by Slot::Kind
    std::vector<std::byte*> registers;
    std::array<std::byte*, 4> splats{};
    std::vector<std::byte*> constant_blocks;  // made when first needed
    std::byte* staging = nullptr;             // an output on its way to a target that is not in place
    const Program* program = nullptr;
    const Sink* sink = nullptr;
    std::int64_t first = 0;

    Value& value(Slot slot) {
        return values[static_cast<std::size_t>(slot.kind)][static_cast<std::size_t>(slot.index)];
    }

    void bind(const Program& p, const Shape& extents, std::span<const StridedInput> ins, const Sink& s,
              std::int64_t elements);
    void bind_scratch(std::int64_t elements);
    void load_inputs(std::int64_t at, std::int64_t n);
    void place_targets(std::int64_t at, std::int64_t n);
    void execute(const Instruction& ins, std::int64_t n);
    const std::byte* repeated(Slot slot, DType t, std::size_t argument, std::int64_t n);
    void deliver(std::size_t output, std::int64_t at, std::int64_t n);
};

void Evaluator::State::bind(const Program& p, const Shape& extents, std::span<const StridedInput> ins, const Sink& s,
                            std::int64_t elements) {
    if (ins.size() != static_cast<std::size_t>(p.inputs()) ||
        s.targets.size() != static_cast<std::size_t>(p.outputs())) {
        throw ArgumentError("cannot run the program",
                            "it has " + std::to_string(p.inputs()) + " inputs and " + std::to_string(p.outputs()) +
                                " outputs, but " + std::to_string(ins.size()) + " and " +
                                std::to_string(s.targets.size()) + " were given",
                            "give one for each");
    }
    program = &p;
    sink = &s;
    inputs.clear();
    targets.clear();
    for (int i = 0; i < p.inputs(); ++i) {
        if (!p.uses_input(i)) continue;
        const StridedInput& in = ins[static_cast<std::size_t>(i)];
        const auto width = static_cast<std::int64_t>(size_of(p.input_dtype(i)));
        // Never written through: a view of an input is only packed from.
        inputs.push_back({StridedView(const_cast<std::byte*>(in.base), extents, in.strides, width), width, i});
    }
    for (int o = 0; o < p.outputs(); ++o) {
        const Target& t = s.targets[static_cast<std::size_t>(o)];
        const auto width = static_cast<std::int64_t>(size_of(p.output_dtype(o)));
        const StridedView view = t.base != nullptr ? StridedView(t.base, extents, t.strides, width)
                                                   : StridedView(nullptr, Shape{}, Shape{}, width);
        targets.push_back({&t, width, view});
    }
    bind_scratch(elements);
}

void Evaluator::State::bind_scratch(std::int64_t elements) {
    constexpr std::int64_t kWidest = kBlock * 16 + kPadding;
    std::int64_t widest = 1;
    for (const Instruction& ins : program->instructions()) {
        widest = std::max(widest, static_cast<std::int64_t>(size_of(ins.result)));
    }
    const std::int64_t register_bytes = kBlock * widest + kPadding;
    std::int64_t total = register_bytes * program->registers() + 5 * kWidest;
    for (const BoundInput& in : inputs) total += 2 * kBlock * in.width + kPadding;
    for (const Scalar& constant : program->constants()) {
        total += 16 + kBlock * static_cast<std::int64_t>(size_of(constant.dtype)) + kPadding;
    }
    arena.reserve(total);
    registers.clear();
    for (int r = 0; r < program->registers(); ++r) registers.push_back(arena.take(register_bytes));
    for (BoundInput& in : inputs) {
        in.packed = arena.take(2 * kBlock * in.width + kPadding);
        // Worth it for several blocks, which also are sure to touch the whole pattern.
        in.period = elements > 2 * kBlock && in.view.period() <= kBlock ? in.view.period() : 0;
        if (in.period > 0) in.view.pack(0, in.period, in.packed);
        for (std::int64_t filled = in.period; in.period > 0 && filled < in.period + kBlock;) {
            const std::int64_t n = std::min(filled, in.period + kBlock - filled);
            std::memcpy(in.packed + filled * in.width, in.packed, static_cast<std::size_t>(n * in.width));
            filled += n;
        }
    }
    for (auto& splat : splats) splat = arena.take(kWidest);
    staging = arena.take(kWidest);
    values[static_cast<std::size_t>(Slot::Kind::input)].assign(static_cast<std::size_t>(program->inputs()), {});
    values[static_cast<std::size_t>(Slot::Kind::reg)].assign(registers.size(), {});
    auto& constants = values[static_cast<std::size_t>(Slot::Kind::constant)];
    constants.clear();
    for (const Scalar& constant : program->constants()) {
        std::byte* place = arena.take(16);
        constant.store(place);
        constants.push_back({place, true});
    }
    constant_blocks.assign(constants.size(), nullptr);
}

void Evaluator::State::load_inputs(std::int64_t at, std::int64_t n) {
    auto& loaded = values[static_cast<std::size_t>(Slot::Kind::input)];
    for (BoundInput& in : inputs) {
        Value& value = loaded[static_cast<std::size_t>(in.index)];
        std::byte* place = nullptr;
        if (in.view.repeats(at, n, place)) {
            value = {place, true};
        } else if ((place = in.view.contiguous(at, n)) != nullptr) {
            value = {place, false};
        } else if (in.period > 0) {
            value = {in.packed + at % in.period * in.width, false};
        } else {
            in.view.pack(at, n, in.packed);
            value = {in.packed, false};
        }
    }
}

void Evaluator::State::place_targets(std::int64_t at, std::int64_t n) {
    for (BoundTarget& t : targets) {
        t.place = nullptr;
        if (t.target->dense != nullptr && !sink->stream) t.place = t.target->dense + (at - first) * t.width;
        if (t.target->base != nullptr) t.place = t.view.contiguous(at, n);
    }
}

void Evaluator::State::execute(const Instruction& ins, std::int64_t n) {
    const auto arity = static_cast<std::size_t>(ins.arity);
    std::array<const void*, 4> arguments{};
    unsigned mask = 0;
    for (std::size_t k = 0; k < arity; ++k) {
        const Value& v = value(ins.arguments[k]);
        arguments[k] = v.data;
        mask |= (v.single ? 1u : 0u) << k;
    }
    const auto target = static_cast<std::size_t>(ins.target);
    const bool single = mask == (1u << arity) - 1;
    std::byte* out = registers[target];
    if (single) n = 1;
    if (!single && ins.output >= 0 && targets[static_cast<std::size_t>(ins.output)].place != nullptr) {
        out = targets[static_cast<std::size_t>(ins.output)].place;
    }
    kernels::Kernel kernel = ins.kernels == nullptr ? nullptr : ins.kernels->variants[single ? 0 : mask];
    if (!single && mask != 0 && kernel == nullptr) {
        for (std::size_t k = 0; k < arity; ++k) {
            if ((mask >> k & 1u) != 0) arguments[k] = repeated(ins.arguments[k], ins.types[k], k, n);
        }
        if (ins.kernels != nullptr) kernel = ins.kernels->variants[0];
    }
    if (ins.checks_exponent && any_negative(arguments[1], ins.types[1], n)) {
        throw_negative_exponent();
    }
    if (ins.kernel4 != nullptr) {
        ins.kernel4(arguments[0], arguments[1], arguments[2], arguments[3], out, n);
    } else {
        kernel(arguments[0], arguments[1], arguments[2], out, n);
    }
    values[static_cast<std::size_t>(Slot::Kind::reg)][target] = {out, single};
}

// A block of a single value, for a kernel that takes no single argument there. A constant's is kept for the run.
const std::byte* Evaluator::State::repeated(Slot slot, DType t, std::size_t argument, std::int64_t n) {
    const auto width = static_cast<std::int64_t>(size_of(t));
    if (slot.kind != Slot::Kind::constant) {
        kernels::splat(value(slot).data, size_of(t), splats[argument], n);
        return splats[argument];
    }
    std::byte*& kept = constant_blocks[static_cast<std::size_t>(slot.index)];
    if (kept == nullptr) {
        kept = arena.take(kBlock * width + kPadding);
        kernels::splat(value(slot).data, size_of(t), kept, kBlock);
    }
    return kept;
}

void Evaluator::State::deliver(std::size_t output, std::int64_t at, std::int64_t n) {
    const BoundTarget& t = targets[output];
    Value v = value(program->results()[output].value);
    if (!v.single && t.place == v.data) return;
    const auto bytes = n * t.width;
    if (v.single) {
        std::byte* place = t.place != nullptr ? t.place : staging;
        kernels::splat(v.data, static_cast<std::size_t>(t.width), place, n);
        if (t.place != nullptr) return;
        v.data = staging;
    }
    if (t.place != nullptr) {
        std::memcpy(t.place, v.data, static_cast<std::size_t>(bytes));
    } else if (t.target->consumer != nullptr) {
        t.target->consumer(t.target->context, static_cast<int>(output), v.data, at, n);
    } else if (t.target->dense != nullptr) {
        kernels::stream_copy(v.data, t.target->dense + (at - first) * t.width, bytes);
    } else {
        t.view.unpack(at, n, v.data);
    }
}

Evaluator::Evaluator() : state_(std::make_unique<State>()) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

void Evaluator::run(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                    std::int64_t first, std::int64_t last, const Sink& sink) {
    if (first >= last) return;
    state_->bind(program, extents, inputs, sink, last - first);
    state_->first = first;
    for (std::int64_t at = first, end; at < last; at = end) {
        end = next_end(at, last, sink.block_align);
        state_->load_inputs(at, end - at);
        state_->place_targets(at, end - at);
        for (const Instruction& ins : program.instructions()) state_->execute(ins, end - at);
        for (std::size_t o = 0; o < state_->targets.size(); ++o) state_->deliver(o, at, end - at);
    }
    if (sink.stream) kernels::stream_fence();
}

}  // namespace heddle::expr
