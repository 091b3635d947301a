#include "host/device/cuda.hpp"

#include <algorithm>
#include <thread>

#include "host/device/cuda/checked.hpp"
#include "host/device/cuda/core.hpp"

namespace heddle::device {
namespace {

using cuda::device_name;

// How long the destructor waits for streams that still work.
constexpr std::chrono::seconds kPatience{2};

int attribute(cudaDeviceAttr which, int ordinal) {
    int value = 0;
    HEDDLE_CUDA(cudaDeviceGetAttribute(&value, which, ordinal));
    return value;
}

// Rated, not measured: placement corrects all of it by what it then sees.
Description describe(int ordinal, const CudaOptions& options) {
    cudaDeviceProp properties{};
    HEDDLE_CUDA(cudaGetDeviceProperties(&properties, ordinal));
    std::size_t free = 0, total = 0;
    HEDDLE_CUDA(cudaMemGetInfo(&free, &total));

    Description description;
    description.name = device_name(ordinal);
    description.model = properties.name;
    description.ordinal = ordinal;
    description.architecture = properties.major * 10 + properties.minor;
    description.memory = options.memory == 0 ? free : std::min(options.memory, free);
    description.compute_streams = std::max(options.compute_streams, 1);
    // Both edges of the memory's clock, in kHz, move a bus width, in bits.
    description.on_device =
        2e3 * attribute(cudaDevAttrMemoryClockRate, ordinal) * attribute(cudaDevAttrGlobalMemoryBusWidth, ordinal) / 8;
    description.to_device = description.to_host = 25e9;  // PCIe 4.0 with 16 lanes, the most common
    description.flops = 2e3 * attribute(cudaDevAttrClockRate, ordinal) * 64 * properties.multiProcessorCount;
    description.launch = 3e-6;
    return description;
}

// A watcher per stream, not per device: a thread can block in the driver for one event only, and looking at all streams
// in turns would keep a core busy for as long as the device is.
class Cuda final : public Accelerator {
public:
    Cuda(int ordinal, const CudaOptions& options)
        : description_(describe(ordinal, options)),
          max_pitch_(attribute(cudaDevAttrMaxPitch, ordinal)),
          core_(std::make_shared<cuda::Core>(ordinal, description_.streams())) {}
    ~Cuda() override;

    const Description& description() const override { return description_; }
    void start(Observer& observer, int index) override;

    std::byte* allocate(std::size_t bytes, Stream stream) override {
        return run([&] { return core_->memory.allocate(bytes, native(stream)); });
    }
    void free(std::byte* block, Stream stream) noexcept override { core_->memory.free(block, native(stream)); }
    void trim() noexcept override { core_->memory.trim(); }
    std::byte* allocate_pinned(std::size_t bytes) override {
        return run([&] { return cuda::allocate_pinned(bytes); });
    }
    void free_pinned(std::byte* block) noexcept override {
        if (!core_->health.lost()) cuda::free_pinned(block);
    }

    void copy(Stream stream, void* to, const void* from, const CopyShape& shape) override;
    void copy_from_peer(Stream stream, void* to, Accelerator& source, const void* from, std::size_t bytes) override;
    void launch(Stream stream, const Launch& launch) override;
    void wait(Stream stream, Accelerator& other, Stream other_stream, Mark mark) override;
    void follow(Stream stream, void* native_stream) override;
    Mark mark(Stream stream) override {
        return run([&] { return lane(stream).mark(); });
    }
    bool reached(Stream stream, Mark mark) const override { return lane(stream).reached(mark); }
    void await(Stream stream, Mark mark) override { lane(stream).await(mark); }
    void check() const override;
    void with_device(const std::function<void()>& work) override { run(work); }
    void retire() noexcept override { core_->retire("it was given up", cuda::Core::Tell::observer); }

private:
    cuda::Lane& lane(Stream stream) const { return *core_->lanes[static_cast<std::size_t>(stream)]; }
    cudaStream_t native(Stream stream) const { return lane(stream).stream(); }

    // Every call that reaches the driver: on this device, and never again once it is lost.
    template <class Work>
    auto run(Work&& work) -> decltype(work()) {
        core_->health.require();
        try {
            const cuda::CurrentDevice here(core_->ordinal);
            return work();
        } catch (const DeviceError& error) {
            if (!error.usable()) core_->lose(std::current_exception());
            throw;
        }
    }

    const Description description_;
    const std::ptrdiff_t max_pitch_;
    const std::shared_ptr<cuda::Core> core_;
    std::vector<std::thread> watchers_;
};

Cuda::~Cuda() {
    for (const auto& lane : core_->lanes) lane->stop();
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    const auto left = [&] {
        return std::chrono::ceil<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
    };
    bool all = true;
    for (std::size_t i = 0; i < watchers_.size(); ++i)
        all = core_->lanes[i]->ends_within(std::max(left(), std::chrono::milliseconds{0})) && all;
    // One that hangs keeps what it uses: it goes on when the driver lets go of it, and then finds nothing to report.
    if (!all) core_->retire("it did not finish its work", cuda::Core::Tell::nobody);
    for (std::size_t i = 0; i < watchers_.size(); ++i) {
        if (all)
            watchers_[i].join();
        else
            watchers_[i].detach();
    }
}

// Asks the driver: the watchers hear of a loss later than another device goes on that waited for this one.
void Cuda::check() const {
    core_->health.require();
    const cudaError_t error = lane(kToHost).status();
    if (error == cudaSuccess) return;
    core_->lose(error);
    core_->health.require();
}

void Cuda::start(Observer& observer, int index) {
    core_->observer = &observer;
    core_->index = index;
    for (Stream stream = 0; stream < description_.streams(); ++stream)
        watchers_.emplace_back([core = core_, stream] { core->watch(stream); });
}

void Cuda::copy(Stream stream, void* to, const void* from, const CopyShape& shape) {
    if (shape.bytes == 0 || shape.rows == 0) return;
    const auto kind = stream == kToDevice ? cudaMemcpyHostToDevice
                      : stream == kToHost ? cudaMemcpyDeviceToHost
                                          : cudaMemcpyDeviceToDevice;
    const auto bytes = static_cast<std::ptrdiff_t>(shape.bytes);
    const auto queue = native(stream);
    run([&] {
        if (shape.rows == 1 || (shape.to_pitch == bytes && shape.from_pitch == bytes)) {
            HEDDLE_CUDA(cudaMemcpyAsync(to, from, shape.bytes * shape.rows, kind, queue));
        } else if (std::min(shape.to_pitch, shape.from_pitch) >= bytes &&
                   std::max(shape.to_pitch, shape.from_pitch) <= max_pitch_) {
            HEDDLE_CUDA(cudaMemcpy2DAsync(to, static_cast<std::size_t>(shape.to_pitch), from,
                                          static_cast<std::size_t>(shape.from_pitch), shape.bytes, shape.rows, kind,
                                          queue));
        } else {  // a pitch that the driver does not take: of rows that overlap, go backwards or lie far apart
            for (std::size_t row = 0; row < shape.rows; ++row) {
                const auto n = static_cast<std::ptrdiff_t>(row);
                HEDDLE_CUDA(cudaMemcpyAsync(static_cast<std::byte*>(to) + n * shape.to_pitch,
                                            static_cast<const std::byte*>(from) + n * shape.from_pitch, shape.bytes,
                                            kind, queue));
            }
        }
    });
}

void Cuda::copy_from_peer(Stream stream, void* to, Accelerator& source, const void* from, std::size_t bytes) {
    auto& peer = *static_cast<Cuda&>(source).core_;
    peer.health.require();
    if (bytes == 0) return;
    run([&] {
        peer.memory.open_to(core_->ordinal);
        if (peer.ordinal == core_->ordinal)  // opened twice
            HEDDLE_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, native(stream)));
        else
            HEDDLE_CUDA(cudaMemcpyPeerAsync(to, core_->ordinal, from, peer.ordinal, bytes, native(stream)));
    });
}

void Cuda::launch(Stream stream, const Launch& launch) {
    run([&] {
        cudaGetLastError();  // of others on this thread
        launch.run(launch.context, native(stream), launch.operands.data());
        // What `run` launched with <<<>>> told nobody of its failure.
        const auto status = cudaGetLastError();
        if (status != cudaSuccess) cuda::throw_error(status, ("'" + std::string(launch.name) + "'").c_str());
    });
}

void Cuda::wait(Stream stream, Accelerator& other, Stream other_stream, Mark mark) {
    auto& source = static_cast<Cuda&>(other);
    if (&source == this && stream == other_stream) return;
    if (source.reached(other_stream, mark)) return;
    source.core_->health.require();
    run([&] { source.lane(other_stream).hold_back(native(stream), mark); });
}

// The event may mark something else as soon as the wait for it is in the stream.
void Cuda::follow(Stream stream, void* native_stream) {
    run([&] {
        const auto event = core_->events.take();
        auto status = cudaEventRecord(event, static_cast<cudaStream_t>(native_stream));
        if (status == cudaSuccess) status = cudaStreamWaitEvent(native(stream), event, 0);
        core_->events.give(event);
        cuda::check(status, "waiting for a stream of the caller's");
    });
}

}  // namespace

std::unique_ptr<Accelerator> make_cuda(const CudaState& state, int ordinal, const CudaOptions& options) {
    const auto fail = [&](std::string reason, std::string remedy, int code, std::string code_name) {
        throw DeviceError("the CUDA device " + device_name(ordinal) + " cannot be used", std::move(reason),
                          std::move(remedy), device_name(ordinal), code, std::move(code_name),
                          DeviceError::State::lost);
    };
    if (state.devices.empty()) fail(state.reason, state.remedy, state.code, state.code_name);
    const auto count = static_cast<int>(state.devices.size());
    if (ordinal < 0 || ordinal >= count)
        fail("this machine's devices are numbered 0 to " + std::to_string(count - 1),
             cuda::remedy_for(cudaErrorInvalidDevice), cudaErrorInvalidDevice, "cudaErrorInvalidDevice");
    const auto& device = state.devices[static_cast<std::size_t>(ordinal)];
    if (!device.unusable.empty())
        fail(device.model + ": " + device.unusable, cuda::remedy_for(cudaErrorNoKernelImageForDevice),
             cudaErrorNoKernelImageForDevice, "cudaErrorNoKernelImageForDevice");
    const cuda::CurrentDevice here(ordinal);
    return std::make_unique<Cuda>(ordinal, options);
}

}  // namespace heddle::device
