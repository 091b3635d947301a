#include "host/expr/cuda_source.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "heddle/error.hpp"
#include "tests/expr/cuda_support.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::expr {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t n) { return static_cast<std::size_t>(random() % n); }

// Equal bytes, or NaN on both sides: a device does not keep a NaN's sign and payload.
bool same_element(DType t, const std::byte* a, const std::byte* b) {
    return test::with_type(t, [&](auto zero) {
        using T = decltype(zero);
        T x, y;
        std::memcpy(&x, a, sizeof(T));
        std::memcpy(&y, b, sizeof(T));
        if constexpr (std::is_same_v<T, Half>) {
            const auto nan = [](Half h) { return (h.bits & 0x7fff) > 0x7c00; };
            return nan(x) ? nan(y) : x == y;
        } else {
            return test::same_value(x, y);
        }
    });
}

// An array with room around it, seen through strides over an iteration space.
struct Memory {
    DType dtype;
    std::vector<std::byte> bytes;
    Shape strides;
    std::int64_t origin = 0;  // in bytes
    std::byte* base() { return bytes.data() + origin; }
};

enum class Layouts { dense, any, injective };

// Dense, permuted, broadcast, reversed and stepped axes at random; not always aligned.
Memory random_memory(DType t, const Shape& extents, Layouts layouts, unsigned seed, Random& random) {
    Memory m{t, {}, Shape::filled(extents.rank(), 0), 0};
    const auto width = static_cast<std::int64_t>(size_of(t));
    std::vector<int> axes(static_cast<std::size_t>(extents.rank()));
    std::iota(axes.begin(), axes.end(), 0);
    if (layouts != Layouts::dense && below(random, 4) == 0) std::shuffle(axes.begin(), axes.end(), random);
    std::int64_t size = 1, origin = 0;
    const bool plain = layouts == Layouts::dense || below(random, 3) == 0;
    const bool single = layouts == Layouts::any && below(random, 8) == 0;
    for (auto it = axes.rbegin(); it != axes.rend(); ++it) {
        const auto kind = single ? 0 : plain ? 7 : below(random, 8);
        if (kind == 0 && layouts == Layouts::any) continue;
        const std::int64_t step = kind == 1 ? 2 : 1, extent = std::max<std::int64_t>(extents[*it], 1);
        m.strides[*it] = size * step * width;
        // Rows with a gap behind them, which keeps 16 bytes' alignment.
        size *= extent * step + (kind == 3 ? (16 - extent % 16) % 16 + 16 : 0);
        if (kind == 2) {
            origin += m.strides[*it] * (extent - 1);
            m.strides[*it] = -m.strides[*it];
        }
    }
    const std::int64_t shift = below(random, 3) == 0 ? static_cast<std::int64_t>(below(random, 16)) : 0;
    m.origin = origin + shift * width;
    const auto count = static_cast<std::size_t>(size + shift + 16);
    m.bytes = test::mixed_bytes(t, count, seed);
    return m;
}

// A value of a random type made by random operations; exponents are often negative, which is an error of its own.
int random_value(ProgramBuilder& b, const std::vector<int>& inputs, int depth, Random& random) {
    if (depth == 0 || below(random, 7) == 0) {
        if (below(random, 4) != 0) return inputs[below(random, inputs.size())];
        if (below(random, 2) == 0) return b.weak_constant(Scalar::of_int(static_cast<std::int64_t>(below(random, 5))));
        const auto t = static_cast<DType>(below(random, kDTypeCount));
        return b.constant(Scalar::of_float(static_cast<double>(below(random, 9)) / 2 - 2, t));
    }
    if (below(random, 5) == 0) {
        return b.cast(random_value(b, inputs, depth - 1, random), static_cast<DType>(below(random, kDTypeCount)));
    }
    const auto op = static_cast<Op>(below(random, kernels::kOps.size()));
    std::array<int, 3> x{-1, -1, -1};
    for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(op)); ++k)
        x[k] = random_value(b, inputs, depth - 1, random);
    try {
        return b.apply_promoted(op, x[0], x[1], x[2]);
    } catch (const Error&) {
        return x[0];  // not for these types
    }
}

Program random_program(Random& random) {
    for (;;) {
        ProgramBuilder b;
        std::vector<int> inputs;
        for (std::size_t i = 0, n = 1 + below(random, 4); i < n; ++i)
            inputs.push_back(b.input(static_cast<DType>(below(random, kDTypeCount))));
        for (std::size_t o = 0, n = 1 + below(random, 3); o < n; ++o) {
            const int value = random_value(b, inputs, 1 + static_cast<int>(below(random, 4)), random);
            const bool keep = below(random, 2) == 0;
            b.output(value, keep ? b.dtype(value) : static_cast<DType>(below(random, kDTypeCount)));
        }
        Program program = b.build();
        if (!program.instructions().empty() && !reason_not_generated(program)) return program;
    }
}

// Every operation that has a device form, on every type: those of a type are one program, a power is one of its own.
std::vector<Program> all_operations() {
    std::vector<Program> programs;
    const auto finish = [&](const ProgramBuilder& b) {
        programs.push_back(b.build());
        EXPECT_FALSE(reason_not_generated(programs.back()));
    };
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto type = static_cast<DType>(t);
        ProgramBuilder whole;
        const std::array<int, 4> x{whole.input(type), whole.input(type), whole.input(type),
                                   whole.input(DType::boolean)};
        for (std::size_t to = 0; to < kDTypeCount; ++to) whole.output(x[0], static_cast<DType>(to));
        for (std::size_t o = 0; o < kernels::kOps.size(); ++o) {
            const auto op = static_cast<Op>(o);
            const int arity = arity_of(op);
            const auto apply = [&](ProgramBuilder& b, int p, int q, int r, int s) {
                const int value = op == Op::where ? b.apply_promoted(op, s, p, q)
                                                  : b.apply_promoted(op, p, arity > 1 ? q : -1, arity > 2 ? r : -1);
                b.output(value, b.dtype(value));
            };
            try {
                ProgramBuilder alone;
                const int p = alone.input(type), q = alone.input(type), r = alone.input(type);
                apply(alone, p, q, r, alone.input(DType::boolean));
                const Program program = alone.build();
                if (reason_not_generated(program)) continue;
                if (op == Op::power) {
                    finish(alone);
                } else {
                    apply(whole, x[0], x[1], x[2], x[3]);
                }
            } catch (const DTypeError&) {
            }
        }
        finish(whole);
    }
    return programs;
}

// A program over memory of a shape, and what the CPU makes of it.
struct Case {
    std::size_t program;
    Shape extents;
    std::vector<Memory> inputs, outputs;
    std::size_t kernel = 0;
};

std::vector<StridedInput> inputs_of(Case& c) {
    std::vector<StridedInput> inputs;
    for (Memory& m : c.inputs) inputs.push_back({m.base(), m.strides});
    return inputs;
}
std::vector<StridedOutput> outputs_of(Case& c) {
    std::vector<StridedOutput> outputs;
    for (Memory& m : c.outputs) outputs.push_back({m.base(), m.strides});
    return outputs;
}

Case make_case(std::size_t index, const Program& program, const Shape& extents, bool dense, Random& random) {
    Case c{index, extents, {}, {}};
    for (int i = 0; i < program.inputs(); ++i)
        c.inputs.push_back(random_memory(program.input_dtype(i), extents, dense ? Layouts::dense : Layouts::any,
                                         static_cast<unsigned>(random()), random));
    for (int o = 0; o < program.outputs(); ++o)
        c.outputs.push_back(random_memory(program.output_dtype(o), extents, dense ? Layouts::dense : Layouts::injective,
                                          static_cast<unsigned>(random()), random));
    return c;
}

Shape random_extents(Random& random) {
    Shape extents;
    for (std::size_t a = 0, rank = 1 + below(random, 5); a < rank; ++a) {
        constexpr std::array<std::int64_t, 9> kSizes{1, 2, 3, 5, 8, 17, 32, 48, 200};
        const auto e = kSizes[below(random, kSizes.size())];
        extents.push_back(extents.count() * e > 8000 ? 2 : e);
    }
    return extents;
}

// What the CPU makes of it, in memories of their own; whether it found a negative exponent.
bool run_on_cpu(Case& c, const Program& program, std::vector<Memory>& outputs) {
    outputs = c.outputs;
    std::vector<Target> targets(outputs.size());
    for (std::size_t o = 0; o < outputs.size(); ++o) {
        targets[o].base = outputs[o].base();
        targets[o].strides = outputs[o].strides;
    }
    try {
        Evaluator().run(program, c.extents, inputs_of(c), 0, c.extents.count(), {targets});
        return false;
    } catch (const ArgumentError&) {
        return true;
    }
}

struct Suite {
    std::string prefix = "kernel_";  // of the kernels' names
    std::vector<Program> programs;
    std::vector<Case> cases;
    std::vector<CudaKernel> kernels;

    void add(const Program& program, const std::vector<Shape>& flat, int shaped, Random& random) {
        const std::size_t index = programs.size();
        programs.push_back(program);
        std::vector<std::pair<KernelForm, std::size_t>> known;
        const auto add_case = [&](Case&& c, bool wide) {
            KernelForm form = bind_kernel(program, c.extents, inputs_of(c), outputs_of(c)).form;
            if (wide) form.index = IndexBits::b64;
            auto found = std::find_if(known.begin(), known.end(), [&](auto& k) { return k.first == form; });
            if (found == known.end()) {
                known.emplace_back(form, kernels.size());
                found = known.end() - 1;
                kernels.push_back(make_cuda_source(program, form, prefix + std::to_string(kernels.size())));
            }
            c.kernel = found->second;
            cases.push_back(std::move(c));
        };
        for (const Shape& extents : flat) add_case(make_case(index, program, extents, true, random), false);
        for (int k = 0; k < shaped; ++k)
            add_case(make_case(index, program, random_extents(random), false, random), below(random, 6) == 0);
    }
};

Suite random_suite() {
    Suite suite;
    Random random(20);
    std::vector<Shape> flat;
    for (std::int64_t n : {0, 1, 31, 32, 33, 1023, 1024, 1025, 4095, 4097, 20011}) flat.push_back(Shape{n});
    for (int k = 0; k < 56; ++k) suite.add(random_program(random), flat, 4, random);
    return suite;
}

void check(Suite& suite, const test::Emulation& emulation) {
    int errors = 0;
    for (Case& c : suite.cases) {
        const Program& program = suite.programs[c.program];
        std::vector<Memory> want;
        const bool negative = run_on_cpu(c, program, want);
        std::uint32_t error = 0;
        const KernelLaunch launch = bind_kernel(program, c.extents, inputs_of(c), outputs_of(c), &error);
        if (c.extents.count() > 0) {
            emulation.find(suite.kernels[c.kernel].entry)(launch.parameters.data(), 3, 64);
        } else {
            EXPECT_EQ(launch.work, 0);
        }
        ASSERT_EQ(error != 0, negative) << program.to_string();
        errors += negative ? 1 : 0;
        if (negative) continue;
        for (std::size_t o = 0; o < want.size(); ++o) {
            const DType t = want[o].dtype;
            for (std::size_t at = 0; at + size_of(t) <= want[o].bytes.size(); at += size_of(t)) {
                ASSERT_TRUE(same_element(t, want[o].bytes.data() + at, c.outputs[o].bytes.data() + at))
                    << "output " << o << ", element " << at / size_of(t) << " of " << to_string(c.extents) << "\n"
                    << program.to_string() << suite.kernels[c.kernel].source;
            }
        }
    }
    std::printf("%zu kernels, %zu launches, %d of them with a negative exponent\n", suite.kernels.size(),
                suite.cases.size(), errors);
}

std::optional<test::Emulation> emulate(const Suite& suite) {
    std::vector<test::EmulatedKernel> kernels;
    for (const CudaKernel& kernel : suite.kernels) kernels.push_back({&kernel});
    return test::Emulation::compile(kernels);
}

TEST(CudaSource, RandomProgramsHaveTheCpusBits) {
    Suite suite = random_suite();
    const auto emulation = emulate(suite);
    if (!emulation) GTEST_SKIP() << "no compiler at " HEDDLE_TEST_CXX ", or no sources";
    check(suite, *emulation);
}

Suite operation_suite() {
    Suite suite;
    suite.prefix = "operation_";
    Random random(3);
    for (const Program& program : all_operations()) suite.add(program, {Shape{3}, Shape{1003}}, 1, random);
    return suite;
}

TEST(CudaSource, EveryOperationHasTheCpusBits) {
    Suite suite = operation_suite();
    const auto emulation = emulate(suite);
    if (!emulation) GTEST_SKIP() << "no compiler at " HEDDLE_TEST_CXX ", or no sources";
    check(suite, *emulation);
}

TEST(CudaSource, OutputsMayOverwriteInputsInPlace) {
    ProgramBuilder b;
    const int x = b.input(DType::float32), y = b.input(DType::uint16);
    b.output(b.apply_promoted(Op::subtract, x, y), DType::float32);
    Suite suite;
    suite.programs.push_back(b.build());
    const Program& program = suite.programs[0];
    std::vector<float> values(1001), want(1001);
    std::vector<std::uint16_t> minus(1001);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i) / 8;
        minus[i] = static_cast<std::uint16_t>(i % 9);
        want[i] = values[i] - static_cast<float>(minus[i]);
    }
    auto* const place = reinterpret_cast<std::byte*>(values.data());
    const std::array inputs{StridedInput{place, Shape{4}},
                            StridedInput{reinterpret_cast<std::byte*>(minus.data()), Shape{2}}};
    const std::array outputs{StridedOutput{place, Shape{4}}};
    const KernelLaunch launch = bind_kernel(program, Shape{1001}, inputs, outputs);
    EXPECT_EQ(to_string(launch.form), "dd>d/0/32");
    EXPECT_EQ(launch.work, 250);
    suite.kernels.push_back(make_cuda_source(program, launch.form));
    const auto emulation = emulate(suite);
    if (!emulation) GTEST_SKIP() << "no compiler at " HEDDLE_TEST_CXX ", or no sources";
    emulation->find("heddle_map")(launch.parameters.data(), 2, 32);
    EXPECT_EQ(values, want);
    if (test::why_no_nvrtc().empty()) test::expect_nvrtc_takes(suite.kernels, 0);
}

TEST(CudaSource, SaysWhatHasNoDeviceForm) {
    const auto reason = [](Op op, DType a, DType c, bool computed = false) {
        ProgramBuilder b;
        int x = b.input(a), y = b.input(c);
        if (computed) y = b.apply(Op::divide, y, y);
        const int value = b.apply_promoted(op, x, arity_of(op) > 1 ? y : -1);
        b.output(value, b.dtype(value));
        return reason_not_generated(b.build()).value_or("");
    };
    const DType f = DType::float32, d = DType::float64, z = DType::complex64;
    EXPECT_EQ(reason(Op::log, z, z), "log of complex64 has no device form with the CPU's bits yet");
    EXPECT_EQ(reason(Op::power, z, z), "power of complex64 has no device form with the CPU's bits yet");
    EXPECT_EQ(reason(Op::exp, DType::float16, f), "");
    EXPECT_EQ(reason(Op::power, d, d), "");
    EXPECT_EQ(reason(Op::abs, z, z), "");
    EXPECT_EQ(reason(Op::power, DType::int16, DType::int16), "");
    EXPECT_EQ(reason(Op::sqrt, f, f), "");
    EXPECT_EQ(reason(Op::copysign, d, d), "");
    EXPECT_EQ(reason(Op::copysign, d, DType::int8), "");
    EXPECT_NE(reason(Op::copysign, d, d, true), "");
    ProgramBuilder b;
    b.output(b.apply(Op::tan, b.input(z)), z);
    EXPECT_THROW(make_cuda_source(b.build(), KernelForm{{Reach::dense}, {Reach::dense}}), DTypeError);
}

class CudaSourceNvrtc : public testing::TestWithParam<int> {};

TEST_P(CudaSourceNvrtc, TakesEveryKernel) {
    if (const std::string problem = test::why_no_nvrtc(); !problem.empty()) GTEST_SKIP() << problem;
    Suite all = operation_suite();
    const Suite random = random_suite();
    all.kernels.insert(all.kernels.end(), random.kernels.begin(), random.kernels.end());
    test::expect_nvrtc_takes(all.kernels, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Part, CudaSourceNvrtc, testing::Range(0, test::kNvrtcParts));

// 16 bytes at a time of a dense operand and of rows, no product joins a sum.
TEST(CudaSource, MovesSixteenBytesAndContractsNothing) {
    if (const std::string problem = test::why_no_nvrtc(); !problem.empty()) GTEST_SKIP() << problem;
    ProgramBuilder b;
    const int x = b.input(DType::float32), y = b.input(DType::float32), z = b.input(DType::uint16);
    b.output(b.apply_promoted(Op::add, b.apply(Op::multiply, x, y), z), DType::float32);
    const Program program = b.build();
    const KernelForm form{{Reach::dense, Reach::rows, Reach::dense}, {Reach::dense}, 2, IndexBits::b32};
    EXPECT_EQ(pack_length(program, form), 4);
    std::string ptx;
    ASSERT_EQ(test::compile_with_nvrtc(make_cuda_source(program, form).source, 90, test::Effort::full, &ptx), "");
    const auto count = [&](const std::string& what) {
        std::size_t n = 0;
        for (std::size_t at = ptx.find(what); at != std::string::npos; at = ptx.find(what, at + 1)) ++n;
        return n;
    };
    EXPECT_EQ(count("ld.global.v4.b32") + count("ld.global.v4.u32") + count("ld.global.v4.f32"), 4u) << ptx;
    EXPECT_EQ(count("st.global.v4."), 2u);
    EXPECT_EQ(count("ld.global.v2."), 2u);
    EXPECT_EQ(count("fma."), 0u);
    EXPECT_GT(count("mul."), 0u);
}

// The stand-ins for the standard headers say what the host's headers say.
TEST(CudaSource, TheDevicesStandardHeadersAgree) {
    if (const std::string problem = test::why_no_nvrtc(); !problem.empty()) GTEST_SKIP() << problem;
    std::string text = "#include \"kernels/reduce_state.hpp\"\n";
    const auto claim = [&](const std::string& type, auto zero) {
        using L = std::numeric_limits<decltype(zero)>;
        const auto number = [](auto v) {
            char buffer[64];
            if constexpr (std::is_floating_point_v<decltype(v)>) {
                std::snprintf(buffer, sizeof(buffer), "%a", static_cast<double>(v));
                return std::string(buffer);
            } else {
                return (v < 0 ? "(-" + std::to_string(-(v + 1)) + "l - 1)" : std::to_string(v) + "ul");
            }
        };
        const std::string limits = "std::numeric_limits<" + type + ">::";
        text += "static_assert(sizeof(" + type + ") == " + std::to_string(sizeof(zero)) + ");\n";
        text += "static_assert(" + limits + "max() == " + number(L::max()) + ");\n";
        text += "static_assert(" + limits + "lowest() == " + number(L::lowest()) + ");\n";
        text += "static_assert(" + limits + "has_infinity == " + (L::has_infinity ? "true" : "false") + ");\n";
        text += "static_assert(std::is_signed_v<" + type + "> == " + (L::is_signed ? "true" : "false") + ");\n";
    };
    claim("std::int8_t", std::int8_t{});
    claim("std::int16_t", std::int16_t{});
    claim("std::int32_t", std::int32_t{});
    claim("std::int64_t", std::int64_t{});
    claim("std::uint8_t", std::uint8_t{});
    claim("std::uint16_t", std::uint16_t{});
    claim("std::uint32_t", std::uint32_t{});
    claim("std::uint64_t", std::uint64_t{});
    claim("float", float{});
    claim("double", double{});
    text +=
        "static_assert(std::numeric_limits<double>::infinity() > std::numeric_limits<double>::max());\n"
        "static_assert(std::numeric_limits<float>::quiet_NaN() != std::numeric_limits<float>::quiet_NaN());\n"
        "static_assert(std::is_same_v<std::make_unsigned_t<std::int16_t>, std::uint16_t>);\n"
        "static_assert(sizeof(heddle::kernels::Variance<double, true, true>) == 24);\n"
        "static_assert(sizeof(heddle::kernels::ArgExtreme<heddle::kernels::Complex<double>, true, true>) == 24);\n";
    char pi[128];
    std::snprintf(pi, sizeof(pi), "static_assert(std::numbers::pi_v<double> == %a);\n", 3.141592653589793);
    EXPECT_EQ(test::compile_with_nvrtc(text + pi, 80, test::Effort::full), "");
}

}  // namespace
}  // namespace heddle::expr
