#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "heddle/error.hpp"
#include "host/device/sim.hpp"

namespace heddle::device {

// What a device has told, in order.
class Recorder final : public Observer {
public:
    using Reached = std::tuple<int, Stream, Mark>;

    void reached(int device, Stream stream, Mark mark) override {
        if (on_reached) on_reached(device, stream, mark);
        const std::lock_guard lock(mutex_);
        reached_.emplace_back(device, stream, mark);
        changed_.notify_all();
    }
    void failed(int, std::exception_ptr error) override {
        const std::lock_guard lock(mutex_);
        errors_.push_back(std::move(error));
        changed_.notify_all();
    }

    std::vector<Reached> all() {
        const std::lock_guard lock(mutex_);
        return reached_;
    }
    std::size_t failures() {
        const std::lock_guard lock(mutex_);
        return errors_.size();
    }
    // Blocks until failed() has told of one.
    DeviceError await_failure() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !errors_.empty(); });
        return error();
    }
    void await_reached(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return reached_.size() >= count; });
    }
    // Where failed() has told of one.
    DeviceError error() const {
        try {
            std::rethrow_exception(errors_.at(0));
        } catch (const DeviceError& e) {
            return e;
        }
    }

    std::function<void(int, Stream, Mark)> on_reached;

private:
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::vector<Reached> reached_;
    std::vector<std::exception_ptr> errors_;
};

// A started device, by default without a clock and without delays.
struct Sim {
    explicit Sim(SimOptions options = {}, int ordinal = 0) : device(make_sim(options, ordinal)) {
        device->start(observer, ordinal);
    }
    Accelerator* operator->() const { return device.get(); }
    Accelerator& operator*() const { return *device; }

    // One mark of the stream, waited for.
    void finish(Stream stream) const { device->await(stream, device->mark(stream)); }
    // `count` numbers from `first`, in pinned memory.
    int* numbers(int count, int first) const {
        auto* values = reinterpret_cast<int*>(device->allocate_pinned(static_cast<std::size_t>(count) * sizeof(int)));
        for (int i = 0; i < count; ++i) values[i] = first + i;
        return values;
    }

    Recorder observer;
    std::unique_ptr<Accelerator> device;
};

// A launch of something callable with the operands; it outlives the stream's next mark.
template <class F>
Launch call(F& f, std::span<const detail::Operand> operands = {}, double flops = 0, double bytes = 0) {
    return {.name = "test",
            .run = [](void* context, void*, const detail::Operand* o) { (*static_cast<F*>(context))(o); },
            .context = &f,
            .operands = operands,
            .flops = flops,
            .bytes = bytes};
}

inline detail::Layout row(std::int64_t count) { return {{count}, {1}, count, true}; }

// The error that `f` throws.
template <class F>
DeviceError device_error(F&& f) {
    try {
        f();
    } catch (const DeviceError& e) {
        return e;
    }
    ADD_FAILURE() << "no DeviceError";
    return {"", "", "", "", 0, "", DeviceError::State::usable};
}

}  // namespace heddle::device
