#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// The cases of ops_texts.txt, and their inputs; ops_numpy.py has the same.
namespace peers {

inline constexpr std::int64_t kTextRow = 2048;

struct TextCase {
    std::string name;
    std::int64_t n = 0;
    int threads = 1;
    std::string text;
};

inline std::vector<TextCase> read_text_cases(const std::string& place, std::int64_t most) {
    std::ifstream file(place);
    if (!file) throw std::runtime_error("cannot read " + place);
    std::vector<TextCase> cases;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream fields(line);
        TextCase c;
        std::string n, threads;
        std::getline(fields, c.name, '|');
        std::getline(fields, n, '|');
        std::getline(fields, threads, '|');
        std::getline(fields, c.text, '|');
        c.name.erase(c.name.find_last_not_of(' ') + 1);
        c.n = std::min(most, static_cast<std::int64_t>(std::stoll(n)));
        c.threads = std::stoi(threads);
        cases.push_back(c);
    }
    return cases;
}

inline std::uint32_t mixed(std::int64_t i) { return static_cast<std::uint32_t>(i) * 2654435761u; }
inline double share(std::int64_t i) { return static_cast<double>(mixed(i) >> 8) / 16777216; }

template <class T, class F>
std::vector<T> filled(std::int64_t n, F f) {
    std::vector<T> values(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = static_cast<T>(f(i));
    return values;
}

// Runs `once` and prints what it took; the first run touches memory and is not printed.
inline void time_text(const char* system, const TextCase& c, int repeat, const std::function<void()>& once) {
    std::string samples;
    for (int k = -1; k < repeat; ++k) {
        const auto start = std::chrono::steady_clock::now();
        once();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
        if (k >= 0) samples += (k == 0 ? "" : ", ") + std::to_string(took.count());
    }
    std::printf(
        "{\"topic\": \"ops\", \"system\": \"%s\", \"case\": \"%s\", \"n\": %lld, \"threads\": %d, \"ms\": [%s]}\n",
        system, c.name.c_str(), static_cast<long long>(c.n), c.threads, samples.c_str());
    std::fflush(stdout);
}

}  // namespace peers
