#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "heddle/access.hpp"
#include "heddle/api.hpp"
#include "heddle/gpu.hpp"
#include "heddle/source_location.hpp"
#include "heddle/view.hpp"

namespace heddle {

// A task's name and the place that submitted it. A `const char*` is kept as it is, so it must outlive the task, as a
// literal does; a std::string is copied.
struct TaskName {
    std::string_view text;
    SourceLocation where;
    bool copied = false;

    TaskName(const char* literal = "task", SourceLocation location = SourceLocation::current())
        : text(literal), where(location) {}
    TaskName(const std::string& name, SourceLocation location = SourceLocation::current())
        : text(name), where(location), copied(true) {}
};

// What runs a task: the CPU's team, or the one thread that does the disk's work in order of readiness.
enum class Lane : std::uint8_t { cpu, io };

// Where a task may run: `automatic` leaves it to the engine's placement.
enum class Place : std::uint8_t { automatic, cpu, gpu };

struct TaskOptions {
    TaskName name = {};
    Lane lane = Lane::cpu;
    std::int64_t pieces = 1;  // the body is called once per piece, by any of the team's threads, in no fixed order
    double flops = 0;         // a hint
    std::int64_t bytes = 0;   // in flight from submission to completion, counted against EngineOptions::max_bytes
    Place place = Place::automatic;
};

// Which part of a task a body is called for. `worker` is the calling thread's index in [0, Engine::workers()): two
// bodies that run at the same time have different ones, so it may index scratch memory (a body that waits inside
// itself may run others meanwhile, under the same index).
struct Piece {
    std::int64_t index = 0, count = 1;
    int worker = 0;
};

namespace detail {

// The GPU form of a body.
struct GpuOps {
    // Whether enqueue() may be called with these operands. If not, prepare() is called first, by one thread that holds
    // no lock and may block (it compiles, say), and everything is looked at again. Null: always.
    bool (*prepared)(void* body, int architecture, const Operand* operands);
    void (*prepare)(void* body, int architecture);
    void (*enqueue)(void* body, const GpuStream& where, const Operand* operands);
};

// How the engine handles a body without knowing its type.
struct BodyOps {
    std::size_t size, align;
    bool trivial;       // may be moved as bytes and dropped
    bool nothrow_move;  // may live inside the task record
    bool operands;      // the body takes views
    bool cpu;           // it can run on the CPU
    void (*move)(void* to, void* from);
    void (*destroy)(void* body);
    void (*invoke)(void* body, const Operand* operands, const Piece& piece);
    const GpuOps* gpu;  // null without a GPU form
};

[[noreturn]] HEDDLE_API void throw_no_cpu_body();

template <class A>
View<typename A::element> view_of(const Operand& o) {
    return {static_cast<typename A::element*>(o.data), o.layout};
}

template <class Body, class... A, std::size_t... I>
void invoke_body(Body& body, const Operand* operands, const Piece& piece, std::index_sequence<I...>) {
    if constexpr (std::is_invocable_v<Body&, View<typename A::element>...>)
        body(view_of<A>(operands[I])...);
    else if constexpr (std::is_invocable_v<Body&, const Piece&, View<typename A::element>...>)
        body(piece, view_of<A>(operands[I])...);
    else if constexpr (std::is_invocable_v<Body&, const Piece&>)
        body(piece);
    else {
        static_assert(std::is_invocable_v<Body&>,
                      "a task body takes the views of its accesses in order, or nothing; before them, if it "
                      "likes, a const heddle::Piece&");
        body();
    }
}

template <class Body, class... A, std::size_t... I>
void enqueue_body(Body& body, const GpuStream& where, const Operand* operands, std::index_sequence<I...>) {
    static_assert(std::is_invocable_v<Body&, const GpuStream&, View<typename A::element>...>,
                  "a GPU body takes a const heddle::GpuStream& and the views of its accesses in order");
    body(where, view_of<A>(operands[I])...);
}

template <class Body, class... A>
inline constexpr bool takes_views = std::is_invocable_v<Body&, View<typename A::element>...> ||
                                    std::is_invocable_v<Body&, const Piece&, View<typename A::element>...>;

template <class Body>
constexpr BodyOps make_ops(bool operands, void (*invoke)(void*, const Operand*, const Piece&),
                           const GpuOps* gpu = nullptr, bool cpu = true) {
    return {sizeof(Body),
            alignof(Body),
            std::is_trivially_copyable_v<Body> && std::is_trivially_destructible_v<Body>,
            std::is_nothrow_move_constructible_v<Body>,
            operands,
            cpu,
            [](void* to, void* from) { ::new (to) Body(std::move(*static_cast<Body*>(from))); },
            [](void* body) { static_cast<Body*>(body)->~Body(); },
            invoke,
            gpu};
}

// Of a callable with views.
template <class Body, class... A>
struct BodyForm {
    static constexpr BodyOps ops = make_ops<Body>(
        sizeof...(A) != 0 && takes_views<Body, A...>, [](void* body, const Operand* operands, const Piece& piece) {
            invoke_body<Body, A...>(*static_cast<Body*>(body), operands, piece, std::index_sequence_for<A...>{});
        });
};

template <class Cpu, class Gpu, class... A>
struct BodyForm<Bodies<Cpu, Gpu>, A...> {
    using Body = Bodies<Cpu, Gpu>;
    static constexpr bool kHasCpu = !std::is_same_v<Cpu, NoBody>;
    static_assert(sizeof...(A) != 0, "a task with a GPU body accesses a buffer");

    static void invoke(void* body, const Operand* operands, const Piece& piece) {
        if constexpr (kHasCpu) {
            static_assert(takes_views<Cpu, A...>, "the CPU body beside a GPU body takes the views of its accesses");
            invoke_body<Cpu, A...>(static_cast<Body*>(body)->cpu, operands, piece, std::index_sequence_for<A...>{});
        } else {
            throw_no_cpu_body();
        }
    }
    static void enqueue(void* body, const GpuStream& where, const Operand* operands) {
        enqueue_body<Gpu, A...>(static_cast<Body*>(body)->gpu, where, operands, std::index_sequence_for<A...>{});
    }
    static constexpr GpuOps gpu = {nullptr, nullptr, enqueue};
    static constexpr BodyOps ops = make_ops<Body>(true, invoke, &gpu, kHasCpu);
};

template <class Body, class... A>
inline constexpr const BodyOps& body_ops = BodyForm<Body, A...>::ops;

// Of a callable with operands. In Bodies, the GPU one has prepared() and prepare() as GpuOps.
template <class Body>
struct ListBodyForm {
    static constexpr BodyOps ops = make_ops<Body>(true, [](void* body, const Operand* operands, const Piece& piece) {
        (*static_cast<Body*>(body))(piece, operands);
    });
};

template <class Cpu, class Gpu>
struct ListBodyForm<Bodies<Cpu, Gpu>> {
    using Body = Bodies<Cpu, Gpu>;
    static constexpr GpuOps gpu = {
        [](void* body, int architecture, const Operand* operands) {
            return static_cast<Body*>(body)->gpu.prepared(architecture, operands);
        },
        [](void* body, int architecture) { static_cast<Body*>(body)->gpu.prepare(architecture); },
        [](void* body, const GpuStream& where, const Operand* operands) {
            static_cast<Body*>(body)->gpu(where, operands);
        }};
    static constexpr BodyOps ops = make_ops<Body>(
        true,
        [](void* body, const Operand* operands, const Piece& piece) { static_cast<Body*>(body)->cpu(piece, operands); },
        &gpu);
};

template <class Body>
inline constexpr const BodyOps& list_body_ops = ListBodyForm<Body>::ops;

}  // namespace detail
}  // namespace heddle
