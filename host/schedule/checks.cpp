#include "host/schedule/checks.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "heddle/error.hpp"
#include "host/schedule/nested.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::schedule {
namespace {

using graph::Record;

constexpr std::size_t kGuard = 256;  // a multiple of every element's alignment
constexpr std::byte kGuardByte{0x5C};
constexpr std::byte kPoisonByte{0xA5};

struct Strided {
    std::byte* data;
    detail::Layout layout;
    std::size_t size;  // bytes of an element
};

// Where the values of an access are while its task runs: a part of a body works on the body's own copy.
Strided original(const Record& record, std::size_t i) {
    const auto& access = record.accesses()[i];
    const auto* region = record.region(access);
    Strided values{access.buffer().data.load(std::memory_order_acquire), access.buffer().layout,
                   size_of(access.buffer().dtype)};
    if (detail::Operand copy; record.has(graph::kPart) && find_in_body(record, access, copy, values.layout)) {
        values.data = static_cast<std::byte*>(copy.data);
    } else if (region != nullptr) {
        values.data += region->offset * static_cast<std::int64_t>(values.size);
        values.layout = region->layout;
    }
    return values;
}

// Calls f(strided row, dense row, bytes) for each run of elements along the last axis.
template <class F>
void for_each_row(const Strided& strided, std::byte* dense, F&& f) {
    const auto& [data, layout, size] = strided;
    if (layout.count == 0) return;
    const int rank = layout.shape.rank();
    const std::size_t row = (rank == 0 ? 1 : static_cast<std::size_t>(layout.shape.back())) * size;
    Shape index = Shape::filled(rank, 0);
    for (;;) {
        std::int64_t offset = 0;
        for (int a = 0; a < rank; ++a) offset += index[a] * layout.strides[a];
        f(data + offset * static_cast<std::int64_t>(size), dense, row);
        dense += row;
        int a = rank - 2;
        for (; a >= 0 && ++index[a] == layout.shape[a]; --a) index[a] = 0;
        if (a < 0) return;
    }
}

template <class T>
void fill_nan(std::byte* to, std::size_t bytes, T nan) {
    for (std::size_t i = 0; i < bytes; i += sizeof(T)) std::memcpy(to + i, &nan, sizeof(T));
}

void poison(std::byte* to, std::size_t bytes, DType dtype) {
    if (dtype == DType::float16) return fill_nan(to, bytes, std::uint16_t{0x7E5A});
    if (dtype == DType::float32 || dtype == DType::complex64) return fill_nan(to, bytes, std::uint32_t{0x7FC5A5A5});
    if (dtype == DType::float64 || dtype == DType::complex128)
        return fill_nan(to, bytes, std::uint64_t{0x7FF85A5A5A5A5A5A});
    std::memset(to, static_cast<int>(kPoisonByte), bytes);
}

bool guards_intact(const std::byte* copy, std::size_t bytes) {
    const auto same = [](std::byte b) { return b == kGuardByte; };
    return std::all_of(copy, copy + kGuard, same) &&
           std::all_of(copy + kGuard + bytes, copy + kGuard + bytes + kGuard, same);
}

[[noreturn]] void throw_access(const Record& record, std::size_t i, const std::string& what, const char* remedy) {
    const auto& buffer = record.accesses()[i].buffer();
    throw AccessError(
        "task '" + std::string(record.name_view()) + "' " + what + " its access number " + std::to_string(i + 1),
        "the buffer is " + (buffer.name.empty() ? "" : "'" + buffer.name + "', ") + std::string(name_of(buffer.dtype)) +
            " " + to_string(buffer.layout.shape),
        remedy);
}

}  // namespace

void guard(memory::HostMemory& memory, Record& record) {
    auto& extra = *record.extra;
    extra.operands.resize(record.access_count);
    extra.layouts.resize(record.access_count);
    extra.guarded.clear();
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const auto& access = record.accesses()[i];
        memory.ensure(access.buffer());
        const Strided from = original(record, i);
        const std::size_t bytes = static_cast<std::size_t>(from.layout.count) * from.size;
        auto& copy = extra.guarded.emplace_back(new std::byte[bytes + 2 * kGuard]);
        std::fill_n(copy.get(), kGuard, kGuardByte);
        std::fill_n(copy.get() + kGuard + bytes, kGuard, kGuardByte);
        if (access.mode() == Mode::write)
            poison(copy.get() + kGuard, bytes, access.buffer().dtype);
        else
            for_each_row(from, copy.get() + kGuard,
                         [](std::byte* row, std::byte* dense, std::size_t n) { std::memcpy(dense, row, n); });
        extra.layouts[i] = {from.layout.shape, dense_strides(from.layout.shape), from.layout.count, true};
        extra.operands[i] = {copy.get() + kGuard, &extra.layouts[i]};
    }
}

void verify(Record& record) {
    auto& extra = *record.extra;
    for (std::size_t i = 0; i < record.access_count; ++i) {
        const Strided to = original(record, i);
        std::byte* copy = extra.guarded[i].get();
        if (!guards_intact(copy, static_cast<std::size_t>(to.layout.count) * to.size))
            throw_access(record, i, "wrote beyond the region of", "declare the whole region that the body touches");
        if (record.accesses()[i].mode() != Mode::read) continue;
        bool same = true;
        for_each_row(to, copy + kGuard, [&](const std::byte* row, const std::byte* dense, std::size_t n) {
            same = same && std::memcmp(dense, row, n) == 0;
        });
        if (!same) throw_access(record, i, "wrote to what it only reads,", "declare it with write() or update()");
    }
    for (std::size_t i = 0; i < record.access_count; ++i) {
        if (record.accesses()[i].mode() == Mode::read) continue;
        for_each_row(original(record, i), extra.guarded[i].get() + kGuard,
                     [](std::byte* row, const std::byte* dense, std::size_t n) { std::memcpy(row, dense, n); });
    }
    extra.guarded.clear();
}

}  // namespace heddle::schedule
