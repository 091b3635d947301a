#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>

// A stand-in for the CUDA runtime: the functions of it that Heddle calls, with a thread for each stream and host memory
// for the device's. It shows that the calls are made in the right order; what a GPU does of them, only a GPU shows.
namespace heddle::fake_cuda {

inline constexpr int kDevices = 2;
inline constexpr std::size_t kMemory = std::size_t{64} << 20;  // of each device

// Puts work into a stream.
void enqueue(cudaStream_t stream, std::function<void()> work);
// When the stream gets there, its device is lost: cudaErrorIllegalAddress from everything.
void enqueue_fault(cudaStream_t stream);
// The stream gets no further until release().
void enqueue_hang(cudaStream_t stream);
void release();

// Another program's memory on the device, while this lives.
class Taken {
public:
    Taken(int device, std::size_t bytes);
    ~Taken();
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

private:
    const int device_;
    const std::size_t bytes_;
};

// Whether the device can be opened, as it cannot while another process holds it for itself.
void set_available(int device, bool available);

// Whether the calling thread has ever waited for an event.
bool on_watcher();

// What the calling thread's next cudaGetLastError() gives: of a kernel that was refused.
void set_last_error(cudaError_t error);

// How often each function was called since the last call of this.
std::map<std::string, int> calls();

}  // namespace heddle::fake_cuda
