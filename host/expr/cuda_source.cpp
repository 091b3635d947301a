#include "host/expr/cuda_source.hpp"

#include <fmt/format.h>

#include "heddle/error.hpp"
#include "host/expr/cuda_text.hpp"
#include "kernels/device_headers.hpp"

namespace heddle::expr {
namespace {

// Whether the device's result has the CPU's bits (or is a NaN as the CPU's).
bool has_device_form(Op op, DType compute) {
    // Complex functions are libm's.
    if (op >= Op::exp && op <= Op::sigmoid) return !is_complex(compute);
    switch (op) {
        case Op::power:
        case Op::sqrt:
        case Op::sign:
            return !is_complex(compute);
        default:
            return true;
    }
}

// Whether a value's sign is the CPU's even where it is a NaN: for what is read, or made from what has no NaN.
bool has_known_sign(const Program& program, const Instruction& user, std::size_t argument) {
    const Slot slot = user.arguments[argument];
    if (slot.kind != Slot::Kind::reg) return true;
    const Instruction* maker = nullptr;
    for (const Instruction& ins : program.instructions()) {
        if (&ins == &user) break;
        if (ins.target == slot.index) maker = &ins;
    }
    // float16 widens by its bits.
    return maker != nullptr && maker->form == Form::cast &&
           (!is_float(maker->types[0]) || size_of(maker->types[0]) == 2) && !is_complex(maker->types[0]);
}

std::string lacks(Op op, DType compute) {
    return fmt::format("{} of {} has no device form with the CPU's bits yet", name_of(op), name_of(compute));
}

}  // namespace

std::optional<std::string> reason_not_generated(const Program& program) {
    for (const Instruction& ins : program.instructions()) {
        // Pairs and triples hold basic arithmetic only.
        if (ins.form != Form::op) continue;
        const Op op = ins.ops[0];
        const DType compute = ins.types[static_cast<std::size_t>(arity_of(op) - 1)];
        if (!has_device_form(op, compute)) return lacks(op, compute);
        if (op == Op::copysign && !has_known_sign(program, ins, 1)) {
            return fmt::format(
                "copysign of {} takes the sign of a computed value, which may be a NaN: devices do not keep "
                "a NaN's sign",
                name_of(compute));
        }
    }
    return std::nullopt;
}

void check_generated(const Program& program) {
    if (const auto reason = reason_not_generated(program))
        throw DTypeError("cannot make a kernel of the program", *reason, "run it on the CPU");
}

CudaKernel make_cuda_source(const Program& program, const KernelForm& form, const std::string& entry) {
    check_generated(program);
    std::string text = begin_text("kernels/device_access.hpp", entry) + index_type(form.index) +
                       "struct Parameters {\n" + constant_fields(program) +
                       "std::uint64_t count;\n    std::uint64_t packs;\n    std::uint32_t* error;\n" +
                       operand_fields(program, form) + "};\n" + map_struct(program, form);
    return end_text(
        std::move(text), entry,
        fmt::format("    device::map<{}, {}, Map, Index>(p);\n", pack_length(program, form), turns_of(form)));
}

std::vector<std::string> cuda_options() {
    // A product and a sum are two roundings on the CPU.
    return {"--std=c++20", "--fmad=false", "-default-device"};
}

std::vector<std::pair<std::string, std::string>> cuda_headers() {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const kernels::DeviceHeader& header : kernels::device_headers())
        headers.emplace_back(header.name, header.text);
    return headers;
}

}  // namespace heddle::expr
