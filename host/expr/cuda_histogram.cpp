#include "host/expr/cuda_histogram.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/expr/cuda_text.hpp"

namespace heddle::expr {
namespace {

// Words of shared memory for the counts of a block: of the two sizes that there are kernels for, the least that holds
// all bins, else none. Static shared memory ends at 48 KiB.
int shared_words(const KernelForm& form, std::int64_t bins) {
    if (form.index == IndexBits::b64) return 0;
    return bins <= 2048 ? 2048 : bins <= 8192 ? 8192 : 0;
}

}  // namespace

CudaKernel make_cuda_histogram(const Program& program, const ReduceForm& form, std::int64_t bins,
                               const std::string& entry) {
    check_generated(program);
    const int words = shared_words(form.form, bins);
    std::string text = begin_text("kernels/device_histogram.hpp", entry) + index_type(form.form.index) +
                       "struct Parameters {\n" + constant_fields(program) +
                       "std::uint64_t count;\n    std::uint64_t packs;\n    std::uint32_t* error;\n"
                       "    const std::uint8_t* bins;\n    std::uint8_t* counts;\n" +
                       operand_fields(program, form.form) + "};\n" + map_struct(program, form.form);
    const std::string shared = words == 0 ? "" : fmt::format("    __shared__ std::uint32_t counts[{}];\n", words);
    return end_text(
        std::move(text), entry,
        fmt::format("{}    device::histogram<{}, {}, {}, Map, Index>(p, {});\n", shared,
                    pack_length(program, form.form), turns_of(form.form), words, words == 0 ? "nullptr" : "counts"));
}

ReduceLaunch bind_histogram(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                            const void* bins, void* counts, void* error) {
    const OperandLayout layout(program, extents, inputs, {});
    ReduceLaunch launch{{layout.form, 0}, {}, 0};
    if (layout.count == 0) return launch;
    const int n = pack_length(program, layout.form);
    const std::int64_t packs = n > 1 && layout.allows_packs(n) ? layout.count / n : 0;
    ParameterWriter writer;
    for (const Scalar& value : program.constants()) writer.constant(value);
    writer.word(static_cast<std::uint64_t>(layout.count));
    writer.word(static_cast<std::uint64_t>(packs));
    writer.address(error);
    writer.address(bins);
    writer.address(counts);
    layout.write(writer);
    launch.parameters = writer.take();
    launch.work = std::max(packs, layout.count - packs * n);
    return launch;
}

}  // namespace heddle::expr
