#include <immintrin.h>
#include <sleef.h>

#include "bench/peers/ops_main.hpp"

namespace {

// SLEEF's AVX2 functions of 1.0 ulp (float64: 1.0 or 1.5), in a loop.
class Sleef {
public:
    static constexpr const char* kName = "sleef";

    template <class T>
    bool run(const std::string& name, std::span<const T> x, std::span<T> out) {
#define HEDDLE_CASE(word, function) \
    if (name == #word) return loop(x, out, [](auto v) { return function(v); })
        if constexpr (std::is_same_v<T, float>) {
            HEDDLE_CASE(exp, Sleef_expf8_u10avx2);
            HEDDLE_CASE(exp2, Sleef_exp2f8_u10avx2);
            HEDDLE_CASE(expm1, Sleef_expm1f8_u10avx2);
            HEDDLE_CASE(log, Sleef_logf8_u10avx2);
            HEDDLE_CASE(log2, Sleef_log2f8_u10avx2);
            HEDDLE_CASE(log10, Sleef_log10f8_u10avx2);
            HEDDLE_CASE(log1p, Sleef_log1pf8_u10avx2);
            HEDDLE_CASE(sin, Sleef_sinf8_u10avx2);
            HEDDLE_CASE(cos, Sleef_cosf8_u10avx2);
            HEDDLE_CASE(tan, Sleef_tanf8_u10avx2);
            HEDDLE_CASE(arcsin, Sleef_asinf8_u10avx2);
            HEDDLE_CASE(arccos, Sleef_acosf8_u10avx2);
            HEDDLE_CASE(arctan, Sleef_atanf8_u10avx2);
            HEDDLE_CASE(sinh, Sleef_sinhf8_u10avx2);
            HEDDLE_CASE(cosh, Sleef_coshf8_u10avx2);
            HEDDLE_CASE(tanh, Sleef_tanhf8_u10avx2);
            HEDDLE_CASE(arcsinh, Sleef_asinhf8_u10avx2);
            HEDDLE_CASE(arccosh, Sleef_acoshf8_u10avx2);
            HEDDLE_CASE(arctanh, Sleef_atanhf8_u10avx2);
            HEDDLE_CASE(cbrt, Sleef_cbrtf8_u10avx2);
            HEDDLE_CASE(erf, Sleef_erff8_u10avx2);
            HEDDLE_CASE(erfc, Sleef_erfcf8_u15avx2);
        } else {
            HEDDLE_CASE(exp, Sleef_expd4_u10avx2);
            HEDDLE_CASE(exp2, Sleef_exp2d4_u10avx2);
            HEDDLE_CASE(expm1, Sleef_expm1d4_u10avx2);
            HEDDLE_CASE(log, Sleef_logd4_u10avx2);
            HEDDLE_CASE(log2, Sleef_log2d4_u10avx2);
            HEDDLE_CASE(log10, Sleef_log10d4_u10avx2);
            HEDDLE_CASE(log1p, Sleef_log1pd4_u10avx2);
            HEDDLE_CASE(sin, Sleef_sind4_u10avx2);
            HEDDLE_CASE(cos, Sleef_cosd4_u10avx2);
            HEDDLE_CASE(tan, Sleef_tand4_u10avx2);
            HEDDLE_CASE(arcsin, Sleef_asind4_u10avx2);
            HEDDLE_CASE(arccos, Sleef_acosd4_u10avx2);
            HEDDLE_CASE(arctan, Sleef_atand4_u10avx2);
            HEDDLE_CASE(sinh, Sleef_sinhd4_u10avx2);
            HEDDLE_CASE(cosh, Sleef_coshd4_u10avx2);
            HEDDLE_CASE(tanh, Sleef_tanhd4_u10avx2);
            HEDDLE_CASE(arcsinh, Sleef_asinhd4_u10avx2);
            HEDDLE_CASE(arccosh, Sleef_acoshd4_u10avx2);
            HEDDLE_CASE(arctanh, Sleef_atanhd4_u10avx2);
            HEDDLE_CASE(cbrt, Sleef_cbrtd4_u10avx2);
            HEDDLE_CASE(erf, Sleef_erfd4_u10avx2);
            HEDDLE_CASE(erfc, Sleef_erfcd4_u15avx2);
        }
#undef HEDDLE_CASE
        return false;
    }

private:
    template <class F>
    static bool loop(std::span<const float> x, std::span<float> out, F f) {
        for (std::size_t i = 0; i + 8 <= x.size(); i += 8) _mm256_storeu_ps(&out[i], f(_mm256_loadu_ps(&x[i])));
        return true;
    }
    template <class F>
    static bool loop(std::span<const double> x, std::span<double> out, F f) {
        for (std::size_t i = 0; i + 4 <= x.size(); i += 4) _mm256_storeu_pd(&out[i], f(_mm256_loadu_pd(&x[i])));
        return true;
    }
};

}  // namespace

int main(int argc, char** argv) { return peers::ops_main<Sleef>(argc, argv); }
