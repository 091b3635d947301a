#pragma once

#include <chrono>
#include <future>
#include <ostream>
#include <string>
#include <thread>

#include "heddle/engine.hpp"
#include "heddle/error.hpp"

namespace heddle::test {

// One engine that every test of the task layer runs on.
struct Setup {
    const char* device;
    int threads;
    Checks checks = Checks::off;

    EngineOptions options() const { return {.threads = threads, .device = device, .checks = checks}; }
    friend std::ostream& operator<<(std::ostream& out, const Setup& s) {
        return out << s.device << s.threads << (s.checks == Checks::on ? "checked" : "");
    }
};

// Simulated devices take every task whose body only takes views; bodies that make scopes of their own do not go there.
inline constexpr const char* kOneSim = "sim:devices=1,streams=3";
inline constexpr const char* kThreeSims = "sim:devices=3,streams=2,memory=64K";

inline const Setup kSetups[] = {
    {"omp", 1}, {"omp", 2}, {"omp", 7}, {"reference", 1}, {"omp", 2, Checks::on}, {"reference", 1, Checks::on}};

inline const Setup kSetupsWithDevices[] = {
    {"omp", 1},   {"omp", 2},     {"omp", 7}, {"reference", 1}, {"omp", 2, Checks::on}, {"reference", 1, Checks::on},
    {kOneSim, 2}, {kThreeSims, 2}};

inline const Setup kTeams[] = {{"omp", 1}, {"omp", 2}, {"omp", 7}, {"omp", 2, Checks::on}};

inline std::string name_of(const Setup& s) {
    const std::string device = s.device == std::string(kOneSim)      ? "sim_"
                               : s.device == std::string(kThreeSims) ? "sims_"
                                                                     : s.device;
    return device + std::to_string(s.threads) + (s.checks == Checks::on ? "_checked" : "");
}

// The error that f throws, whose type must be E; fails the test otherwise.
template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    } catch (const std::exception& error) {
        return std::string("another type: ") + error.what();
    }
    return "nothing was thrown";
}

}  // namespace heddle::test
