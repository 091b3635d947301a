#include <algorithm>
#include <memory>

#include "bench/peers/ops_main.hpp"
#include "bench/peers/ops_texts.hpp"
#include "heddle/heddle.hpp"

namespace {

using heddle::Array;
using heddle::Shape;

// What a text may name, of n elements. Whoever uses only some of it pays for little: it is made once per size.
class Inputs {
public:
    explicit Inputs(std::int64_t n)
        : n_(n),
          x_(peers::filled<double>(n, peers::share)),
          y_(peers::filled<double>(n, [](std::int64_t i) { return peers::share(i + 12345); })),
          rising_(peers::filled<double>(
              n, [n](std::int64_t i) { return static_cast<double>(i) / static_cast<double>(n); })),
          z_(peers::filled<float>(n, peers::share)),
          i_(peers::filled<std::int64_t>(n, [](std::int64_t i) { return peers::mixed(i) % 1000003 - 500000ll; })),
          p_(peers::filled<std::int64_t>(n, [n](std::int64_t i) { return peers::mixed(i) % n; })),
          k_(peers::filled<std::int32_t>(n, [](std::int64_t i) { return (peers::mixed(i) >> 16) % 64; })),
          m_(peers::filled<std::uint8_t>(n, [](std::int64_t i) { return (peers::mixed(i) >> 20) & 1; })) {
        for (std::int64_t at = 0; at < n; at += 100) cuts_.push_back(at);
        cuts_.push_back(n);
        for (int part = 0; part <= 16; ++part) few_.push_back(n * part / 16);
    }

    std::int64_t count() const { return n_; }

    std::vector<heddle::NamedArray> named() const {
        const Shape flat{n_}, rows{n_ / peers::kTextRow, peers::kTextRow};
        const auto in_rows = static_cast<std::size_t>(rows.count());
        const std::span<const bool> m(reinterpret_cast<const bool*>(m_.data()), m_.size());
        return {{"x", borrowed(x_)},
                {"y", borrowed(y_)},
                {"z", borrowed(z_)},
                {"i", borrowed(i_)},
                {"k", borrowed(k_)},
                {"p", borrowed(p_)},
                {"m", heddle::borrow(m, flat)},
                {"rising", borrowed(rising_)},
                {"cuts", borrowed(cuts_)},
                {"few", borrowed(few_)},
                {"x2", heddle::borrow(std::span(x_).first(in_rows), rows)},
                {"z2", heddle::borrow(std::span(z_).first(in_rows), rows)}};
    }

private:
    template <class T>
    static Array borrowed(const std::vector<T>& values) {
        return heddle::borrow(std::span<const T>(values), Shape{static_cast<std::int64_t>(values.size())});
    }

    std::int64_t n_;
    std::vector<double> x_, y_, rising_;
    std::vector<float> z_;
    std::vector<std::int64_t> i_, p_, cuts_, few_;
    std::vector<std::int32_t> k_;
    std::vector<std::uint8_t> m_;
};

void dump(heddle::Engine& engine, const Array& result, const std::string& place) {
    const Array shown = heddle::is_complex(result.dtype()) ? heddle::real(result) : result;
    const std::vector<double> values = heddle::values<double>(engine, shown);
    std::ofstream file(place, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(double)));
    if (!file.flush()) throw std::runtime_error("cannot write " + place);
}

int run(const std::string& texts, std::int64_t most, int repeat, const std::string& folder) {
    std::unique_ptr<Inputs> inputs;
    for (const peers::TextCase& c : peers::read_text_cases(texts, most)) {
        if (inputs == nullptr || inputs->count() != c.n) {
            inputs.reset();
            inputs = std::make_unique<Inputs>(c.n);
        }
        heddle::Engine engine({.threads = c.threads});
        const auto named = inputs->named();
        const auto once = [&] {
            return heddle::evaluate(engine, heddle::parse_expression(c.text, named).back().array);
        };
        peers::time_text("heddle", c, repeat, [&] { once().wait(); });
        if (!folder.empty()) dump(engine, once(), folder + "/" + c.name + ".text.bin");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const peers::OpsOptions options = peers::parse_ops_options(argc, argv);
        return run(options.texts, options.n, options.repeat, options.dump);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
