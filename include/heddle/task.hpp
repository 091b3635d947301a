#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "heddle/access.hpp"
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

// How the engine handles a body without knowing its type.
struct BodyOps {
    std::size_t size, align;
    bool trivial;       // may be moved as bytes and dropped
    bool nothrow_move;  // may live inside the task record
    bool operands;      // the body takes views
    void (*move)(void* to, void* from);
    void (*destroy)(void* body);
    void (*invoke)(void* body, const Operand* operands, const Piece& piece);
};

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

template <class Body, class... A>
inline constexpr bool takes_views = std::is_invocable_v<Body&, View<typename A::element>...> ||
                                    std::is_invocable_v<Body&, const Piece&, View<typename A::element>...>;

template <class Body>
constexpr BodyOps make_ops(bool operands, void (*invoke)(void*, const Operand*, const Piece&)) {
    return {sizeof(Body),
            alignof(Body),
            std::is_trivially_copyable_v<Body> && std::is_trivially_destructible_v<Body>,
            std::is_nothrow_move_constructible_v<Body>,
            operands,
            [](void* to, void* from) { ::new (to) Body(std::move(*static_cast<Body*>(from))); },
            [](void* body) { static_cast<Body*>(body)->~Body(); },
            invoke};
}

template <class Body, class... A>
inline constexpr BodyOps body_ops = make_ops<Body>(sizeof...(A) != 0 && takes_views<Body, A...>,
                                                   [](void* body, const Operand* operands, const Piece& piece) {
                                                       invoke_body<Body, A...>(*static_cast<Body*>(body), operands,
                                                                               piece, std::index_sequence_for<A...>{});
                                                   });

template <class Body>
inline constexpr BodyOps list_body_ops = make_ops<Body>(true,
                                                        [](void* body, const Operand* operands, const Piece& piece) {
                                                            (*static_cast<Body*>(body))(piece, operands);
                                                        });

}  // namespace detail
}  // namespace heddle
