#pragma once

#include <atomic>
#include <exception>
#include <mutex>

namespace heddle::device::cuda {

// Whether a device still works. Everything that belongs to the device shares it; any thread.
class Health {
public:
    bool lost() const noexcept { return lost_.load(std::memory_order_acquire); }
    // True for the first that says so; later errors are forgotten.
    bool lose(std::exception_ptr error) noexcept {
        const std::lock_guard lock(mutex_);
        if (error_ != nullptr) return false;
        error_ = std::move(error);
        lost_.store(true, std::memory_order_release);
        return true;
    }
    std::exception_ptr error() const {
        const std::lock_guard lock(mutex_);
        return error_;
    }
    // Throws what the device was lost by.
    void require() const {
        if (lost()) [[unlikely]]
            std::rethrow_exception(error());
    }

private:
    mutable std::mutex mutex_;  // guards error_
    std::exception_ptr error_;
    std::atomic<bool> lost_{false};
};

}  // namespace heddle::device::cuda
