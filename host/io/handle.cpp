#include "host/io/handle.hpp"

#include "host/io/hdf5.hpp"

namespace heddle::io {
namespace {

// Never destroyed: handles in static objects outlive every other static.
std::recursive_mutex& library_mutex() {
    static auto* mutex = new std::recursive_mutex;
    return *mutex;
}

thread_local int depth = 0;

}  // namespace

LibraryLock::LibraryLock() : lock_(library_mutex()), outermost_(depth++ == 0) {
    if (!outermost_) return;
    // The printer is kept per thread by a thread-safe libhdf5 and belongs to the program around us: put it back after.
    H5E_auto2_t printer = nullptr;
    H5Eget_auto2(H5E_DEFAULT, &printer, &printer_data_);
    printer_ = reinterpret_cast<void (*)()>(printer);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

LibraryLock::~LibraryLock() {
    --depth;
    if (outermost_) H5Eset_auto2(H5E_DEFAULT, reinterpret_cast<H5E_auto2_t>(printer_), printer_data_);
}

void Handle::reset() noexcept {
    if (id_ < 0) return;
    LibraryLock lock;
    H5Idec_ref(std::exchange(id_, -1));
}

}  // namespace heddle::io
