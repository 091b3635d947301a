#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

// What the expr_<system> compute; expr_numpy.py has the same cases and the same inputs.
namespace peers {

enum class Case {
    kPolynomial,
    kSine,
    kRatio,
    kSelect,
    kNorm,
    kIncrement,
    kMask,
    kBroadcast,
    kSumProduct,
    kMean,
    kStd,
    kPolynomialF64
};
inline constexpr std::array<std::string_view, 12> kCaseNames = {"polynomial",  "sine",      "ratio", "select",
                                                                "norm",        "increment", "mask",  "broadcast",
                                                                "sum_product", "mean",      "std",   "polynomial_f64"};

constexpr bool is_reduction(Case c) { return c == Case::kSumProduct || c == Case::kMean || c == Case::kStd; }

// Memory that holds no values yet; an unreported first run touches what it writes.
template <typename T>
class Column {
public:
    explicit Column(std::int64_t n = 0)
        : bytes_(static_cast<std::size_t>(n) * sizeof(T)),
          data_(n == 0 ? nullptr : static_cast<T*>(std::aligned_alloc(64, (bytes_ + 63) / 64 * 64)), &std::free) {}
    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }

private:
    std::size_t bytes_;
    std::unique_ptr<T, decltype(&std::free)> data_;
};

inline constexpr std::int64_t kRow = 1000;  // columns of the broadcast case

// Values in (0, 1] that float32 holds exactly, the same in every language. The broadcast case sees `a` as rows of kRow
// columns (a rest is left out) and takes the first kRow values of `b` from each.
struct Inputs {
    Inputs(std::int64_t count, int team) : n(count), threads(team) {}

    std::int64_t n;
    int threads;
    Column<float> a, b, c;
    Column<double> a64, b64, c64;

    // Plain threads, since an OpenMP region here would leave idle threads that spin.
    template <typename T>
    void fill(Column<T>& column, std::uint32_t salt) const {
        column = Column<T>(n);
        T* const data = column.data();
        const auto part = [=, this](std::int64_t k) {
            for (std::int64_t i = n * k / threads; i < n * (k + 1) / threads; ++i) {
                const std::uint32_t mixed = static_cast<std::uint32_t>(i) * 2654435761u + salt;
                data[i] = static_cast<T>((mixed >> 8) + 1) * static_cast<T>(1.0 / 16777216);
            }
        };
        std::vector<std::thread> team;
        for (int k = 0; k < threads; ++k) team.emplace_back(part, k);
        for (std::thread& t : team) t.join();
    }
    void prepare(Case c_) {
        constexpr std::uint32_t kA = 1, kB = 0x9e3779b9u, kC = 0x7f4a7c15u;
        if (c_ == Case::kPolynomialF64) {
            if (a64.data() != nullptr) return;
            a = Column<float>(), b = Column<float>(), c = Column<float>();
            fill(a64, kA), fill(b64, kB), fill(c64, kC);
        } else if (a.data() == nullptr) {
            fill(a, kA), fill(b, kB), fill(c, kC);
        }
    }
    std::int64_t rows() const { return n / kRow; }
    std::int64_t outputs(Case c_) const { return is_reduction(c_) ? 1 : c_ == Case::kBroadcast ? rows() * kRow : n; }
};

inline std::size_t output_bytes(Case c) {
    return is_reduction(c) || c == Case::kPolynomialF64 ? 8 : c == Case::kMask ? 1 : 4;
}

}  // namespace peers
