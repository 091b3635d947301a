#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace heddle::device {

// One function of machine code that compile_cubin() made, loaded on each device when it first runs there. Any thread
// may launch it. Without CUDA the constructor throws NotBuilt.
class Kernel {
public:
    // `entry` is extern "C" in the source. Throws DeviceError when the code is damaged or has no such function.
    Kernel(std::span<const char> cubin, const std::string& entry);
    ~Kernel();
    Kernel(Kernel&& other) noexcept;
    Kernel& operator=(Kernel&& other) noexcept;

    struct Grid {
        unsigned blocks = 1, threads = 1;  // threads of each block
        unsigned shared = 0;               // bytes of dynamic shared memory of each block
    };
    // Enqueues it in the stream that Launch::run gets; `arguments` are the addresses of its parameters, in order.
    void launch(void* native_stream, const Grid& grid, void** arguments) const;

    // How many blocks of that many threads run at the same time on the calling thread's device: from Launch::run, the
    // one that launches. Asks the driver: keep the answer.
    unsigned resident_blocks(unsigned threads, unsigned shared = 0) const;

private:
    void* library_ = nullptr;
    void* function_ = nullptr;
};

// For calls that give the runtime's error code: throws DeviceError for any but 0, about the calling thread's device.
void check_launch(int code, const char* what);

// Enqueues zeros for so many bytes of the device's memory, in the stream that Launch::run gets.
void clear(void* native_stream, void* data, std::size_t bytes);

}  // namespace heddle::device
