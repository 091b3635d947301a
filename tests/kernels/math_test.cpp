#include "kernels/math.hpp"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <vector>

// The judge of math.hpp is MPFR: with 300 bits it knows the true value, and the distance to it in units in the last
// place.
namespace heddle::kernels {
namespace {

using One = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
using Two = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t);

class Real {
public:
    Real() { mpfr_init2(value_, 300); }
    ~Real() { mpfr_clear(value_); }
    Real(const Real&) = delete;
    Real& operator=(const Real&) = delete;
    operator mpfr_ptr() { return value_; }

private:
    mpfr_t value_;
};

int sigmoid_of(mpfr_ptr result, mpfr_srcptr x, mpfr_rnd_t mode) {
    mpfr_neg(result, x, mode);
    mpfr_exp(result, result, mode);
    mpfr_add_ui(result, result, 1, mode);
    return mpfr_ui_div(result, 1, result, mode);
}

constexpr double kWrong = 1e9;  // another NaN, infinity or sign of zero

template <class T>
double ulps_between(T got, mpfr_srcptr exact) {
    const double nearest = mpfr_get_d(exact, MPFR_RNDN);
    const T want = sizeof(T) == 4 ? static_cast<T>(mpfr_get_flt(exact, MPFR_RNDN)) : static_cast<T>(nearest);
    if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want) ? 0 : kWrong;
    if (std::isinf(got) || std::isinf(want)) return got == want ? 0 : kWrong;
    if (got == 0 && want == 0) return std::signbit(got) == std::signbit(want) ? 0 : kWrong;
    constexpr int kDigits = std::numeric_limits<T>::digits;
    constexpr int kLowest = std::numeric_limits<T>::min_exponent - kDigits;
    const int exponent = mpfr_zero_p(exact) ? kLowest : static_cast<int>(mpfr_get_exp(exact)) - kDigits;
    static Real distance;
    mpfr_sub_d(distance, exact, static_cast<double>(got), MPFR_RNDN);
    mpfr_div_2si(distance, distance, std::max(exponent, kLowest), MPFR_RNDN);
    return std::fabs(mpfr_get_d(distance, MPFR_RNDN));
}

struct Function {
    const char* name;
    double (*of)(double);
    float (*of_single)(float);
    One exact;
    double low, high;  // where most of its arguments are looked for
    double most;       // ulp of float64, measured
    // Of float32, which exp and log compute in; the others round a float64.
    double most_single() const { return std::strcmp(name, "exp") == 0 || std::strcmp(name, "log") == 0 ? 0.87 : 0.51; }
};

#define HEDDLE_MATH(name, exact, low, high, most)                                                                    \
    Function {                                                                                                       \
#name, [](double x) { return math::name(x); }, [](float x) { return math::name(x); }, exact, low, high, most \
    }
const Function kFunctions[] = {
    HEDDLE_MATH(exp, mpfr_exp, -746, 710, 0.76), HEDDLE_MATH(exp2, mpfr_exp2, -1076, 1025, 0.76),
    HEDDLE_MATH(expm1, mpfr_expm1, -3, 3, 0.66), HEDDLE_MATH(sigmoid, sigmoid_of, -40, 40, 0.78),
    HEDDLE_MATH(log, mpfr_log, 0, 4, 0.51),      HEDDLE_MATH(log2, mpfr_log2, 0, 4, 0.51),
    HEDDLE_MATH(log10, mpfr_log10, 0, 4, 0.51),  HEDDLE_MATH(log1p, mpfr_log1p, -1, 1, 0.51),
    HEDDLE_MATH(sin, mpfr_sin, -10, 10, 0.75),   HEDDLE_MATH(cos, mpfr_cos, -10, 10, 0.76),
    HEDDLE_MATH(tan, mpfr_tan, -10, 10, 0.95),   HEDDLE_MATH(asin, mpfr_asin, -1, 1, 0.65),
    HEDDLE_MATH(acos, mpfr_acos, -1, 1, 0.63),   HEDDLE_MATH(atan, mpfr_atan, -4, 4, 0.66),
    HEDDLE_MATH(sinh, mpfr_sinh, -3, 3, 0.60),   HEDDLE_MATH(cosh, mpfr_cosh, -3, 3, 0.62),
    HEDDLE_MATH(tanh, mpfr_tanh, -3, 3, 0.57),   HEDDLE_MATH(asinh, mpfr_asinh, -3, 3, 0.51),
    HEDDLE_MATH(acosh, mpfr_acosh, 1, 4, 0.51),  HEDDLE_MATH(atanh, mpfr_atanh, -1, 1, 0.51),
    HEDDLE_MATH(cbrt, mpfr_cbrt, -8, 8, 0.51),   HEDDLE_MATH(erf, mpfr_erf, -6, 6, 0.84),
    HEDDLE_MATH(erfc, mpfr_erfc, -6, 28, 0.88),
};
#undef HEDDLE_MATH

const double kHard[] = {0.0, -0.0, 1, -1, HUGE_VAL, -HUGE_VAL, NAN, 0.5, -0.5, 2, -2, 3, 0x1p-1074, -0x1p-1074,
                        0x1p-1022, -0x1p-1022, 0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 0x1p-149, 0x1p-126,
                        0x1.fffffep127, 0x1p-28, 0x1p-27, 1 - 0x1p-53, 1 + 0x1p-52, 709.782712893384, 709.7827128933841,
                        710.4758600739439, -745.1332191019411, -745.1332191019412, -708.3964185322641, 88.72284,
                        -103.97208, 27.226017111108362, 26.543258454250978, 6, 0x1p27, 0x1.0000000000001p27, 1e22,
                        // The closest to multiples of pi/2, and a half-way case of exp.
                        0x1.6ac5b262ca1ffp849, 0x1.921fb54442d18p0, 0x1.921fb54442d18p1, 0x1.90fdaa22168c2p9,
                        6381956970095103.0 * 0x1p797, 0x1p1023, 7.541982104719e-10,
                        // Where each function was found to be farthest from the truth.
                        0x1.29460d8eb8d38p+696, 0x1.47623428452fp+119, 0x1.631827502229dp-2, 0x1.6357f287dba45p-2,
                        0x1.9205c4442747cp-1, 0x1.a8b2181e5b944p+4, -0x1.627c5affe0c26p+9, 0x1.925af0db0b321p-1,
                        0x1.6700a26ec6af2p-3, 0x1.bdf847429cd4p-2};

class Values {
public:
    explicit Values(unsigned seed) : random_(seed) {}
    double between(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }
    // From anywhere, near zero or near one, or inside the bounds.
    double next(double low, double high) {
        switch (random_() % 4) {
            case 0:
                return math::from_bits(random_());
            case 1:
                return std::copysign(std::exp2(between(-40, 8)), between(-1, 1));
            default:
                return between(low, high);
        }
    }
    std::uint64_t bits() { return random_(); }

private:
    std::mt19937_64 random_;
};

struct Worst {
    double ulps = 0, at = 0, at2 = 0;
    void see(double distance, double x, double y = 0) {
        if (distance > ulps) *this = {distance, x, y};
    }
};
std::ostream& operator<<(std::ostream& out, const Worst& worst) {
    return out << worst.ulps << " ulp at " << std::hexfloat << worst.at << ", " << worst.at2 << std::defaultfloat;
}

template <class T, class F>
double distance(const F& f, One exact, T x) {
    static Real argument, truth;
    mpfr_set_d(argument, static_cast<double>(x), MPFR_RNDN);
    exact(truth, argument, MPFR_RNDN);
    return ulps_between(f(x), truth);
}

TEST(Math, IsWithinOneUlpOfMpfr) {
    for (const Function& f : kFunctions) {
        Values values(17);
        Worst worst, single;
        const auto see = [&](double x) {
            worst.see(distance(f.of, f.exact, x), x);
            const auto y = static_cast<float>(x);
            single.see(distance(f.of_single, f.exact, y), static_cast<double>(y));
        };
        for (double x : kHard) see(x), see(-x);
        for (int i = 0; i < 4000; ++i) see(values.next(f.low, f.high));
        EXPECT_LE(worst.ulps, f.most) << f.name << " of float64: " << worst;
        EXPECT_LE(single.ulps, f.most_single()) << f.name << " of float32: " << single;
    }
}

TEST(Math, OfTwoIsWithinOneUlpOfMpfr) {
    struct OfTwo {
        const char* name;
        double (*of)(double, double);
        float (*of_single)(float, float);
        Two exact;
        double most;
    };
    const OfTwo functions[] = {
        {"pow", [](double x, double y) { return math::pow(x, y); }, [](float x, float y) { return math::pow(x, y); },
         mpfr_pow, 0.74},
        {"atan2", [](double y, double x) { return math::atan2(y, x); },
         [](float y, float x) { return math::atan2(y, x); }, mpfr_atan2, 0.66},
        {"hypot", [](double x, double y) { return math::hypot(x, y); },
         [](float x, float y) { return math::hypot(x, y); }, mpfr_hypot, 0.77},
    };
    Real x, y, truth;
    for (const OfTwo& f : functions) {
        Values values(23);
        Worst worst, single;
        const auto see = [&](double a, double b) {
            mpfr_set_d(x, a, MPFR_RNDN), mpfr_set_d(y, b, MPFR_RNDN);
            f.exact(truth, x, y, MPFR_RNDN);
            worst.see(ulps_between(f.of(a, b), truth), a, b);
            const auto c = static_cast<float>(a), d = static_cast<float>(b);
            mpfr_set_d(x, static_cast<double>(c), MPFR_RNDN), mpfr_set_d(y, static_cast<double>(d), MPFR_RNDN);
            f.exact(truth, x, y, MPFR_RNDN);
            single.see(ulps_between(f.of_single(c, d), truth), static_cast<double>(c), static_cast<double>(d));
        };
        for (double a : kHard)
            for (double b : kHard) see(a, b);
        for (int i = 0; i < 4000; ++i) {
            see(values.next(-4, 4), values.next(-4, 4));
            see(values.between(0.5, 2), values.between(-700, 700));
        }
        // The farthest that were found; of pow where y log x is near the end of the range.
        see(0x1.6a09269e2cff7p-1, -0x1.fefb3bed07f02p+10);
        see(0x1.6a0c21a2816fdp+0, 0x1.fce837c2f98cdp+10);
        see(0x1.5843ddd238349p+0, 0x1.897ff99bdb0b4p+1);
        for (int i = 0; i < 2000; ++i) {
            const double x = values.between(0.7, 1.45);
            see(x, std::copysign(values.between(695, 709), values.between(-1, 1)) / std::log(x));
        }
        EXPECT_LE(worst.ulps, f.most) << f.name << " of float64: " << worst;
        EXPECT_LE(single.ulps, 0.55) << f.name << " of float32: " << single;
    }
}

double sigmoid_of_libm(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

using Libm = double (*)(double);
const Libm kLibm[] = {std::exp,  std::exp2,  std::expm1, sigmoid_of_libm, std::log,  std::log2, std::log10, std::log1p,
                      std::sin,  std::cos,   std::tan,   std::asin,       std::acos, std::atan, std::sinh,  std::cosh,
                      std::tanh, std::asinh, std::acosh, std::atanh,      std::cbrt, std::erf,  std::erfc};
static_assert(std::size(kLibm) == std::size(kFunctions));

class EveryFloat32 : public testing::TestWithParam<std::size_t> {};

// HEDDLE_TEST_EVERY=1: every float32, about two minutes a function; else one in 65,537. libm's float64, good to a unit
// or two in 2^52, tells which values are far from one unit; MPFR judges the others.
TEST_P(EveryFloat32, IsWithinOneUlp) {
    const bool every = std::getenv("HEDDLE_TEST_EVERY") != nullptr;
    const Function& f = kFunctions[GetParam()];
    const Libm libm = kLibm[GetParam()];
    Worst worst;
    std::uint64_t judged = 0;
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += every ? 1 : 65'537) {
        const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        const double near = libm(static_cast<double>(x)), got = static_cast<double>(f.of_single(x));
        const bool plain = std::isfinite(near) && std::isfinite(got) && near != 0 && got != 0;
        // Without ilogb, which takes most of the time.
        const double power = std::bit_cast<double>(std::bit_cast<std::uint64_t>(near) & 0x7ff0'0000'0000'0000);
        const double unit = std::max(power * 0x1p-23, 0x1p-149);
        const double ulps = std::fabs(got - near) / unit;
        if (plain && ulps < 0.8 && std::signbit(near) == std::signbit(got)) {
            worst.see(ulps, static_cast<double>(x));
        } else {
            worst.see(distance(f.of_single, f.exact, x), static_cast<double>(x));
            ++judged;
        }
    }
    EXPECT_LE(worst.ulps, f.most_single()) << f.name << ": " << worst;
    if (every) std::printf("%-8s %.4f ulp of float32 at most, %lu by MPFR\n", f.name, worst.ulps, judged);
}

INSTANTIATE_TEST_SUITE_P(Math, EveryFloat32, testing::Range(std::size_t{0}, std::size(kFunctions)),
                         [](const auto& info) { return std::string(kFunctions[info.param].name); });

}  // namespace
}  // namespace heddle::kernels
