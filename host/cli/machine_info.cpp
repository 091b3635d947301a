#include "host/cli/machine_info.hpp"

#include <fmt/format.h>
#include <hwloc.h>
#include <sched.h>
#include <unistd.h>
#include <zlib.h>

#include <CLI/Version.hpp>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "heddle/engine.hpp"
#include "host/device/cuda.hpp"
#include "host/io/version.hpp"
#include "host/pipeline/units.hpp"
#include "host/pipeline/version.hpp"

namespace heddle::cli {
namespace {

using Json = nlohmann::ordered_json;

Json cores_json() {
    hwloc_topology_t topology = nullptr;
    if (hwloc_topology_init(&topology) != 0) return Json::object();
    const std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> owner(topology, hwloc_topology_destroy);
    if (hwloc_topology_load(topology) != 0) return Json::object();
    Json json{{"packages", hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PACKAGE)},
              {"cores", hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE)},
              {"hardware_threads", hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU)}};
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) json["allowed"] = CPU_COUNT(&allowed);
    json["memory"] =
        static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (auto* package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0))
        if (const char* model = hwloc_obj_get_info_by_name(package, "CPUModel")) json["model"] = model;
    return json;
}

std::string fmt_version() {
    return fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
}

std::string hwloc_version() {
    const auto version = hwloc_get_api_version();
    return fmt::format("{}.{}.{}", version >> 16, version >> 8 & 255, version & 255);
}

Json libraries_json() {
    return {{"HDF5", io::library_version()},
            {"zlib", std::string(zlibVersion())},
            {"hwloc", hwloc_version()},
            {"fmt", fmt_version()},
            {"CLI11", CLI11_VERSION},
            {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                          NLOHMANN_JSON_VERSION_PATCH)}};
}

Json cuda_json() {
    const auto state = device::find_cuda();
    if (state.toolkit.empty()) return "not built";
    const auto known = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    Json json{{"built_with", state.toolkit},
              {"driver", known(state.driver)},
              {"NVRTC", known(state.nvrtc)},
              {"devices", Json::array()},
              {"reason", known(state.reason)}};
    for (const auto& found : state.devices)
        json["devices"].push_back({{"name", found.name},
                                   {"model", found.model},
                                   {"memory", found.memory},
                                   {"compute_capability", fmt::format("{}.{}", found.major, found.minor)},
                                   {"unusable", known(found.unusable)}});
    return json;
}

std::string cuda_text(const Json& cuda) {
    if (cuda.is_string()) return cuda.get<std::string>() + "\n";
    auto text = "built with CUDA " + cuda["built_with"].get<std::string>();
    text += cuda["NVRTC"].is_null() ? ", NVRTC not found" : ", NVRTC " + cuda["NVRTC"].get<std::string>();
    if (!cuda["reason"].is_null()) return text + "; " + cuda["reason"].get<std::string>() + "\n";
    text += "; the driver serves CUDA " + cuda["driver"].get<std::string>() + "\n";
    for (const auto& found : cuda["devices"]) {
        text +=
            fmt::format("{:11}{}  {}, {}, compute capability {}", "", found["name"].get<std::string>(),
                        found["model"].get<std::string>(), pipeline::format_bytes(found["memory"].get<std::uint64_t>()),
                        found["compute_capability"].get<std::string>());
        text += found["unusable"].is_null() ? "\n" : "; cannot be used: " + found["unusable"].get<std::string>() + "\n";
    }
    return text;
}

std::string compiler() {
    std::string text = __VERSION__;
    return text.find("lang") == std::string::npos ? "g++ " + text : text;
}

}  // namespace

Json machine_json() {
    const Engine engine;
    const char* asked = std::getenv("OMP_NUM_THREADS");
    return {{"version", std::string(pipeline::kVersion)},
            {"compiler", compiler()},
            {"machine", cores_json()},
            {"engine",
             {{"device", std::string(engine.device())},
              {"threads", engine.threads()},
              {"OMP_NUM_THREADS", asked ? Json(asked) : Json()},
              {"memory_limit", engine.memory_limit()},
              {"unopened", engine.fallbacks().unopened}}},
            {"devices", {{"omp", "OpenMP team"}, {"reference", "one task at a time"}, {"cuda", cuda_json()}}},
            {"libraries", libraries_json()}};
}

std::string machine_text(const Json& machine) {
    const auto& cores = machine["machine"];
    const auto& engine = machine["engine"];
    std::string text = fmt::format("heddle     {}, built by {}\n", machine["version"].get<std::string>(),
                                   machine["compiler"].get<std::string>());
    if (cores.contains("model")) text += fmt::format("processor  {}\n", cores["model"].get<std::string>());
    if (cores.contains("cores"))
        text += fmt::format("cores      {} with {} hardware threads in {} package(s); this process may use {}\n",
                            cores["cores"].get<int>(), cores["hardware_threads"].get<int>(),
                            cores["packages"].get<int>(), cores.value("allowed", 0));
    text += fmt::format("threads    {} ({})\n", engine["threads"].get<int>(),
                        engine["OMP_NUM_THREADS"].is_null()
                            ? std::string("OMP_NUM_THREADS is not set")
                            : "OMP_NUM_THREADS=" + engine["OMP_NUM_THREADS"].get<std::string>());
    if (cores.contains("memory"))
        text += fmt::format("memory     {}, of which a run may use {}\n",
                            pipeline::format_bytes(cores["memory"].get<std::uint64_t>()),
                            pipeline::format_bytes(engine["memory_limit"].get<std::uint64_t>()));
    text += fmt::format("device     {}\n", engine["device"].get<std::string>());
    for (const auto& error : engine["unopened"]) text += fmt::format("not used   {}\n", error.get<std::string>());
    text += "CUDA       " + cuda_text(machine["devices"]["cuda"]);
    std::string libraries;
    for (const auto& [name, version] : machine["libraries"].items())
        libraries += fmt::format("{}{} {}", libraries.empty() ? "" : ", ", name, version.get<std::string>());
    return text + "libraries  " + libraries + "\n";
}

}  // namespace heddle::cli
