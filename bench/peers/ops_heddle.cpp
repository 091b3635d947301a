#include <map>

#include "bench/peers/ops_main.hpp"
#include "heddle/array.hpp"
#include "heddle/engine.hpp"
#include "heddle/evaluate.hpp"
#include "heddle/functions.hpp"

namespace {

using heddle::Array;

// Heddle's array algebra with one thread, the engine's part included.
class Heddle {
public:
    static constexpr const char* kName = "heddle";

    template <class T>
    bool run(const std::string& name, std::span<const T> x, std::span<T> out) {
        static const std::map<std::string, Array (*)(const Array&)> functions{
            {"exp", heddle::exp},       {"exp2", heddle::exp2},       {"expm1", heddle::expm1},
            {"log", heddle::log},       {"log2", heddle::log2},       {"log10", heddle::log10},
            {"log1p", heddle::log1p},   {"sin", heddle::sin},         {"cos", heddle::cos},
            {"tan", heddle::tan},       {"arcsin", heddle::asin},     {"arccos", heddle::acos},
            {"arctan", heddle::atan},   {"sinh", heddle::sinh},       {"cosh", heddle::cosh},
            {"tanh", heddle::tanh},     {"arcsinh", heddle::asinh},   {"arccosh", heddle::acosh},
            {"arctanh", heddle::atanh}, {"cbrt", heddle::cbrt},       {"erf", heddle::erf},
            {"erfc", heddle::erfc},     {"sigmoid", heddle::sigmoid}, {"sqrt", heddle::sqrt}};
        const Array a = heddle::borrow(x, heddle::Shape{static_cast<std::int64_t>(x.size())});
        heddle::evaluate_into(engine_, functions.at(name)(a), out).wait();
        return true;
    }

private:
    heddle::Engine engine_{{.threads = 1}};
};

}  // namespace

int main(int argc, char** argv) { return peers::ops_main<Heddle>(argc, argv); }
