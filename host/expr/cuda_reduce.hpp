#pragma once

#include "host/expr/cuda_source.hpp"

// Reductions as CUDA C, in the CPU's tree: leaves and their lanes as kernels/reduce_loops.hpp folds them, joined as an
// aligned binary tree over their numbers (host/array/reduce_tree.hpp). States have the bytes of the CPU's.
namespace heddle::expr {

// `element` is the type that make_reducer is given.
struct Reduction {
    kernels::Reduce reduce = kernels::Reduce::sum;
    bool skip_nan = false;
    DType element = DType::float64;
};

struct ReduceForm {
    KernelForm form;   // of the inputs; it has no outputs
    int row_rank = 0;  // axes before the rows that make leaves
    friend bool operator==(const ReduceForm&, const ReduceForm&) = default;
};

// Of several reductions at once; the program has an output for each, of its Reducer::input. DTypeError:
// reason_not_generated's, or no such reduction.
CudaKernel make_cuda_leaves(const Program& program, const ReduceForm& form, std::span<const Reduction> reductions,
                            const std::string& entry = "heddle_leaves");
CudaKernel make_cuda_columns(const Program& program, const ReduceForm& form, std::span<const Reduction> reductions,
                             const std::string& entry = "heddle_columns");

struct ReduceLaunch {
    ReduceForm form;
    std::vector<std::byte> parameters;
    std::int64_t work = 0;  // threads that have something to do
};

// An iteration space as rows of `row_length` neighbouring elements, each cut into leaves of `leaf` elements (at most
// kLeaf), of which the last may be shorter. The row is what follows the first axes; along these, how the number of a
// row's first element within its output grows, and the place of the state of its first leaf. Leaf l of a row is
// states[place + l], of each reduction's. Axes may be put in any order beforehand, strides being free: those that stay
// first.
struct RowLeaves {
    std::int64_t row_length = 0, leaf = 0;
    Shape numbers, places;
    std::int64_t first_number = 0;  // of element (0, 0, …)
};
ReduceLaunch bind_leaves(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                         const RowLeaves& rows, std::span<void* const> states, void* error = nullptr);

// An iteration space as [reduced][columns]: a column's elements are taken one after the other, as Reducer::accumulate
// does, and each `period` of them is cut into leaves of `leaf`, of which the last may be shorter. Leaf l of column c is
// states[c * column_leaves(…) + l], of each reduction's.
struct ColumnLeaves {
    std::int64_t columns = 0, leaf = 0, period = 0;
    std::int64_t first_number = 0;
};
std::int64_t column_leaves(const ColumnLeaves& columns, const Shape& extents);
ReduceLaunch bind_columns(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                          const ColumnLeaves& columns, std::span<void* const> states, void* error = nullptr);

}  // namespace heddle::expr
