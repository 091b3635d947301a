#pragma once

#include "kernels/elementwise_fn.hpp"
#include "kernels/elementwise_ops.hpp"

namespace heddle::kernels {
namespace fn {
struct Lowered;  // host/expr turns it into its argument
void positive(Lowered);
// What loops call where no argument is far (math_trig.hpp).
template <Op op, Real T>
HEDDLE_FN T near(T x) requires(op == Op::sin || op == Op::cos || op == Op::tan) {
    if constexpr (op == Op::sin) return math::sin_near(x);
    if constexpr (op == Op::cos) return math::cos_near(x);
    if constexpr (op == Op::tan) return math::tan_near(x);
}
}  // namespace fn

// Fn<op>::of(arguments…) is fn::<op's name>(arguments…), for the types that have it.
template <Op op>
struct Fn;
#define X(name, arity, rule)                                          \
    template <>                                                       \
    struct Fn<Op::name> {                                             \
        template <class... Ts>                                        \
        HEDDLE_FN static auto of(Ts... arguments) requires requires { \
            fn::name(arguments...);                                   \
        }                                                             \
        { return fn::name(arguments...); }                            \
        template <class T>                                            \
        HEDDLE_FN static T near(T x) requires requires {              \
            fn::near<Op::name>(x);                                    \
        }                                                             \
        { return fn::near<Op::name>(x); }                             \
    };
HEDDLE_ELEMENTWISE_OPS(X)
#undef X

}  // namespace heddle::kernels
