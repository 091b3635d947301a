#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/expr/scalar.hpp"
#include "host/expr/typing.hpp"
#include "kernels/elementwise.hpp"

namespace heddle::expr {

// Where an instruction's argument lies.
struct Slot {
    enum class Kind : std::uint8_t { none, input, constant, reg };
    Kind kind = Kind::none;
    std::int32_t index = 0;
};

// What one kernel call computes, from up to four arguments a, b, c, d. The nestings say on which side of ops[1] and
// ops[2] the part before stands.
enum class Form : std::uint8_t {
    op,        // ops[0](a, b, c)
    cast,      // a
    pair,      // ops[1](ops[0](a, b), c)
    balanced,  // ops[2](ops[0](a, b), ops[1](c, d))
    chain,     // ops[2](ops[1](ops[0](a, b), c), d)
};

// One kernel call over a block.
struct Instruction {
    Form form = Form::op;
    std::array<Op, 3> ops{};
    std::array<kernels::Nesting, 2> nestings{};
    const kernels::KernelSet* kernels = nullptr;  // of op, cast and pair
    kernels::Kernel4 kernel4 = nullptr;           // of balanced and chain
    std::int32_t arity = 0;
    std::array<Slot, 4> arguments{};
    std::array<DType, 4> types{};  // of the arguments
    DType result = DType::float64;
    std::int32_t target = 0;       // register
    std::int32_t output = -1;      // the output that this instruction may write in place, if any
    bool checks_exponent = false;  // an integer power: a negative exponent is an error
};

// What an output is made of: an instruction's register, or an input or constant as it is.
struct Output {
    Slot value;
    DType dtype;
};

// A fused elementwise computation: several outputs over several inputs, a straight line of kernel calls over blocks
// that stay in the L1 cache. Made by ProgramBuilder; immutable, so any thread may use it at the same time.
class Program {
public:
    int inputs() const { return static_cast<int>(inputs_.size()); }
    int outputs() const { return static_cast<int>(outputs_.size()); }
    DType input_dtype(int i) const { return inputs_[static_cast<std::size_t>(i)]; }
    DType output_dtype(int i) const { return outputs_[static_cast<std::size_t>(i)].dtype; }
    // Whether any output depends on the input; one that is not used need not be read.
    bool uses_input(int i) const { return used_[static_cast<std::size_t>(i)]; }
    // A rough count of arithmetic operations per element: 1 for an addition, tens for a logarithm.
    double cost() const { return cost_; }
    // Whether it has an integer power whose exponents may be negative, which is an error.
    bool checks_exponents() const;
    // One line per kernel call, for people.
    std::string to_string() const;

    const std::vector<Instruction>& instructions() const { return instructions_; }
    const std::vector<Output>& results() const { return outputs_; }
    const std::vector<Scalar>& constants() const { return constants_; }
    int registers() const { return registers_; }

private:
    friend class Lowering;
    std::vector<DType> inputs_;
    std::vector<bool> used_;
    std::vector<Scalar> constants_;
    std::vector<Instruction> instructions_;
    std::vector<Output> outputs_;
    int registers_ = 0;
    double cost_ = 0;
};

// ArgumentError: of integers to negative powers, wherever they were found.
[[noreturn]] void throw_negative_exponent();

// Builds a Program: each call returns the number of a value, which later calls take as argument. Equal values get the
// same number, constants are folded at once. One thread at a time.
class ProgramBuilder {
public:
    int input(DType dtype);
    int constant(const Scalar& value);
    // A Python number, which takes the type of the operands beside it in apply_promoted.
    int weak_constant(const Scalar& value);
    // The arguments must have the types that resolve() names; DTypeError otherwise.
    int apply(Op op, int a, int b = -1, int c = -1);
    // The same after NumPy's promotion. DTypeError: no such operation on these types. ArgumentError: a weak integer out
    // of range, or a negative constant power of integers.
    int apply_promoted(Op op, int a, int b = -1, int c = -1);
    // NumPy's astype. A float that an integer cannot hold gives what x86-64 gives: see kernels/cast.hpp.
    int cast(int value, DType to);

    DType dtype(int value) const { return nodes_[static_cast<std::size_t>(value)].dtype; }
    bool is_constant(int value) const { return nodes_[static_cast<std::size_t>(value)].kind == Kind::constant; }
    // Only of a constant.
    const Scalar& constant_value(int value) const { return nodes_[static_cast<std::size_t>(value)].value; }
    OperandType operand_type(int value) const;

    // Declares the next output: the value, cast to `dtype`.
    void output(int value, DType dtype);
    // Everything that the outputs need, and no more. The builder may go on afterwards.
    Program build() const;

private:
    enum class Kind : std::uint8_t { input, constant, apply, cast };
    struct Node {
        Kind kind;
        DType dtype;
        Op op = Op::add;
        std::array<int, 3> arguments{-1, -1, -1};
        int input = -1;
        bool weak = false;
        Scalar value{};
    };
    friend class Lowering;

    int intern(const Node& node);
    int apply_resolved(Op op, std::array<int, 3> arguments, const Resolved& types);
    int rewrite(Op op, const std::array<int, 3>& arguments, DType compute);
    int rewrite_power(int base, int exponent, DType compute);
    int compare_exactly(Op op, int a, int b);
    int fold(const Node& node);

    std::vector<Node> nodes_;
    std::map<std::array<std::uint64_t, 5>, int> known_;
    std::vector<std::pair<int, DType>> outputs_;
    int inputs_ = 0;
};

}  // namespace heddle::expr
