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

inline const Setup kSetups[] = {
    {"omp", 1}, {"omp", 2}, {"omp", 7}, {"reference", 1}, {"omp", 2, Checks::on}, {"reference", 1, Checks::on}};

inline const Setup kTeams[] = {{"omp", 1}, {"omp", 2}, {"omp", 7}, {"omp", 2, Checks::on}};

inline std::string name_of(const Setup& s) {
    return std::string(s.device) + std::to_string(s.threads) + (s.checks == Checks::on ? "_checked" : "");
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
