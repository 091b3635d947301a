#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/peers/expr_cases.hpp"

// The main program of every expr_<system> in C++. A System is
//     static constexpr const char* kName;
//     static std::string version();
//     explicit System(const Options&)
//     const void* run(Case, const Inputs&, void* out)   one evaluation; returns where the values are: `out`, which has
//                                                       room for them and is the same at each call, or memory of its
//                                                       own (a reduction: one double)
namespace peers {

struct Options {
    std::string system;
    std::vector<Case> cases;
    std::int64_t n = 100'000'000;
    int threads = 2;
    int repeat = 3;
    std::string dump;  // a folder: each case's values go to <folder>/<case>.bin
};

inline Options parse_options(int argc, char** argv) {
    Options o;
    const auto fail = [&](const std::string& why) {
        std::fprintf(stderr, "%s: %s\n", argv[0], why.c_str());
        std::fprintf(stderr,
                     "usage: %s [--case NAME|all] [--n N] [--threads T] [--repeat R] [--system S] [--dump DIR]\n",
                     argv[0]);
        std::exit(2);
    };
    std::string wanted = "all";
    for (int k = 1; k < argc; k += 2) {
        const std::string name = argv[k];
        if (k + 1 == argc) fail("'" + name + "' is no option, or its value is missing");
        const std::string text = argv[k + 1];
        const auto number = [&] {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (text.empty() || *end != '\0' || !(value >= 1 && value <= 1e11))
                fail(name + ": not a number >= 1: " + text);
            return static_cast<std::int64_t>(value);
        };
        if (name == "--case")
            wanted = text;
        else if (name == "--system")
            o.system = text;
        else if (name == "--dump")
            o.dump = text;
        else if (name == "--n")
            o.n = number();
        else if (name == "--threads")
            o.threads = static_cast<int>(number());
        else if (name == "--repeat")
            o.repeat = static_cast<int>(number());
        else
            fail("no option '" + name + "'");
    }
    for (std::size_t k = 0; k < kCaseNames.size(); ++k) {
        if (wanted == "all" || wanted == kCaseNames[k]) o.cases.push_back(static_cast<Case>(k));
    }
    if (o.cases.empty()) fail("no case '" + wanted + "'");
    return o;
}

inline double checksum(Case c, const void* values, std::int64_t count) {
    double sum = 0;
    const auto add = [&](const auto* v) {
        for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(v[i]);
    };
    switch (output_bytes(c)) {
        case 8:
            add(static_cast<const double*>(values));
            break;
        case 4:
            add(static_cast<const float*>(values));
            break;
        default:
            add(static_cast<const std::uint8_t*>(values));
    }
    return sum;
}

inline void dump_values(const Options& options, const std::string& name, const void* values, std::size_t bytes) {
    const std::string path = options.dump + "/" + name + ".bin";
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) throw std::runtime_error("cannot write " + path);
    const bool whole = std::fwrite(values, 1, bytes, file) == bytes;
    if (std::fclose(file) != 0 || !whole) throw std::runtime_error("cannot write " + path);
}

template <typename System>
void run_cases(const Options& options) {
    System system(options);
    Inputs inputs(options.n, options.threads);
    for (Case c : options.cases) {
        inputs.prepare(c);
        const std::int64_t count = inputs.outputs(c);
        const auto bytes = static_cast<std::size_t>(std::max<std::int64_t>(count, 1)) * output_bytes(c);
        Column<char> out(static_cast<std::int64_t>(bytes));
        const std::string name(kCaseNames[static_cast<std::size_t>(c)]);
        std::printf("{\"topic\": \"expr\", \"system\": \"%s\", \"version\": \"%s\", \"case\": \"%s\", \"n\": %lld, ",
                    options.system.empty() ? System::kName : options.system.c_str(), System::version().c_str(),
                    name.c_str(), static_cast<long long>(count));
        std::printf("\"threads\": %d, \"seconds\": [", options.threads);
        const void* values = nullptr;
        for (int k = -1; k < options.repeat; ++k) {  // the first run touches memory and is not reported
            const auto start = std::chrono::steady_clock::now();
            values = system.run(c, inputs, out.data());
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            if (k >= 0) std::printf("%s%.6f", k == 0 ? "" : ", ", took.count());
        }
        std::printf("], \"checksum\": %.17g}\n", checksum(c, values, count));
        std::fflush(stdout);
        if (!options.dump.empty()) dump_values(options, name, values, bytes);
    }
}

template <typename System>
int expr_main(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    try {
        run_cases<System>(options);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}

}  // namespace peers
