#pragma once

#include "kernels/elementwise_fn.hpp"
#include "kernels/elementwise_ops.hpp"

namespace heddle::kernels {
namespace fn {
struct Lowered;  // host/expr turns it into its argument
void positive(Lowered);
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
    };
HEDDLE_ELEMENTWISE_OPS(X)
#undef X

}  // namespace heddle::kernels
