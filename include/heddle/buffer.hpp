#pragma once

#include <optional>
#include <string_view>

#include "heddle/access.hpp"
#include "heddle/api.hpp"
#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"
#include "heddle/view.hpp"

namespace heddle {

class Engine;

struct BufferOptions {
    std::optional<Shape> tile = {};  // dependencies are kept per tile of this shape; one tile by default
    std::string_view name = "";      // for error messages; copied
};

// Memory of a GPU that the caller owns (dense, C order), whose values are there when what is in `stream`, a
// cudaStream_t of that device, is done; without one, the legacy default stream.
struct AdoptedMemory {
    void* data;
    int device = 0;  // CUDA's number
    void* stream = nullptr;
};

// Logical memory of an element type that is only known at run time, in C order. Tasks of one engine read and write it
// through accesses; its memory (64-byte aligned, counted against the engine's budget) comes with the first use and
// holds no defined values before the first write. Any thread may use it. Destroying it does not block: the memory stays
// until the tasks that use it are done. Throws ShapeError for a negative extent or a tile that does not fit the shape.
class HEDDLE_API AnyBuffer {
public:
    AnyBuffer(Engine& engine, DType dtype, const Shape& shape, const BufferOptions& options = {});
    // Over memory that the caller owns (dense, C order) and keeps until the last task that uses it is done.
    AnyBuffer(Engine& engine, DType dtype, const Shape& shape, void* borrowed, const BufferOptions& options = {});
    // Over memory of a GPU, without a copy; the stream is waited for by what uses it, not here. Tasks on that device
    // work in this memory, and what others write is brought there when a task there needs it, so a GPU body that reads
    // the buffer sees its values at `data`. The caller keeps it until the last task that uses it is done and the buffer
    // is gone. Throws ArgumentError for an engine that does not run on that device, DeviceError for what is no stream
    // of it.
    AnyBuffer(Engine& engine, DType dtype, const Shape& shape, const AdoptedMemory& memory,
              const BufferOptions& options = {});
    AnyBuffer(AnyBuffer&& other) noexcept : core_(other.core_) { other.core_ = nullptr; }
    AnyBuffer& operator=(AnyBuffer&& other) noexcept;
    ~AnyBuffer();

    DType dtype() const;
    const Shape& shape() const;
    const Shape& tile_shape() const;
    std::int64_t size() const { return shape().count(); }

    // Blocks until no earlier task writes (const) or uses (writable) the buffer, then gives its bytes; throws the error
    // that spoiled them. Valid until a later task writes (uses) the buffer.
    const void* host_data() const;
    void* host_data_for_update();

    graph::BufferCore* core() const { return core_; }

protected:
    const detail::Layout& layout() const;

private:
    graph::BufferCore* core_;
};

// A buffer of elements of type T.
template <Element T>
class Buffer : public AnyBuffer {
public:
    explicit Buffer(Engine& engine, const Shape& shape, const BufferOptions& options = {})
        : AnyBuffer(engine, dtype_of<T>, shape, options) {}
    Buffer(Engine& engine, const Shape& shape, T* borrowed, const BufferOptions& options = {})
        : AnyBuffer(engine, dtype_of<T>, shape, borrowed, options) {}

    Buffer(Engine& engine, const Shape& shape, const AdoptedMemory& memory, const BufferOptions& options = {})
        : AnyBuffer(engine, dtype_of<T>, shape, memory, options) {}

    // As host_data() and host_data_for_update().
    View<const T> host_view() const { return {static_cast<const T*>(host_data()), &layout()}; }
    View<T> host_view_for_update() { return {static_cast<T*>(host_data_for_update()), &layout()}; }
};

template <Element T>
detail::Access<const T> read(const Buffer<T>& buffer) {
    return {buffer.core(), Mode::read};
}
template <Element T>
detail::Access<T> write(Buffer<T>& buffer) {
    return {buffer.core(), Mode::write};
}
template <Element T>
detail::Access<T> update(Buffer<T>& buffer) {
    return {buffer.core(), Mode::update};
}
// The box of the buffer only; submitting throws ShapeError when it does not lie in the buffer.
template <Element T>
detail::RegionAccess<const T> read(const Buffer<T>& buffer, const Box& box) {
    return {buffer.core(), Mode::read, box};
}
template <Element T>
detail::RegionAccess<T> write(Buffer<T>& buffer, const Box& box) {
    return {buffer.core(), Mode::write, box};
}
template <Element T>
detail::RegionAccess<T> update(Buffer<T>& buffer, const Box& box) {
    return {buffer.core(), Mode::update, box};
}

}  // namespace heddle
