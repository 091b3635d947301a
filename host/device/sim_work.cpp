#include "host/device/sim_work.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <vector>

#include "host/device/sim_pinned.hpp"

namespace heddle::device {
namespace {

// From the first byte of the first run to the last byte of the last.
std::size_t extent(const CopyShape& shape, std::ptrdiff_t pitch) {
    return (shape.rows - 1) * static_cast<std::size_t>(pitch) + shape.bytes;
}

void copy_rows(void* to, const void* from, const CopyShape& shape) {
    for (std::size_t row = 0; row < shape.rows; ++row)
        std::memmove(static_cast<std::byte*>(to) + row * static_cast<std::size_t>(shape.to_pitch),
                     static_cast<const std::byte*>(from) + row * static_cast<std::size_t>(shape.from_pitch),
                     shape.bytes);
}

// The call has returned when the work's turn comes, so it keeps all that it was given.
struct LaunchWork {
    LaunchWork(SimMemory& m, const Launch& launch)
        : memory(&m),
          run(launch.run),
          context(launch.context),
          operands(launch.operands.begin(), launch.operands.end()) {
        layouts->reserve(operands.size());
        for (auto& o : operands)
            if (o.layout) o.layout = &layouts->emplace_back(*o.layout);
    }
    static bool empty(const detail::Operand& o) { return o.layout && o.layout->count == 0; }

    void operator()() const {
        std::vector<detail::Operand> here(operands);
        for (auto& o : here)
            if (!empty(o)) o.data = memory->translate(o.data, 1);
        run(context, nullptr, here.data());
        for (const auto& o : operands)
            if (!empty(o)) memory->check_borders(o.data);
    }

    SimMemory* memory;
    void (*run)(void* context, void* native_stream, const detail::Operand* operands);
    void* context;
    std::vector<detail::Operand> operands;  // at addresses of the device
    std::shared_ptr<std::vector<detail::Layout>> layouts = std::make_shared<std::vector<detail::Layout>>();
};

}  // namespace

std::function<void()> copy_work(SimMemory& memory, Stream stream, void* to, const void* from, const CopyShape& shape) {
    return [&memory, stream, to, from, shape] {
        if (shape.rows == 0 || shape.bytes == 0) return;
        const std::size_t written = extent(shape, shape.to_pitch), read = extent(shape, shape.from_pitch);
        if (stream == kToDevice) use_pinned(from, read);
        if (stream == kToHost) use_pinned(to, written);
        copy_rows(stream == kToHost ? to : memory.translate(to, written),
                  stream == kToDevice ? from : memory.translate(from, read), shape);
    };
}

std::function<void()> peer_copy_work(SimMemory& memory, void* to, std::shared_ptr<SimMemory> source, const void* from,
                                     std::size_t bytes) {
    return [&memory, to, source = std::move(source), from, bytes] {
        if (bytes == 0 || source->lost()) return;
        std::memmove(memory.translate(to, bytes), source->translate(from, bytes), bytes);
    };
}

std::function<void()> launch_work(SimMemory& memory, const Launch& launch) { return LaunchWork(memory, launch); }

std::string wrong_copy(Stream stream, const void* to, const void* from, const CopyShape& shape) {
    if (shape.rows == 0 || shape.bytes == 0) return {};
    if (shape.rows > 1)
        for (const std::ptrdiff_t pitch : {shape.to_pitch, shape.from_pitch})
            if (pitch < 0 || static_cast<std::size_t>(pitch) < shape.bytes)
                return fmt::format("a pitch of {} bytes is shorter than runs of {}", pitch, shape.bytes);
    const void* host = stream == kToDevice ? from : to;
    const std::size_t bytes = extent(shape, stream == kToDevice ? shape.from_pitch : shape.to_pitch);
    if (stream < kCompute && !is_pinned(host, bytes))
        return fmt::format("the {} bytes of host memory at {} do not lie within one pinned block", bytes,
                           fmt::ptr(host));
    return {};
}

}  // namespace heddle::device
