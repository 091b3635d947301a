#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heddle/placements.hpp"

namespace heddle::schedule {

// Why a task is on the CPU that a device was to run, or could have run; `chosen`: it was better there, or asked for.
enum class Why : std::uint8_t { no_form, memory, refused, lost, chosen };

// What is kept of placements for those who ask afterwards: by the tasks' names where the engine is to explain, and in
// any case how many tasks fell back to the CPU. Not thread-safe: the mutex of the engine's Devices guards it.
class Ledger {
public:
    // lanes: names; the first is the CPU's.
    Ledger(std::vector<std::string> lanes, bool explains) : lanes_(std::move(lanes)), explains_(explains) {}

    bool explains() const { return explains_; }
    // A task was put on a lane. predicted: seconds, by lane. The reason's text lives as long as the program.
    void placed(std::string_view task, std::size_t lane, std::string_view reason, const std::vector<double>& predicted);
    void moved(std::string_view task, std::uint64_t to_device, std::uint64_t to_host);
    void measured(std::string_view task, std::size_t lane, double seconds);
    std::vector<PlacementReport> reports() const;

    // A task fell back to the CPU. `asked`: it was to run on a device; then the first for each reason is told on
    // standard error.
    enum class Asked : std::uint8_t { no, yes };
    void fell_back(std::string_view task, Why why, Asked asked);
    void rerun(std::uint64_t tasks) { fallbacks_.lost += tasks; }
    const Fallbacks& fallbacks() const { return fallbacks_; }

private:
    struct Lane {
        std::uint64_t tasks = 0, measured = 0;
        double seconds = 0, predicted = 0;
    };
    struct Entry {
        std::uint64_t tasks = 0, to_device = 0, to_host = 0;
        std::vector<Lane> lanes;
        std::map<std::pair<std::size_t, std::string_view>, std::uint64_t> reasons;
    };
    Entry& entry(std::string_view task);

    const std::vector<std::string> lanes_;
    const bool explains_;
    std::map<std::string, Entry, std::less<>> entries_;
    Fallbacks fallbacks_;
    bool told_[5] = {};  // by Why
};

// On engines without devices: says once, by `told`, that the task was to run on one.
void tell_no_device(std::string_view task, bool& told);

}  // namespace heddle::schedule
