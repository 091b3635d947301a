#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

// The main program of every ops_<system> in C++; ops_numpy.py has the same cases and the same inputs. A System is
//     static constexpr const char* kName;
//     template <class T> bool run(const std::string& name, std::span<const T> x, std::span<T> out)
//         out[i] = f(x[i]) on one thread; false where it has no such function
namespace peers {

// Where the functions' arguments lie: all functions take them but for those with a domain of their own.
struct Operation {
    const char* name;
    double low, high;
};
inline constexpr Operation kOperations[] = {
    {"exp", -10, 10},     {"exp2", -10, 10},    {"expm1", -10, 10},   {"log", 0.001, 10},       {"log2", 0.001, 10},
    {"log10", 0.001, 10}, {"log1p", -0.9, 10},  {"sin", -10, 10},     {"cos", -10, 10},         {"tan", -10, 10},
    {"arcsin", -1, 1},    {"arccos", -1, 1},    {"arctan", -10, 10},  {"sinh", -10, 10},        {"cosh", -10, 10},
    {"tanh", -10, 10},    {"arcsinh", -10, 10}, {"arccosh", 1, 10},   {"arctanh", -0.99, 0.99}, {"cbrt", -10, 10},
    {"erf", -4, 4},       {"erfc", -4, 10},     {"sigmoid", -10, 10}, {"sqrt", 0, 10}};

// Values spread over [low, high], the same in every language.
template <class T>
std::vector<T> arguments(const Operation& operation, std::int64_t n) {
    std::vector<T> x(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
        const std::uint32_t mixed = static_cast<std::uint32_t>(i) * 2654435761u;
        const double share = static_cast<double>(mixed >> 8) / 16777216;
        x[static_cast<std::size_t>(i)] = static_cast<T>(operation.low + (operation.high - operation.low) * share);
    }
    return x;
}

struct OpsOptions {
    std::int64_t n = 1'000'000;
    int repeat = 5;
    std::string dump;   // a folder: each case's values go to <folder>/<case>.bin
    std::string texts;  // ops_texts.txt, of which n is the most elements: for ops_texts_<system>
};

inline OpsOptions parse_ops_options(int argc, char** argv) {
    OpsOptions options;
    for (int k = 1; k + 1 < argc; k += 2) {
        const std::string name = argv[k], value = argv[k + 1];
        if (name == "--n")
            options.n = std::atoll(value.c_str());
        else if (name == "--repeat")
            options.repeat = std::atoi(value.c_str());
        else if (name == "--dump")
            options.dump = value;
        else if (name == "--texts")
            options.texts = value;
    }
    if (options.n < 1 || options.repeat < 1) {
        std::fprintf(stderr, "usage: %s [--n N] [--repeat R] [--dump DIR]\n", argv[0]);
        std::exit(2);
    }
    return options;
}

template <class T, class System>
void run_operation(System& system, const OpsOptions& options, const Operation& operation) {
    const std::vector<T> x = arguments<T>(operation, options.n);
    std::vector<T> out(x.size());
    const std::string name = operation.name, test = name + (std::is_same_v<T, float> ? "_f32" : "_f64");
    std::string samples;
    for (int k = -1; k < options.repeat; ++k) {  // the first run touches memory and is not reported
        const auto start = std::chrono::steady_clock::now();
        if (!system.template run<T>(name, x, out)) return;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        if (k >= 0)
            samples += (k == 0 ? "" : ", ") + std::to_string(took.count() / static_cast<double>(options.n) * 1e9);
    }
    std::printf(
        "{\"topic\": \"ops\", \"system\": \"%s\", \"case\": \"%s\", \"n\": %lld, \"threads\": 1, \"ns\": [%s]}\n",
        System::kName, test.c_str(), static_cast<long long>(options.n), samples.c_str());
    std::fflush(stdout);
    if (options.dump.empty()) return;
    std::ofstream file(options.dump + "/" + test + ".bin", std::ios::binary);
    file.write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(T)));
    if (!file.flush()) throw std::runtime_error("cannot write to " + options.dump);
}

template <class System>
int ops_main(int argc, char** argv) {
    try {
        const OpsOptions options = parse_ops_options(argc, argv);
        System system;
        for (const Operation& operation : kOperations) {
            run_operation<float>(system, options, operation);
            run_operation<double>(system, options, operation);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}

}  // namespace peers
