#pragma once

#include <coroutine>

#include "heddle/api.hpp"
#include "heddle/array.hpp"
#include "heddle/scope.hpp"

namespace heddle {

namespace detail {

// Has a task of the CPU lane call resume(argument) once the scope has no unfinished task; false, and no call, when it
// has none now.
HEDDLE_API bool resume_when_done(schedule::ScopeCore* scope, void (*resume)(void*), void* argument);

struct ScopeAwaiter {
    Scope& scope;

    bool await_ready() const { return scope.done(); }
    bool await_suspend(std::coroutine_handle<> caller) const {
        return resume_when_done(
            scope.core(), [](void* address) { std::coroutine_handle<>::from_address(address).resume(); },
            caller.address());
    }
    void await_resume() const { scope.wait(); }
};

// The same for the evaluation that fills an array.
HEDDLE_API bool resume_when_ready(const Array& array, void (*resume)(void*), void* argument);

struct ArrayAwaiter {
    Array array;

    bool await_ready() const { return array.ready(); }
    bool await_suspend(std::coroutine_handle<> caller) const {
        return resume_when_ready(
            array, [](void* address) { std::coroutine_handle<>::from_address(address).resume(); }, caller.address());
    }
    Array await_resume() const {
        array.wait();
        return array;
    }
};

}  // namespace detail

// `co_await scope` goes on when every task submitted so far is done, and throws as Scope::wait does. No thread is
// blocked meanwhile. The coroutine goes on at once in its own thread when there is nothing to wait for (always with
// device "reference"), else on a thread of the engine's CPU lane; it may block there, which keeps that thread from
// other tasks, but Scope::wait runs them. The scope and the coroutine must outlive the wait.
inline detail::ScopeAwaiter operator co_await(Scope& scope) { return {scope}; }

// `co_await evaluate(engine, array)` gives the array once its values are there, or throws the evaluation's error; where
// and how the coroutine goes on is as for a scope.
inline detail::ArrayAwaiter operator co_await(const Array& array) { return {array}; }

}  // namespace heddle
