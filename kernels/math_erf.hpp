#pragma once

#include "kernels/math_exp.hpp"

// erf and erfc: erf by a polynomial up to 1/2, else erfc(x) = e^(-x^2) g(x), where g is a polynomial in
// q = (x - 2) / (x + 2) in each twelfth of its range.
namespace heddle::kernels::math {

inline constexpr int kErfcParts = 12, kErfcColumns = 12;
// For q around (i - 4.5) / 8: the constant's low and high part, and the coefficients that follow.
inline constexpr double kErfcTable[kErfcParts * kErfcColumns] = {
    // clang-format off
    -0x1.f381bab9f1954p-56, 0x1.2c1f4baf23078p-1, -0x1.8bd389f27cce5p-1, 0x1.7a4452cbaa754p-2, -0x1.0bf9ad3ace9e9p-4,
    -0x1.db439a715f384p-7, 0x1.261c779ce5640p-8, 0x1.c2fda78103a0ap-10, -0x1.26516aeb1ff3ep-13,
    -0x1.c571f4dfdf66fp-13, -0x1.6dca78573f0d6p-15, 0x1.a5f45089dcb08p-17,
    -0x1.a16ffbd34ab12p-56, 0x1.fb1062f5a3b9ep-2, -0x1.5e2b0dfd6e81fp-1, 0x1.5fd9113f4bdb6p-2, -0x1.2689d0b89b19dp-4,
    -0x1.72950ffce7218p-7, 0x1.76060cd49ba47p-8, 0x1.8854716517ca1p-10, -0x1.8bade9355938cp-12,
    -0x1.0962ccc62ecfcp-12, -0x1.3534f7cd91ad8p-16, 0x1.d96c24252bdfbp-16,
    -0x1.71c75d05e775fp-56, 0x1.a8df854591893p-2, -0x1.33f45ca041428p-1, 0x1.4344cc1b069c1p-2, -0x1.39d29c2f73baap-4,
    -0x1.e663858d43757p-8, 0x1.b5a29186cfcc4p-8, 0x1.145ff67e7e62ep-10, -0x1.4c057b28467cep-11,
    -0x1.06596ab39fa44p-12, 0x1.c8d34731a8a42p-16, 0x1.7471700c4f527p-15,
    0x1.0814313c3cdafp-57, 0x1.60c7db4e41f25p-2, -0x1.0d69012eb0c44p-1, 0x1.2545bef462fd1p-2, -0x1.449a8f4602102p-4,
    -0x1.8f8fe88cc3910p-9, 0x1.da1f3c38bf13cp-8, 0x1.a0e01863e0f50p-12, -0x1.c15b9f1be0fe2p-11,
    -0x1.856172e282c0bp-13, 0x1.773050daac49bp-14, 0x1.bcc7942c9f343p-15,
    -0x1.ec121e423ef66p-59, 0x1.21d9fb9e5669fp-2, -0x1.d5524c9888416p-2, 0x1.06b19c9b0b6a6p-2, -0x1.462f32acfd9a7p-4,
    0x1.8a8480d6f6bbfp-10, 0x1.da1bc013a1c87p-8, -0x1.b475bbf99e2c7p-12, -0x1.00f20ae780005p-10,
    -0x1.9859993ea4dcbp-15, 0x1.3e5d8150b23fep-13, 0x1.662511f658e31p-15,
    0x1.0453426c78a9ep-62, 0x1.d643b3da56e7fp-3, -0x1.9773143ee0621p-2, 0x1.d0cd4ba7df447p-3, -0x1.3e92c1d17311cp-4,
    0x1.8025facb09c04p-8, 0x1.b08c6c505f177p-8, -0x1.4c7d131625b07p-10, -0x1.ea3862e6d9838p-11, 0x1.30a11c377bf18p-13,
    0x1.82f2e9b9d15cap-13, 0x1.4f86eb85436dcp-18,
    0x1.f5ed2bc427b39p-57, 0x1.775b59af56134p-3, -0x1.610716679043fp-2, 0x1.9672bc67e9339p-3, -0x1.2e9434aa253c9p-4,
    0x1.3b83ccc2b55a5p-7, 0x1.5f83206b8c863p-8, -0x1.05369380b1450p-9, -0x1.68991b93274bdp-11, 0x1.6873154c07d6cp-12,
    0x1.453cad8c22fb8p-13, -0x1.c3bf16ec2604ap-15,
    0x1.5b84b2188b01bp-57, 0x1.25290a662877fp-3, -0x1.31af25789e494p-2, 0x1.5fc31b4623b19p-3, -0x1.17c450979acdep-4,
    0x1.98ba0d5634a53p-7, 0x1.e306679ac5ad1p-9, -0x1.3d7a9ebc54302p-9, -0x1.1dda2b2d63e67p-12, 0x1.ea063d064fb82p-12,
    0x1.bd740f1876e0ep-15, -0x1.b6705f9fedcedp-14,
    -0x1.a59a670c8c6f1p-58, 0x1.bbf005e473736p-4, -0x1.08e3739e5de52p-2, 0x1.2dd46887b16cep-3, -0x1.f8836c1f0616cp-5,
    0x1.d14087a17ab84p-7, 0x1.dffe12da25f7bp-10, -0x1.4188bd71a26eap-9, 0x1.a1271b146c0fap-13, 0x1.d7358f3e9c8adp-12,
    -0x1.66e34fead126fp-14, -0x1.bff4df328cfc4p-14,
    0x1.e589da9877496p-58, 0x1.40727d84b78aep-4, -0x1.cc003ea980b4ap-3, 0x1.015018ad7310ep-3, -0x1.bcc7381c16299p-5,
    0x1.e49867e221d62p-7, 0x1.aca9128abc164p-14, -0x1.13760f420a973p-9, 0x1.2ec16ad5f6f7bp-11, 0x1.2e616ff1517dep-12,
    -0x1.88b620407fff1p-13, -0x1.8f073b65b4d82p-15,
    0x1.ca87ac91546edp-59, 0x1.aa23098beaa71p-5, -0x1.90a61bccf5499p-3, 0x1.b4e310a2aafc3p-4, -0x1.80b39777d9c69p-5,
    0x1.d7fa7e5ddd80cp-7, -0x1.4a0b6d1c7f256p-10, -0x1.89e44d27e089bp-10, 0x1.8b3ac354620dap-11,
    0x1.080d5b8039a6bp-14, -0x1.9969152b805aep-13, 0x1.14b898760a431p-15,
    0x1.5260dce51271ep-62, 0x1.dd7c058bf9ad8p-6, -0x1.5e51c5ab61270p-3, 0x1.722a48589df9ap-4, -0x1.47be51ae3725ep-5,
    0x1.b45ab0df5cad5p-7, -0x1.18273ae5a807fp-9, -0x1.bb218de2ee54dp-11, 0x1.786d00ea61a34p-11,
    -0x1.f9762df88a074p-14, -0x1.fc9c4f0a81976p-14, 0x1.3ea04806048f3p-14,
    // clang-format on
};

// For x in [1/2, 27.3]: erfc(x) = 2^k (hi + lo).
struct ErfcParts {
    double k;
    Wide value;
};
HEDDLE_FN ErfcParts erfc_positive(double x) {
    const Wide above = sum(x, -2.0), below = sum(x, 2.0);
    const Wide q = divide(above, below);
    const double cell = nearest(fma(q.hi, 8.0, 4.5));
    const Wide t = sum(q.hi - (cell - 4.5) * 0.125, q.lo);
    const std::int64_t row = static_cast<std::int32_t>(cell) * kErfcColumns;
    const double tail = polynomial(t.hi, kErfcTable[row + 3], kErfcTable[row + 4], kErfcTable[row + 5],
                                   kErfcTable[row + 6], kErfcTable[row + 7], kErfcTable[row + 8], kErfcTable[row + 9],
                                   kErfcTable[row + 10], kErfcTable[row + 11]);
    const Wide first = product(t.hi, kErfcTable[row + 2]);
    const Wide head = sum(kErfcTable[row + 1], first.hi);
    const Wide g = quick_sum(
        head.hi, fma(t.hi * t.hi, tail, head.lo + (first.lo + fma(t.lo, kErfcTable[row + 2], kErfcTable[row + 0]))));
    const Wide square = product(x, x);
    const ExpParts parts = split_exp(Wide{-square.hi, -square.lo});
    return {parts.k, multiply(exp_reduced(parts.r, parts.lo), g)};
}

// erf(x) for |x| <= 1/2.
HEDDLE_FN Wide erf_small(double x) {
    const double z = x * x;
    const double q = polynomial(z, -0x1.812746b0379e7p-2, 0x1.ce2f21a042c8ep-4, -0x1.b82ce3129137bp-6,
                                0x1.565bcd1147c0ap-8, -0x1.c02db4ea2e44ap-11, 0x1.f9a344bc40596p-14,
                                -0x1.f4d0988e5caa2p-17, 0x1.b8f109905cd8ep-20, -0x1.450345eb75ac7p-23);
    const Wide head = product(x, 0x1.20dd750429b6dp0);
    return {head.hi, fma(x, fma(z, q, 0x1.1ae3a914fed8p-56), head.lo)};
}

HEDDLE_FN double erf(double x) {
    const double size = fabs(x);
    const Wide small = erf_small(size);
    const ErfcParts rest = erfc_positive(size < 6.0 ? (size < 0.5 ? 0.5 : size) : 6.0);
    const double unit = power_of_2(rest.k);
    const Wide head = quick_sum(1.0, -rest.value.hi * unit);
    const double large = head.hi + fma(-rest.value.lo, unit, head.lo);
    return x != x ? x : with_sign_of(size < 0.5 ? small.hi + small.lo : large, x);
}

HEDDLE_FN double erfc(double x) {
    const double size = fabs(x);
    const Wide small = erf_small(x);
    const Wide near = quick_sum(1.0, -small.hi);
    const ErfcParts rest = erfc_positive(size < 27.3 ? (size < 0.5 ? 0.5 : size) : 27.3);
    // Left of zero the result is 2 - erfc(|x|).
    const double unit = rest.k < -100.0 ? 0.0 : power_of_2(rest.k);
    const Wide left = quick_sum(2.0, -rest.value.hi * unit);
    const double large =
        x < 0.0 ? left.hi + fma(-rest.value.lo, unit, left.lo) : scale(rest.value.hi + rest.value.lo, rest.k);
    return x != x ? x : size < 0.5 ? near.hi + (near.lo - small.lo) : large;
}

}  // namespace heddle::kernels::math
