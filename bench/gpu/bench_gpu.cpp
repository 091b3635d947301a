#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "bench/gpu/cases.hpp"
#include "bench/gpu/whole.hpp"
#include "heddle/error.hpp"

// What a GPU makes of generated kernels, copies and launches, without the engine. Each kernel's results are compared
// with the CPU's, bit by bit.
//   bench_gpu [--json FILE] [--bytes N]   N bytes of each operand (default 2^30)
//   bench_gpu --compile                   only compiles the kernels, for sm_80 and sm_90: needs no GPU
// Exit status: 0, 1 when something failed or bits differ, 2 for wrong usage, 3 when there is no GPU.
namespace heddle::bench {
namespace {

using device::kCompute;
using device::kToDevice;
using device::kToHost;

constexpr std::size_t kChunk = std::size_t{64} << 20;  // bytes of a period, and of a chunk of the overlap

struct Report {
    std::string rows, json;
    bool right = true;

    void heading(std::string_view columns, int count) {
        rows += fmt::format("\n| {} |\n|---|", columns);
        for (int i = 1; i < count; ++i) rows += "---:|";
        rows += "\n";
    }
    void member(const std::string& text) { json += (json.empty() ? "    " : ",\n    ") + text; }
};

std::vector<float> values(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> result(count);
    for (float& x : result) x = static_cast<float>((random() >> 8) + 1) / 16777216.0f;
    return result;
}

Data make_data(Gpu& gpu, std::size_t bytes) {
    Data data;
    const std::size_t chunk = std::min(bytes, kChunk);
    data.period = static_cast<std::int64_t>(chunk / sizeof(float));
    data.count = static_cast<std::int64_t>(bytes / sizeof(float));
    std::byte* staging = gpu.pinned(chunk);
    for (unsigned i = 0; i < 3; ++i) {
        data.inputs.push_back(values(static_cast<std::size_t>(data.period), i + 1));
        data.operands.push_back(gpu.allocate(bytes));
        std::memcpy(staging, data.inputs.back().data(), chunk);
        gpu.follow(kToDevice, kCompute);
        for (std::size_t at = 0; at < bytes; at += chunk)
            gpu.device->copy(kToDevice, data.operands.back() + at, staging, {chunk});
        gpu.finish(kToDevice);
    }
    return data;
}

// Bytes read and written by a copy within the device, per second.
double measure_copy(Gpu& gpu, const Data& data, std::size_t bytes, Report& report) {
    std::byte* to = gpu.allocate(bytes);
    const double seconds =
        gpu.seconds(kCompute, 10, [&] { gpu.device->copy(kCompute, to, data.operands[0], {bytes}); });
    gpu.free(to);
    const double rate = 2 * static_cast<double>(bytes) / seconds;
    report.heading("copy | GB/s", 2);
    report.rows += fmt::format("| device to device, read and written | {:.1f} |\n", rate / 1e9);
    report.member(fmt::format(R"("operand_bytes": {}, "copy_bytes_per_second": {:.6g})", bytes, rate));
    return rate;
}

void measure_kernels(Gpu& gpu, const Data& data, double copy_rate, Report& report) {
    report.heading("kernel | ms | GB/s | of the copy | bits", 5);
    std::string list;
    for (const Case& c : cases(data.count)) {
        const Timing t = measure(gpu, data, c);
        const double rate = t.bytes / t.seconds;
        const std::string_view bits = t.equal ? "equal" : "DIFFERENT";
        report.right = report.right && t.equal;
        report.rows += fmt::format("| {} | {:.3f} | {:.1f} | {:.1f} % | {} |\n", c.name, t.seconds * 1e3, rate / 1e9,
                                   100 * rate / copy_rate, bits);
        list += fmt::format(
            R"({}{{"name": "{}", "seconds": {:.6g}, "bytes": {:.6g}, "share_of_copy": {:.4f}, "bits": "{}"}})",
            list.empty() ? "" : ",\n      ", c.name, t.seconds, t.bytes, rate / copy_rate, bits);
    }
    report.member("\"kernels\": [\n      " + list + "]");
}

void measure_wholes(Gpu& gpu, const Data& data, Report& report) {
    const auto timings = measure_whole(gpu, data);
    if (timings.empty()) return;
    report.heading("whole operation | Heddle ms | CUB ms | CUB / Heddle | bits", 5);
    std::string list;
    for (const WholeTiming& t : timings) {
        const std::string_view bits = t.equal ? "equal" : "DIFFERENT";
        report.right = report.right && t.equal;
        report.rows += fmt::format("| {} | {:.3f} | {:.3f} | {:.1f} % | {} |\n", t.name, t.heddle * 1e3, t.cub * 1e3,
                                   100 * t.cub / t.heddle, bits);
        list += fmt::format(R"({}{{"name": "{}", "seconds": {:.6g}, "cub_seconds": {:.6g}, "bits": "{}"}})",
                            list.empty() ? "" : ",\n      ", t.name, t.heddle, t.cub, bits);
    }
    report.member("\"whole\": [\n      " + list + "]");
}

// Chunks go to the device, through a kernel `turns` times, and back, with four chunks under way. A pass leaves out what
// it does not time.
class Pipeline {
public:
    Pipeline(Gpu& gpu, int turns) : gpu_(gpu), turns_(turns), in_(gpu.pinned(kChunk)), out_(gpu.pinned(kChunk)) {
        std::memset(in_, 0, kChunk);
        const Case increment = cases(static_cast<std::int64_t>(kChunk / sizeof(float)))[0];
        kernel_ = std::make_unique<Compiled>(source(increment), gpu.architecture);
        for (Slot& slot : slots_) {
            slot.from = gpu.allocate(kChunk);
            slot.to = gpu.allocate(kChunk);
            const expr::StridedInput input{slot.from, Shape{4}};
            const expr::StridedOutput output{slot.to, Shape{4}};
            slot.launch = expr::bind_kernel(increment.program, increment.extents, {&input, 1}, {&output, 1});
        }
        gpu.follow(kToDevice, kCompute);
        gpu.follow(kToHost, kCompute);
    }
    ~Pipeline() {
        for (Slot& slot : slots_) {
            gpu_.free(slot.from);
            gpu_.free(slot.to);
        }
    }

    double pass(bool up, bool compute, bool down) {
        run(up, compute, down);
        const auto start = Clock::now();
        run(up, compute, down);
        return since(start);
    }

private:
    struct Slot {
        std::byte *from = nullptr, *to = nullptr;
        expr::KernelLaunch launch;
        device::Mark done = 0;  // of kToHost
    };

    void run(bool up, bool compute, bool down) {
        auto& device = *gpu_.device;
        for (int chunk = 0; chunk < 16; ++chunk) {
            Slot& slot = slots_[static_cast<std::size_t>(chunk) % slots_.size()];
            if (slot.done != 0) device.wait(kToDevice, device, kToHost, slot.done);
            if (up) device.copy(kToDevice, slot.from, in_, {kChunk});
            gpu_.follow(kCompute, kToDevice);
            for (int i = 0; compute && i < turns_; ++i)
                gpu_.launch(kCompute, *kernel_, slot.launch.parameters, slot.launch.work);
            gpu_.follow(kToHost, kCompute);
            if (down) device.copy(kToHost, out_, slot.to, {kChunk});
            slot.done = device.mark(kToHost);
        }
        gpu_.finish(kToHost);
    }

    Gpu& gpu_;
    const int turns_;
    std::byte *in_, *out_;
    std::unique_ptr<Compiled> kernel_;
    std::array<Slot, 4> slots_;
};

void measure_overlap(Gpu& gpu, Report& report) {
    report.heading("overlap of 16 chunks | up ms | compute ms | down ms | together ms | longest / together", 6);
    std::string list;
    // As much computing as the copies take, for the second.
    int turns = 1;
    for (const std::string_view name : {"copies dominate", "balanced"}) {
        Pipeline pipeline(gpu, turns);
        const double up = pipeline.pass(true, false, false), compute = pipeline.pass(false, true, false);
        const double down = pipeline.pass(false, false, true), all = pipeline.pass(true, true, true);
        const double share = std::max({up, compute, down}) / all;
        report.rows += fmt::format("| {} | {:.1f} | {:.2f} | {:.1f} | {:.1f} | {:.1f} % |\n", name, up * 1e3,
                                   compute * 1e3, down * 1e3, all * 1e3, 100 * share);
        list += fmt::format(
            R"({}{{"name": "{}", "up": {:.6g}, "compute": {:.6g}, "down": {:.6g}, "together": {:.6g}, "share": {:.4f}}})",
            list.empty() ? "" : ",\n      ", name, up, compute, down, all, share);
        turns = std::clamp(static_cast<int>(std::max(up, down) / compute), 1, 10000);
    }
    report.member("\"overlap\": [\n      " + list + "]");
}

// The driver's events, without its headers: the same kind as the CUDA device uses.
struct Events {
    void* library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    int (*create)(void**, unsigned) = get<int (*)(void**, unsigned)>("cuEventCreate");
    int (*record)(void*, void*) = get<int (*)(void*, void*)>("cuEventRecord");
    int (*await)(void*) = get<int (*)(void*)>("cuEventSynchronize");

    template <class Function>
    Function get(const char* name) const {
        return library == nullptr ? nullptr : reinterpret_cast<Function>(::dlsym(library, name));
    }
    bool complete() const { return create != nullptr && record != nullptr && await != nullptr; }
};

struct Launches {
    double enqueue = 0, whole = 0;  // seconds of each of many in a row: the caller's, and until all are done
    double round_trip = 0;          // of one that is waited for
};

constexpr int kMany = 2000, kSingle = 200;
constexpr unsigned kBlockingNoTiming = 1 | 2;

Launches through_accelerator(Gpu& gpu, device::Kernel& kernel) {
    auto& device = *gpu.device;
    const auto one = [&] {
        const auto run = [](void* context, void* stream, const heddle::detail::Operand*) {
            static_cast<device::Kernel*>(context)->launch(stream, {1, 32, 0}, nullptr);
        };
        device.launch(kCompute, {"empty", run, &kernel, {}});
        return device.mark(kCompute);
    };
    // Before the clock starts there are as many events as will be pending.
    device::Mark last = 0;
    for (int i = 0; i < kMany; ++i) last = one();
    device.await(kCompute, last);
    Launches result;
    auto start = Clock::now();
    for (int i = 0; i < kMany; ++i) last = one();
    result.enqueue = since(start) / kMany;
    device.await(kCompute, last);
    result.whole = since(start) / kMany;
    start = Clock::now();
    for (int i = 0; i < kSingle; ++i) device.await(kCompute, one());
    result.round_trip = since(start) / kSingle;
    return result;
}

// The same on the stream itself, from within one launch.
Launches raw(Gpu& gpu, device::Kernel& kernel, const Events& events) {
    struct Call {
        device::Kernel& kernel;
        const Events& events;
        Launches result;
    } call{kernel, events, {}};
    const auto run = [](void* context, void* stream, const heddle::detail::Operand*) {
        auto& [k, e, result] = *static_cast<Call*>(context);
        std::vector<void*> made(kMany);
        for (void*& event : made)
            if (e.create(&event, kBlockingNoTiming) != 0) throw std::runtime_error("no event from the driver");
        const auto one = [&k = k, &e = e, stream](void* event) {
            k.launch(stream, {1, 32, 0}, nullptr);
            e.record(event, stream);
        };
        one(made[0]);
        e.await(made[0]);
        auto start = Clock::now();
        for (void* event : made) one(event);
        result.enqueue = since(start) / kMany;
        e.await(made.back());
        result.whole = since(start) / kMany;
        start = Clock::now();
        for (int i = 0; i < kSingle; ++i) {
            one(made[0]);
            e.await(made[0]);
        }
        result.round_trip = since(start) / kSingle;
    };
    gpu.device->launch(kCompute, {"raw", run, &call, {}});
    gpu.finish(kCompute);
    return call.result;
}

void measure_launches(Gpu& gpu, Report& report) {
    const expr::CudaKernel source{"extern \"C\" __global__ void empty() {}\n", "empty"};
    Compiled empty(source, gpu.architecture);
    const Events events;
    report.heading("empty launch and its event | caller us | in a row us | waited for us", 4);
    std::string list;
    const auto add = [&](std::string_view name, const Launches& l) {
        report.rows += fmt::format("| {} | {:.2f} | {:.2f} | {:.2f} |\n", name, l.enqueue * 1e6, l.whole * 1e6,
                                   l.round_trip * 1e6);
        list += fmt::format(
            R"({}{{"name": "{}", "caller_seconds": {:.4g}, "in_a_row_seconds": {:.4g}, "awaited_seconds": {:.4g}}})",
            list.empty() ? "" : ",\n      ", name, l.enqueue, l.whole, l.round_trip);
    };
    add("Accelerator", through_accelerator(gpu, empty.kernel));
    if (events.complete()) add("raw", raw(gpu, empty.kernel, events));
    report.member("\"launches\": [\n      " + list + "]");
}

int compile_all() {
    if (!device::nvrtc_available()) {
        std::printf("NVRTC is not found\n");
        return 1;
    }
    int count = 0;
    for (const Case& c : cases(std::int64_t{1} << 28)) {
        for (const int architecture : {80, 90}) count += compile(source(c), architecture).empty() ? 0 : 1;
    }
    std::printf("%d kernels compile\n", count);
    return 0;
}

int run(std::size_t bytes, const std::string& json_file) {
    const auto state = device::find_cuda();
    if (state.devices.empty() || !state.devices[0].unusable.empty()) {
        const std::string reason = state.devices.empty() ? state.reason : state.devices[0].unusable;
        std::printf("cannot run without a GPU: %s; %s\n", reason.c_str(), state.remedy.c_str());
        return 3;
    }
    Gpu gpu(state.devices[0]);
    // Three operands, a result, and as much again for what reductions and copies take.
    while (bytes > kChunk && bytes * 6 > gpu.device->description().memory) bytes /= 2;
    Report report;
    const Data data = make_data(gpu, bytes);
    const double copy_rate = measure_copy(gpu, data, bytes, report);
    measure_kernels(gpu, data, copy_rate, report);
    measure_wholes(gpu, data, report);
    for (std::byte* operand : data.operands) gpu.free(operand);
    measure_overlap(gpu, report);
    measure_launches(gpu, report);
    std::printf("%s, operands of %zu MiB\n%s", state.devices[0].model.c_str(), bytes >> 20, report.rows.c_str());
    if (!json_file.empty()) {
        std::FILE* file = std::fopen(json_file.c_str(), "w");
        if (file == nullptr) throw std::runtime_error("cannot write " + json_file);
        std::fprintf(file, "{\n    \"gpu\": \"%s\",\n%s\n  }\n", state.devices[0].model.c_str(), report.json.c_str());
        std::fclose(file);
    }
    return report.right ? 0 : 1;
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    std::size_t bytes = std::size_t{1} << 30;
    std::string json_file;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--compile" && argc == 2) return heddle::bench::compile_all();
        if (option == "--json" && i + 1 < argc) {
            json_file = argv[++i];
        } else if (option == "--bytes" && i + 1 < argc) {
            bytes = std::strtoull(argv[++i], nullptr, 10);
        } else {
            std::fprintf(stderr, "usage: bench_gpu [--json FILE] [--bytes N] | --compile\n");
            return 2;
        }
    }
    // Whole rows of 16384 elements, and whole periods.
    if (bytes < (std::size_t{16} << 20) || (bytes & (bytes - 1)) != 0) {
        std::fprintf(stderr, "--bytes is a power of two, 16 MiB or more\n");
        return 2;
    }
    try {
        return heddle::bench::run(bytes, json_file);
    } catch (const std::exception& error) {
        std::printf("%s\n", error.what());
        return 1;
    }
}
