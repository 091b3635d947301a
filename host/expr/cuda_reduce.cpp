#include "host/expr/cuda_reduce.hpp"

#include <fmt/format.h>

#include "heddle/error.hpp"
#include "host/expr/cuda_text.hpp"

namespace heddle::expr {
namespace {

using kernels::Reduce;

// The state that the CPU's make_… functions choose.
std::string state_type(const Reduction& r) {
    const bool skip = r.skip_nan && (is_float(r.element) || is_complex(r.element));
    const bool lowest = r.reduce == Reduce::min || r.reduce == Reduce::argmin;
    const std::string real = is_complex(r.element) ? "Complex<double>" : "double";
    const std::string exact = is_float(r.element) || is_complex(r.element) ? real
                              : is_unsigned(r.element)                     ? "std::uint64_t"
                                                                           : "std::int64_t";
    switch (r.reduce) {
        case Reduce::sum:
            return fmt::format("Sum<{}, {}>", exact, skip);
        case Reduce::prod:
            return fmt::format("Prod<{}, {}>", exact, skip);
        case Reduce::mean:
            return fmt::format("{}<{}>", skip ? "NanMean" : "Mean", real);
        case Reduce::var:
        case Reduce::std:
            return fmt::format("Variance<{}, {}, {}>", real, skip, r.reduce == Reduce::std);
        case Reduce::min:
        case Reduce::max:
            return fmt::format("Extreme<{}, {}, {}>", exact, lowest, skip);
        case Reduce::argmin:
        case Reduce::argmax:
            return fmt::format("ArgExtreme<{}, {}, {}>", exact, lowest, skip);
        default:
            return fmt::format("TruthOf<{}, Truth::{}, {}>", skip ? real : "bool", name_of(r.reduce), skip);
    }
}

std::string begin_code(std::span<const Reduction> reductions, const std::string& entry) {
    std::string text = begin_text("kernels/device_reduce.hpp", entry);
    for (const Reduction& r : reductions)
        text += fmt::format("static_assert(sizeof({}) == {});\n", state_type(r),
                            kernels::make_reducer(r.reduce, r.skip_nan, r.element).state_size);
    return text;
}

std::string state_types(std::span<const Reduction> reductions) {
    std::string text;
    for (const Reduction& r : reductions) text += ", " + state_type(r);
    return text;
}

std::string states_field(std::span<const Reduction> reductions) {
    return fmt::format("    std::uint8_t* states[{}];\n", reductions.size());
}

// A launch's layout, whose values are reduced instead of stored.
OperandLayout layout_of(const Program& program, const Shape& extents, std::span<const StridedInput> inputs) {
    return OperandLayout(program, extents, inputs, {});
}

}  // namespace

CudaKernel make_cuda_leaves(const Program& program, const ReduceForm& form, std::span<const Reduction> reductions,
                            const std::string& entry) {
    check_generated(program);
    std::string text = begin_code(reductions, entry) + index_type(form.form.index) + "struct Parameters {\n" +
                       constant_fields(program) +
                       "std::uint32_t* error;\n    std::uint64_t packs, rows, row_length, leaf, segments;\n"
                       "    std::int64_t first_number;\n" +
                       states_field(reductions);
    if (form.row_rank > 1) text += fmt::format("    device::Divider row_dividers[{}];\n", form.row_rank - 1);
    if (form.row_rank > 0) text += fmt::format("    std::int64_t numbers[{0}], places[{0}];\n", form.row_rank);
    text += operand_fields(program, form.form) + "};\n" + map_struct(program, form.form);
    return end_text(std::move(text), entry,
                    fmt::format("    device::leaves<{}, {}, Map, Index{}>(p);\n", pack_length(program, form.form),
                                form.row_rank, state_types(reductions)));
}

CudaKernel make_cuda_columns(const Program& program, const ReduceForm& form, std::span<const Reduction> reductions,
                             const std::string& entry) {
    check_generated(program);
    std::string text = begin_code(reductions, entry) + index_type(form.form.index) + "struct Parameters {\n" +
                       constant_fields(program) +
                       "std::uint32_t* error;\n    std::uint64_t columns, leaf, leaves, period, segments;\n"
                       "    std::int64_t first_number;\n" +
                       states_field(reductions);
    text += operand_fields(program, form.form) + "};\n" + map_struct(program, form.form);
    return end_text(std::move(text), entry, "    device::columns<Map, Index" + state_types(reductions) + ">(p);\n");
}

ReduceLaunch bind_leaves(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                         const RowLeaves& rows, std::span<void* const> states, void* error) {
    const OperandLayout layout = layout_of(program, extents, inputs);
    ReduceLaunch launch{{layout.form, rows.numbers.rank()}, {}, 0};
    if (layout.count == 0) return launch;
    const int n = pack_length(program, layout.form);
    const std::int64_t count = layout.count / rows.row_length, segments = (rows.row_length + rows.leaf - 1) / rows.leaf;
    const bool packs = n > 1 && layout.allows_packs(n) && (count == 1 || rows.row_length % n == 0) &&
                       (segments == 1 || rows.leaf % n == 0);
    ParameterWriter writer;
    for (const Scalar& value : program.constants()) writer.constant(value);
    writer.address(error);
    for (const std::int64_t value :
         {std::int64_t{packs}, count, rows.row_length, rows.leaf, segments, rows.first_number})
        writer.word(static_cast<std::uint64_t>(value));
    for (void* place : states) writer.address(place);
    for (int axis = 1; axis < rows.numbers.rank(); ++axis) writer.divider(extents[axis]);
    for (const Shape& strides : {rows.numbers, rows.places})
        for (const std::int64_t stride : strides) writer.word(static_cast<std::uint64_t>(stride));
    layout.write(writer);
    launch.parameters = writer.take();
    launch.work = (count * segments * (16 / n) + 31) / 32 * 32;
    return launch;
}

std::int64_t column_leaves(const ColumnLeaves& columns, const Shape& extents) {
    return extents.count() / columns.columns / columns.period * ((columns.period + columns.leaf - 1) / columns.leaf);
}

ReduceLaunch bind_columns(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                          const ColumnLeaves& columns, std::span<void* const> states, void* error) {
    const OperandLayout layout = layout_of(program, extents, inputs);
    ReduceLaunch launch{{layout.form, 0}, {}, 0};
    if (layout.count == 0) return launch;
    const std::int64_t leaves = column_leaves(columns, extents);
    ParameterWriter writer;
    for (const Scalar& value : program.constants()) writer.constant(value);
    writer.address(error);
    for (const std::int64_t value : {columns.columns, columns.leaf, leaves, columns.period,
                                     (columns.period + columns.leaf - 1) / columns.leaf, columns.first_number})
        writer.word(static_cast<std::uint64_t>(value));
    for (void* place : states) writer.address(place);
    layout.write(writer);
    launch.parameters = writer.take();
    launch.work = columns.columns * leaves;
    return launch;
}

}  // namespace heddle::expr
