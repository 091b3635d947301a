#include "bench/peers/expr_main.hpp"
#include "heddle/array.hpp"
#include "heddle/engine.hpp"
#include "heddle/evaluate.hpp"
#include "heddle/functions.hpp"
#include "heddle/reductions.hpp"

namespace {

using heddle::Array;
using peers::Case;

// Heddle's array algebra on borrowed inputs, into memory that all runs share. Building the expression and waiting for
// the result are timed.
class Heddle {
public:
    static constexpr const char* kName = "heddle";
    static std::string version() { return "Heddle"; }
    explicit Heddle(const peers::Options& options) : engine_({.threads = options.threads}) {}

    const void* run(Case c, const peers::Inputs& in, void* out) {
        const Array array = expression(c, in);
        if (peers::is_reduction(c)) {
            *static_cast<double*>(out) = static_cast<double>(heddle::evaluate(engine_, array).item<float>());
            return out;
        }
        if (c == Case::kPolynomialF64) return into<double>(array, out);
        if (c == Case::kMask) return into<bool>(array, out);
        return into<float>(array, out);
    }

private:
    template <class T>
    const void* into(const Array& array, void* out) {
        heddle::evaluate_into(engine_, array, std::span(static_cast<T*>(out), static_cast<std::size_t>(array.size())))
            .wait();
        return out;
    }
    template <class T>
    static Array borrow(const peers::Column<T>& column, const heddle::Shape& shape) {
        return heddle::borrow(std::span<const T>(column.data(), static_cast<std::size_t>(shape.count())), shape);
    }

    static Array expression(Case which, const peers::Inputs& in) {
        const heddle::Shape flat{in.n};
        if (which == Case::kPolynomialF64) {
            const Array a = borrow(in.a64, flat), b = borrow(in.b64, flat), c = borrow(in.c64, flat);
            return a * b + b * c + a * c + a;
        }
        if (which == Case::kBroadcast) {
            return borrow(in.a, {in.rows(), peers::kRow}) - borrow(in.b, {peers::kRow});
        }
        const Array a = borrow(in.a, flat), b = borrow(in.b, flat), c = borrow(in.c, flat);
        switch (which) {
            case Case::kPolynomial:
                return a * b + b * c + a * c + a;
            case Case::kSine:
                return 2 * a * a + 3 * b * sin(c);
            case Case::kRatio:
                return (a - b) / (a + b);
            case Case::kSelect:
                return where(a > b, a, b) + c;
            case Case::kNorm:
                return sqrt(a * a + b * b);
            case Case::kIncrement:
                return a + 1;
            case Case::kMask:
                return (a > 0.5) & (b < 0.5);
            case Case::kSumProduct:
                return sum(a * b);
            case Case::kMean:
                return mean(a);
            default:
                return heddle::stddev(a);
        }
    }

    heddle::Engine engine_;
};

}  // namespace

int main(int argc, char** argv) { return peers::expr_main<Heddle>(argc, argv); }
