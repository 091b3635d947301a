#include <omp.h>

#include <cmath>
#include <stdexcept>
#ifdef __AVX__
#include <immintrin.h>
#endif

#include "bench/peers/expr_main.hpp"

// GCC calls glibc's vector sine (libmvec, 4 ulp) for a declaration with this attribute; <math.h> adds it with
// -ffast-math only.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
extern "C" __attribute__((__simd__("notinbranch"), const)) float sinf(float) noexcept;
#endif

namespace {

using peers::Case;

// The loop a programmer writes by hand for one expression: one pass, all threads, plain stores. firstprivate: a shared
// closure could be changed by the store, which would keep the loop from being vectorised.
template <typename T, typename F>
void loop(T* __restrict out, std::int64_t n, F value) {
#pragma omp parallel for simd schedule(static) firstprivate(value)
    for (std::int64_t i = 0; i < n; ++i) out[i] = value(i);
}

// The same with non-temporal stores, which spare the memory the read of `out`: what a tuned program reaches.
template <typename T, typename F>
void loop_streaming(T* __restrict out, std::int64_t n, F value) {
    constexpr std::int64_t kBlock = 256 / static_cast<std::int64_t>(sizeof(T));
#pragma omp parallel for schedule(static) firstprivate(value)
    for (std::int64_t block = 0; block < n / kBlock; ++block) {
        const std::int64_t begin = block * kBlock;
        alignas(64) T values[static_cast<std::size_t>(kBlock)];
#pragma omp simd
        for (std::int64_t k = 0; k < kBlock; ++k) values[k] = value(begin + k);
#ifdef __AVX__
        for (int k = 0; k < 8; ++k) {
            _mm256_stream_si256(reinterpret_cast<__m256i*>(out + begin) + k,
                                reinterpret_cast<const __m256i*>(values)[k]);
        }
#else
        std::copy(values, values + kBlock, out + begin);
#endif
    }
    for (std::int64_t i = n / kBlock * kBlock; i < n; ++i) out[i] = value(i);
}

// Sums in double, several partial sums for the vector unit.
template <typename F>
double sum(std::int64_t n, F value) {
    double total = 0;
#pragma omp parallel for simd schedule(static) firstprivate(value) reduction(+ : total)
    for (std::int64_t i = 0; i < n; ++i) total += value(i);
    return total;
}

// Population standard deviation in one pass, shifted by a value of the data.
double standard_deviation(std::int64_t n, const float* a) {
    const double shift = a[0];
    double first = 0, second = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : first, second)
    for (std::int64_t i = 0; i < n; ++i) {
        const double d = static_cast<double>(a[i]) - shift;
        first += d;
        second += d * d;
    }
    const double mean = first / static_cast<double>(n);
    return std::sqrt(second / static_cast<double>(n) - mean * mean);
}

class HandWritten {
public:
    static constexpr const char* kName = "omp-loop";
#ifdef __clang__
    static std::string version() { return "clang " __clang_version__; }
#else
    static std::string version() { return "g++ " __VERSION__; }
#endif
    explicit HandWritten(const peers::Options& options) : streaming_(options.system == "omp-stream") {
        if (!options.system.empty() && options.system != "omp-loop" && !streaming_) {
            throw std::runtime_error("--system is omp-loop or omp-stream");
        }
        omp_set_num_threads(options.threads);
    }

    const void* run(Case c, const peers::Inputs& in, void* out) {
        return c == Case::kPolynomialF64 ? polynomial_f64(in, static_cast<double*>(out)) : single(c, in, out);
    }

private:
    template <typename T, typename F>
    void each(T* out, std::int64_t n, F value) {
        streaming_ ? loop_streaming(out, n, value) : loop(out, n, value);
    }

    const void* polynomial_f64(const peers::Inputs& in, double* out) {
        const double* const a = in.a64.data();
        const double* const b = in.b64.data();
        const double* const c = in.c64.data();
        each(out, in.n, [=](std::int64_t i) { return a[i] * b[i] + b[i] * c[i] + a[i] * c[i] + a[i]; });
        return out;
    }

    const void* single(Case which, const peers::Inputs& in, void* result) {
        const float* const a = in.a.data();
        const float* const b = in.b.data();
        const float* const c = in.c.data();
        float* const out = static_cast<float*>(result);
        const auto n = in.n;
        using I = std::int64_t;
        switch (which) {
            case Case::kPolynomial:
                each(out, n, [=](I i) { return a[i] * b[i] + b[i] * c[i] + a[i] * c[i] + a[i]; });
                break;
            case Case::kSine:
                each(out, n, [=](I i) { return 2 * a[i] * a[i] + 3 * b[i] * sinf(c[i]); });
                break;
            case Case::kRatio:
                each(out, n, [=](I i) { return (a[i] - b[i]) / (a[i] + b[i]); });
                break;
            case Case::kSelect:
                each(out, n, [=](I i) { return (a[i] > b[i] ? a[i] : b[i]) + c[i]; });
                break;
            case Case::kNorm:
                each(out, n, [=](I i) { return std::sqrt(a[i] * a[i] + b[i] * b[i]); });
                break;
            case Case::kIncrement:
                each(out, n, [=](I i) { return a[i] + 1; });
                break;
            case Case::kMask:
                each(static_cast<std::uint8_t*>(result), n,
                     [=](I i) { return static_cast<std::uint8_t>((a[i] > 0.5f) & (b[i] < 0.5f)); });
                break;
            case Case::kBroadcast:
                broadcast(in.rows(), a, b, out);
                break;
            default:
                *static_cast<double*>(result) = reduce(which, n, a, b);
        }
        return result;
    }

    // A streaming store needs an aligned row, which a broadcast row seldom is: the plain loop in both variants.
    static void broadcast(std::int64_t rows, const float* a, const float* row, float* __restrict out) {
#pragma omp parallel for schedule(static)
        for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
            for (std::int64_t k = 0; k < peers::kRow; ++k) out[r * peers::kRow + k] = a[r * peers::kRow + k] - row[k];
        }
    }

    static double reduce(Case which, std::int64_t n, const float* a, const float* b) {
        if (which == Case::kSumProduct) return sum(n, [=](std::int64_t i) { return a[i] * b[i]; });
        if (which == Case::kMean) return sum(n, [=](std::int64_t i) { return a[i]; }) / static_cast<double>(n);
        return standard_deviation(n, a);
    }

    bool streaming_;
};

}  // namespace

int main(int argc, char** argv) { return peers::expr_main<HandWritten>(argc, argv); }
