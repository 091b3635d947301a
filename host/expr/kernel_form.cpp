#include "host/expr/kernel_form.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "heddle/error.hpp"

namespace heddle::expr {
namespace {

using Operand = OperandLayout::Operand;

bool by_coordinates(Reach reach) { return reach >= Reach::rows; }

Reach reach_of(const Shape& extents, const Shape& strides, std::int64_t width) {
    bool single = true, dense = true;
    std::int64_t next = width;
    for (int axis = extents.rank() - 1; axis >= 0; --axis) {
        if (extents[axis] == 1) continue;
        single &= strides[axis] == 0;
        dense &= strides[axis] == next;
        next *= extents[axis];
    }
    return single ? Reach::single : dense ? Reach::dense : Reach::strided;
}

// Neighbouring axes become one where every operand with coordinates allows it.
void collapse(const Shape& extents, std::vector<Operand>& operands, std::vector<std::int64_t>& axes) {
    for (int axis = 0; axis < extents.rank(); ++axis) {
        if (extents[axis] == 1) continue;
        const bool joins = !axes.empty() && std::all_of(operands.begin(), operands.end(), [&](const Operand& o) {
            return o.reach != Reach::strided || o.strides.back() == o.given[axis] * extents[axis];
        });
        if (joins) {
            axes.back() *= extents[axis];
        } else {
            axes.push_back(extents[axis]);
        }
        for (Operand& o : operands) {
            if (o.reach != Reach::strided) continue;
            if (joins) o.strides.pop_back();
            o.strides.push_back(o.given[axis]);
        }
    }
    for (Operand& o : operands) {
        if (o.reach != Reach::strided) continue;
        if (o.strides.back() == o.width) o.reach = Reach::rows;
        if (o.strides.back() == 0) o.reach = Reach::repeats;
    }
}

void check_count(std::string_view what, std::size_t given, int wanted) {
    if (given == static_cast<std::size_t>(wanted)) return;
    throw ArgumentError(
        "cannot launch the program",
        "it has " + std::to_string(wanted) + " " + std::string(what) + ", but " + std::to_string(given) + " were given",
        "give one for each");
}

}  // namespace

std::string to_string(const KernelForm& form) {
    constexpr std::string_view kNames = "-d1r0s";
    std::string text;
    for (Reach r : form.inputs) text += kNames[static_cast<std::size_t>(r)];
    text += '>';
    for (Reach r : form.outputs) text += kNames[static_cast<std::size_t>(r)];
    return text + '/' + std::to_string(form.rank) + (form.index == IndexBits::b32 ? "/32" : "/64");
}

int pack_length(const Program& program, const KernelForm& form) {
    std::size_t widest = 0;
    const auto see = [&](Reach reach, DType t) {
        if (reach == Reach::dense || reach == Reach::rows) widest = std::max(widest, size_of(t));
        return reach != Reach::strided;
    };
    bool possible = true;
    for (int i = 0; i < program.inputs(); ++i)
        possible &= see(form.inputs[static_cast<std::size_t>(i)], program.input_dtype(i));
    for (std::size_t o = 0; o < form.outputs.size(); ++o)
        possible &= see(form.outputs[o], program.output_dtype(static_cast<int>(o)));
    return possible && widest > 0 ? static_cast<int>(16 / widest) : 1;
}

OperandLayout::OperandLayout(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                             std::span<const StridedOutput> outputs)
    : count(extents.count()) {
    check_count("inputs", inputs.size(), program.inputs());
    for (int i = 0; i < program.inputs(); ++i) {
        const StridedInput& in = inputs[static_cast<std::size_t>(i)];
        const auto width = static_cast<std::int64_t>(size_of(program.input_dtype(i)));
        operands.push_back({program.uses_input(i) ? reach_of(extents, in.strides, width) : Reach::unused,
                            in.base,
                            width,
                            in.strides,
                            {}});
    }
    for (std::size_t o = 0; o < outputs.size(); ++o) {
        const auto width = static_cast<std::int64_t>(size_of(program.output_dtype(static_cast<int>(o))));
        Reach reach = reach_of(extents, outputs[o].strides, width);
        // A single element written is a dense one.
        if (reach == Reach::single) reach = Reach::dense;
        operands.push_back({reach, outputs[o].base, width, outputs[o].strides, {}});
    }
    collapse(extents, operands, axes);
    bool coordinates = false;
    for (std::size_t k = 0; k < operands.size(); ++k) {
        coordinates |= by_coordinates(operands[k].reach);
        (k < inputs.size() ? form.inputs : form.outputs).push_back(operands[k].reach);
    }
    form.rank = coordinates ? static_cast<int>(axes.size()) : 0;
    form.index = count < std::int64_t{1} << 31 ? IndexBits::b32 : IndexBits::b64;
}

bool OperandLayout::allows_packs(int n) const {
    if (form.rank > 0 && axes.back() % n != 0) return false;
    return std::all_of(operands.begin(), operands.end(), [n](const Operand& o) {
        const auto aligned = [size = n * o.width](std::int64_t bytes) { return bytes % size == 0; };
        if (o.reach == Reach::dense) return aligned(reinterpret_cast<std::int64_t>(o.base));
        if (o.reach != Reach::rows) return o.reach != Reach::strided;
        return aligned(reinterpret_cast<std::int64_t>(o.base)) &&
               std::all_of(o.strides.begin(), o.strides.end() - 1, aligned);
    });
}

void OperandLayout::write(ParameterWriter& writer) const {
    for (std::size_t axis = 1; axis < static_cast<std::size_t>(form.rank); ++axis) writer.divider(axes[axis]);
    for (const Operand& o : operands) {
        if (o.reach == Reach::unused) continue;
        writer.address(o.base);
        if (!by_coordinates(o.reach)) continue;
        for (std::int64_t stride : o.strides) writer.word(static_cast<std::uint64_t>(stride));
    }
}

void ParameterWriter::word(std::uint64_t value) {
    const auto at = bytes_.size();
    bytes_.resize(at + sizeof(value));
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
}

void ParameterWriter::constant(const Scalar& value) {
    const auto at = bytes_.size();
    bytes_.resize(at + 16);
    value.store(bytes_.data() + at);
}

void ParameterWriter::divider(std::int64_t divisor) {
    word(static_cast<std::uint64_t>(divisor));
    std::uint64_t factor = 0, shift = 0;
    if (divisor < std::int64_t{1} << 31) {
        // floor(2^32 (2^shift - d) / d) + 1, with 2^shift the first power of two that is not below d.
        const auto d = static_cast<std::uint64_t>(divisor);
        shift = static_cast<std::uint64_t>(std::bit_width(d - 1));
        factor = (((std::uint64_t{1} << shift) - d) << 32) / d + 1;
    }
    word((factor & 0xffffffffu) | shift << 32);
}

std::vector<std::byte> ParameterWriter::take() {
    bytes_.resize((bytes_.size() + 15) / 16 * 16);
    return std::move(bytes_);
}

KernelLaunch bind_kernel(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                         std::span<const StridedOutput> outputs, void* error) {
    check_count("outputs", outputs.size(), program.outputs());
    const OperandLayout layout(program, extents, inputs, outputs);
    KernelLaunch launch{layout.form, {}, 0};
    if (layout.count == 0) return launch;
    const int n = pack_length(program, layout.form);
    const std::int64_t packs = n > 1 && layout.allows_packs(n) ? layout.count / n : 0;
    ParameterWriter writer;
    for (const Scalar& value : program.constants()) writer.constant(value);
    writer.word(static_cast<std::uint64_t>(layout.count));
    writer.word(static_cast<std::uint64_t>(packs));
    writer.address(error);
    layout.write(writer);
    launch.parameters = writer.take();
    launch.work = std::max(packs, layout.count - packs * n);
    return launch;
}

}  // namespace heddle::expr
