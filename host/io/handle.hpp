#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

namespace heddle::io {

// libhdf5's hid_t; hdf5.hpp asserts that the two agree, so that only this folder's sources include <hdf5.h>.
using Id = std::int64_t;

// Holds the process-wide lock around libhdf5, which is not thread-safe, and silences its error printing meanwhile.
// Recursive. Blocks until the lock is free. Never hold one while waiting for anything else.
class LibraryLock {
public:
    LibraryLock();
    ~LibraryLock();
    LibraryLock(const LibraryLock&) = delete;
    LibraryLock& operator=(const LibraryLock&) = delete;

private:
    std::unique_lock<std::recursive_mutex> lock_;
    void* printer_data_ = nullptr;
    void (*printer_)() = nullptr;
    bool outermost_ = false;
};

// Owns one reference to a libhdf5 object of any kind (file, group, dataset, type, space, property list, attribute).
// Any thread; destruction takes the library lock and ignores failures, so close what must succeed with release().
class Handle {
public:
    Handle() = default;
    explicit Handle(Id id) : id_(id) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Handle() { reset(); }

    Id get() const { return id_; }
    explicit operator bool() const { return id_ >= 0; }
    Id release() { return std::exchange(id_, -1); }
    void reset() noexcept;

private:
    Id id_ = -1;
};

}  // namespace heddle::io
