// Arrays moved, joined and reshaped, with one thread: the cases of shapes_numpy.py, the same inputs, the same lines.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "heddle/heddle.hpp"

namespace {

using heddle::Array;

struct Case {
    const char* name;
    std::function<Array(const Array& matrix, const Array& line, const Array& cube)> make;
};

const std::vector<Case>& cases() {
    using heddle::PadMode;
    static const std::vector<Case> list{{"gradient", [](auto& m, auto&, auto&) { return gradient(m, 0.5); }},
                                        {"gradient_axis0", [](auto& m, auto&, auto&) { return gradient(m, 0.5, 0); }},
                                        {"gradient_line", [](auto&, auto& x, auto&) { return gradient(x, 0.5); }},
                                        {"diff", [](auto& m, auto&, auto&) { return diff(m); }},
                                        {"diff_line", [](auto&, auto& x, auto&) { return diff(x); }},
                                        {"ravel_transpose", [](auto& m, auto&, auto&) { return ravel(m.transpose()); }},
                                        {"transpose", [](auto& m, auto&, auto&) { return m.transpose(); }},
                                        {"transpose_plus", [](auto& m, auto&, auto&) { return m.transpose() + 1; }},
                                        {"moveaxis", [](auto&, auto&, auto& c) { return moveaxis(c, {0}, {-1}); }},
                                        {"swapaxes", [](auto&, auto&, auto& c) { return swapaxes(c, 0, 1); }},
                                        {"roll", [](auto& m, auto&, auto&) { return roll(m, 12345); }},
                                        {"roll_axis1", [](auto& m, auto&, auto&) { return roll(m, 123, 1); }},
                                        {"pad",
                                         [](auto& m, auto&, auto&) {
                                             return pad(m, {{3, 5}}, PadMode::constant, 7);
                                         }},
                                        {"pad_edge",
                                         [](auto& m, auto&, auto&) {
                                             return pad(m, {{3, 5}}, PadMode::edge);
                                         }},
                                        {"pad_reflect",
                                         [](auto& m, auto&, auto&) {
                                             return pad(m, {{30, 50}}, PadMode::reflect);
                                         }},
                                        {"pad_wrap",
                                         [](auto& m, auto&, auto&) {
                                             return pad(m, {{30, 50}}, PadMode::wrap);
                                         }},
                                        {"tile",
                                         [](auto& m, auto&, auto&) {
                                             return tile(m(heddle::Slice{0, m.shape()[0] / 4}), {2, 2});
                                         }},
                                        {"repeat",
                                         [](auto& m, auto&, auto&) {
                                             return repeat(m(heddle::Slice{0, m.shape()[0] / 4}), 4, 1);
                                         }},
                                        {"repeat_axis0",
                                         [](auto& m, auto&, auto&) {
                                             return repeat(m(heddle::Slice{0, m.shape()[0] / 4}), 4, 0);
                                         }},
                                        {"concatenate",
                                         [](auto&, auto& x, auto&) {
                                             return heddle::concatenate({x, x});
                                         }},
                                        {"concatenate_axis1",
                                         [](auto& m, auto&, auto&) {
                                             return heddle::concatenate({m, m}, 1);
                                         }},
                                        {"stack",
                                         [](auto&, auto& x, auto&) {
                                             return heddle::stack({x, x});
                                         }},
                                        {"stack_last",
                                         [](auto&, auto& x, auto&) {
                                             return heddle::stack({x, x, x}, -1);
                                         }},
                                        {"downsample_2", [](auto& m, auto&, auto&) { return downsample(m, {2}); }},
                                        {"downsample_4", [](auto& m, auto&, auto&) { return downsample(m, {4}); }},
                                        {"downsample_line", [](auto&, auto& x, auto&) { return downsample(x, {8}); }},
                                        {"flip", [](auto& m, auto&, auto&) { return flip(m); }},
                                        {"flip_axis0", [](auto& m, auto&, auto&) { return flip(m, 0); }},
                                        {"steps",
                                         [](auto& m, auto&, auto&) {
                                             return m(heddle::ellipsis, heddle::Slice{{}, {}, 2});
                                         }},
                                        {"ravel_steps", [](auto& m, auto&, auto&) {
                                             return ravel(m(heddle::ellipsis, heddle::Slice{{}, {}, 2}));
                                         }}};
    return list;
}

struct Options {
    std::int64_t rows = 1000;
    int repeat = 3;
    std::string dump, only;
};

template <class T>
void run(heddle::Engine& engine, const Options& options, const Case& test) {
    const std::int64_t columns = 5000, n = options.rows * columns;
    std::vector<T> values(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) {
        const std::uint32_t mixed = static_cast<std::uint32_t>(i) * 2654435761u;
        values[static_cast<std::size_t>(i)] = static_cast<T>(mixed >> 16);
    }
    const auto borrowed = [&](const heddle::Shape& shape) { return heddle::borrow(std::span<const T>(values), shape); };
    const Array matrix = borrowed({options.rows, columns}), line = borrowed({n}),
                cube = borrowed({options.rows, columns / 50, 50});
    const std::string name = std::string(test.name) + (std::is_same_v<T, float> ? "_f32" : "_f64");
    std::string samples;
    for (int k = -1; k < options.repeat; ++k) {  // the first run is not reported
        const auto start = std::chrono::steady_clock::now();
        Array made = evaluate(engine, test.make(matrix, line, cube));
        made.wait();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        if (k >= 0) samples += (k == 0 ? "" : ", ") + std::to_string(took.count() * 1e3);
        if (k >= 0 || options.dump.empty()) continue;
        const auto host = heddle::values<T>(engine, made);
        std::ofstream file(options.dump + "/" + name + ".bin", std::ios::binary);
        file.write(reinterpret_cast<const char*>(host.data()), static_cast<std::streamsize>(host.size() * sizeof(T)));
    }
    std::printf("{\"topic\": \"shapes\", \"system\": \"heddle\", \"case\": \"%s\", \"n\": %lld, \"ms\": [%s]}\n",
                name.c_str(), static_cast<long long>(n), samples.c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    for (int k = 1; k + 1 < argc; k += 2) {
        const std::string name = argv[k], value = argv[k + 1];
        if (name == "--rows") options.rows = std::atoll(value.c_str());
        if (name == "--repeat") options.repeat = std::atoi(value.c_str());
        if (name == "--dump") options.dump = value;
        if (name == "--only") options.only = value;
    }
    try {
        heddle::Engine engine({.threads = 1});
        for (const auto& test : cases()) {
            if (!options.only.empty() && std::strstr(test.name, options.only.c_str()) == nullptr) continue;
            run<float>(engine, options, test);
            run<double>(engine, options, test);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
