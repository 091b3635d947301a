#pragma once

#include <vector>

#include "host/array/pass_parts.hpp"
#include "host/expr/cuda_histogram.hpp"
#include "kernels/histogram.hpp"

namespace heddle::array {

// Runs a group's program on one piece of a tile.
class Pass::Runner {
public:
    Runner(Pass& pass, Group& group, Tile& tile, const detail::Operand* operands)
        : pass_(pass), group_(group), tile_(tile), operands_(operands) {}

    // The accesses of the group's task for this tile, filled into the tile's operand indices and regions too.
    static std::vector<AnyAccess> accesses(const Group& group, Tile& tile);
    void run(const Piece& piece);

    // With the operands of one device: the launch that computes the whole tile, and what its form depends on. Of maps
    // the form is without rows.
    expr::ReduceLaunch bind() const;
    // Enqueues zeros for what the launch adds to.
    void clear(const GpuStream& where) const;
    // The kernel for launches of that form.
    static expr::CudaKernel make_kernel(const Group& group, const expr::ReduceForm& form);
    void lay_out(Shape& extents, std::vector<Shape>& strides) const;
    bool is_laid_out(const Shape& extents, const std::vector<Shape>& strides) const;

private:
    struct Consumption;

    expr::StridedInput input_at(std::size_t index, const Box& box) const;
    expr::ReduceLaunch bind_leaves(std::vector<expr::StridedInput>& inputs) const;
    // What a device's part of the tile goes to; the word for errors, or null.
    const detail::Operand& part(std::size_t output = 0) const {
        return operands_[tile_.operands[group_.inputs.size() + output]];
    }
    void* error() const { return tile_.error < 0 ? nullptr : operands_[tile_.error].data; }
    expr::StridedOutput output_at(std::size_t index, const Box& box) const;
    expr::Target target_of(std::size_t index, const Box& box, Consumption& consumption) const;
    ReduceState& state_of(Output& output, const Piece& piece) const;
    void evaluate(const Box& piece_box, std::vector<Consumption>& consumptions, int worker);
    bool only_maps() const;
    bool copy(const Box& box) const;
    Shape block_of(const Box& box) const;
    void evaluate_maps(const Box& box, std::vector<Consumption>& consumptions, int worker);
    void evaluate_box(const Box& box, std::int64_t offset, std::vector<Consumption>& consumptions, int worker);
    bool streams() const;
    void finish(Output& output, std::size_t index, Consumption& consumption, const Box& box);

    Pass& pass_;
    Group& group_;
    Tile& tile_;
    const detail::Operand* operands_;
};

// Where the blocks of one output go, beside memory.
struct Pass::Runner::Consumption {
    std::optional<BoxReduction> reduction;
    const kernels::Bins* bins = nullptr;
    DType binned = DType::float64;
    std::vector<std::int64_t> counts;
    std::int64_t offset = 0;  // of the running evaluation in the piece

    static void consume(void* context, int, const void* values, std::int64_t offset, std::int64_t n) {
        auto& self = *static_cast<Consumption*>(context);
        if (self.reduction)
            self.reduction->take(values, self.offset + offset, n);
        else
            kernels::count_bins(*self.bins, self.binned, values, n, self.counts.data());
    }
};

// Turns the finished tree of the outputs that `box` covers into values of the output's buffer; `operand` is the view of
// the region that belongs to `region_box`.
void finalize(Pass::Output& output, ReduceState& state, const Box& box, const detail::Operand& operand,
              const Box& region_box);

// Counts what is not finite in a tile on its way to a sink, where no task that computed it did.
void count_where_written(const Pass::Output& output, const void* values, const Box& box);

// Adds those of n values that are NaN or infinite. Any thread.
void count_non_finite(DType dtype, const void* values, std::int64_t n, TargetStats& stats);

// Copies dense values in C order to where they are `strides` bytes apart.
void store_block(const void* values, const Shape& extents, const Shape& strides, std::size_t width, void* to);

void submit_zero(Scope& scope, AnyBuffer& counts);

}  // namespace heddle::array
