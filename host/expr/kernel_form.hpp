#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/expr/evaluator.hpp"

// What a generated kernel's text depends on besides its program, and what a launch gives it.
namespace heddle::expr {

// Where an output's elements go, as StridedInput.
struct StridedOutput {
    std::byte* base = nullptr;
    Shape strides;
};

// How a kernel reaches an operand: side by side in the order of the elements; one for all; or by the coordinates of
// the form's axes, where along the innermost one the elements lie side by side, repeat, or neither.
enum class Reach : std::uint8_t { unused, dense, single, rows, repeats, strided };
enum class IndexBits : std::uint8_t { b32, b64 };

// Small enough to compare and to keep: launches of one program and form share a compiled kernel.
struct KernelForm {
    std::vector<Reach> inputs, outputs;
    int rank = 0;  // axes that coordinates are needed for; 0 where every operand is dense or single
    IndexBits index = IndexBits::b32;
    friend bool operator==(const KernelForm&, const KernelForm&) = default;
};
// "d1r>s/2/32": for keys and people.
std::string to_string(const KernelForm& form);

// Elements that a kernel of this form moves at once: what makes 16 bytes of the widest operand; 1 where none may.
int pack_length(const Program& program, const KernelForm& form);

// One launch: the form, and the kernel's only argument as bytes, in the order that cuda_source.cpp declares.
struct KernelLaunch {
    KernelForm form;
    std::vector<std::byte> parameters;
    std::int64_t work = 0;  // turns of the loop; more threads than this have nothing to do
};

// For the elements of `extents`. A negative exponent sets the 32-bit word at `error` (device memory) to 1; it may be
// null where Program has no instruction that checks one. An output may be the same memory as an input if the strides
// are the same, as for Evaluator::run. ArgumentError: counts that do not match the program.
KernelLaunch bind_kernel(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                         std::span<const StridedOutput> outputs, void* error = nullptr);

// The parts that bind_kernel shares with the reductions'. Appends 64-bit words.
class ParameterWriter {
public:
    void word(std::uint64_t value);
    void address(const void* p) { word(reinterpret_cast<std::uint64_t>(p)); }
    // As device::Divider: exact for dividends below 2^31 where the divisor is, too.
    void divider(std::int64_t divisor);
    void constant(const Scalar& value);
    // Padded to the struct's alignment.
    std::vector<std::byte> take();

private:
    std::vector<std::byte> bytes_;
};

// Where the operands of a launch lie: the axes that they need together, and each one's strides along these.
struct OperandLayout {
    OperandLayout(const Program& program, const Shape& extents, std::span<const StridedInput> inputs,
                  std::span<const StridedOutput> outputs);
    // Whether packs of n elements never leave a row, nor begin at an address that is not a multiple of their size.
    bool allows_packs(int n) const;
    // Dividers of the axes but the outermost, then each operand's address and strides.
    void write(ParameterWriter& writer) const;

    struct Operand {
        Reach reach = Reach::unused;
        const std::byte* base = nullptr;
        std::int64_t width = 0;
        Shape given;
        std::vector<std::int64_t> strides;  // along `axes`, of what is reached by coordinates
    };
    KernelForm form;
    std::int64_t count = 0;
    std::vector<std::int64_t> axes;
    std::vector<Operand> operands;  // inputs, then outputs
};

}  // namespace heddle::expr
