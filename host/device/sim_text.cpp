#include "host/device/sim_text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "heddle/error.hpp"

namespace heddle::device {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
    throw ArgumentError(
        "no simulated device is described by '" + std::string(text) + "'", reason,
        "write sim, or sim: and pairs like devices=2,memory=64M,to_device=10G,to_host=10G,"
        "on_device=1T,flops=1T,launch=5e-6,copy=1e-6,slowdown=2,streams=4,seed=1,jitter=0.5,clock=virtual,"
        "host_bytes=20G,host_flops=100G,fault=launch/later/0/3");
}

// A number with an optional K, M, G or T: powers of 1024 of sizes, of 1000 of rates.
double number(std::string_view whole, std::string_view text, double unit) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error != std::errc() || value < 0 || rest.size() > 1) refuse(whole, "'" + std::string(text) + "' is no number");
    if (rest.empty()) return value;
    const auto power = std::string_view("KMGT").find(rest[0]);
    if (power == std::string_view::npos) refuse(whole, "'" + std::string(rest) + "' is no unit");
    for (std::size_t i = 0; i <= power; ++i) value *= unit;
    return value;
}

}  // namespace

namespace {

// CALL/KIND/DEVICE/AT
Fault parse_fault(std::string_view whole, std::string_view text) {
    constexpr std::string_view calls[] = {"allocate", "allocate_pinned", "copy", "launch", "mark", "wait"};
    constexpr std::string_view kinds[] = {"refused", "lost", "later", "hang"};
    std::string_view parts[4];
    for (auto& part : parts) {
        part = text.substr(0, text.find('/'));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
    }
    const auto call = std::find(std::begin(calls), std::end(calls), parts[0]);
    const auto kind = std::find(std::begin(kinds), std::end(kinds), parts[1]);
    if (call == std::end(calls) || kind == std::end(kinds)) refuse(whole, "its fault is not CALL/KIND/DEVICE/AT");
    return {static_cast<Fault::Call>(call - std::begin(calls)), static_cast<Fault::Kind>(kind - std::begin(kinds)),
            static_cast<int>(number(whole, parts[2], 1)), static_cast<std::uint64_t>(number(whole, parts[3], 1))};
}

}  // namespace

SimSystem parse_sim(std::string_view text) {
    SimSystem system;
    SimOptions& sim = system.options;
    if (!text.starts_with("sim")) refuse(text, "it does not begin with 'sim'");
    std::string_view rest = text.substr(3);
    if (!rest.empty() && rest[0] != ':') refuse(text, "':' comes before the first pair");
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const auto pair = rest.substr(0, rest.find(','));
        rest.remove_prefix(pair.size());
        const auto key = pair.substr(0, pair.find('='));
        if (key.size() == pair.size()) refuse(text, "'" + std::string(pair) + "' has no value");
        const auto value = pair.substr(key.size() + 1);
        const auto size = [&] { return number(text, value, 1024); };
        const auto rate = [&] { return number(text, value, 1000); };
        if (key == "devices")
            system.devices = static_cast<int>(rate());
        else if (key == "memory")
            sim.memory = static_cast<std::size_t>(size());
        else if (key == "streams")
            sim.compute_streams = static_cast<int>(rate());
        else if (key == "to_device")
            sim.to_device = rate();
        else if (key == "to_host")
            sim.to_host = rate();
        else if (key == "on_device")
            sim.on_device = rate();
        else if (key == "flops")
            sim.flops = rate();
        else if (key == "launch")
            sim.launch = rate();
        else if (key == "copy")
            sim.copy = rate();
        else if (key == "slowdown")
            sim.slowdown = rate();
        else if (key == "seed")
            sim.seed = static_cast<std::uint64_t>(rate());
        else if (key == "jitter")
            sim.jitter = rate();
        else if (key == "host_bytes")
            system.host_bytes = rate();
        else if (key == "host_flops")
            system.host_flops = rate();
        else if (key == "fault")
            sim.faults.push_back(parse_fault(text, value));
        else if (key == "clock" && value == "virtual")
            sim.clock = std::make_shared<Clock>();
        else if (key == "clock" && value == "real")
            sim.clock = nullptr;
        else
            refuse(text, "'" + std::string(pair) + "' is not known");
    }
    if (system.devices < 1 || system.devices > 64) refuse(text, "devices is not from 1 to 64");
    if (sim.compute_streams < 1 || sim.compute_streams > 64) refuse(text, "streams is not from 1 to 64");
    return system;
}

std::vector<std::unique_ptr<Accelerator>> make_sims(const SimSystem& system) {
    std::vector<std::unique_ptr<Accelerator>> devices;
    for (int i = 0; i < system.devices; ++i) {
        SimOptions options = system.options;
        std::erase_if(options.faults, [i](const Fault& fault) { return fault.device != i; });
        devices.push_back(make_sim(options, i));
    }
    return devices;
}

}  // namespace heddle::device
