#include "kernels/group.hpp"

#include "kernels/reduce_loops.hpp"

namespace heddle::kernels {
namespace {

template <class T>
struct GroupMean {
    using Value = T;
    using Wide = T;
    T state;
    double count;
    void init() {
        state = T{};
        count = 0;
    }
    void add(T x, std::int64_t) {
        state = fn::add(state, x);
        count += 1;
    }
    void merge(const GroupMean& right) {
        state = fn::add(state, right.state);
        count += right.count;
    }
    Wide result(std::int64_t, double) const { return divided(state, count); }
};

// An extreme that knows whether it has one.
template <class T, bool lowest>
struct GroupExtreme {
    using Value = T;
    using Wide = T;
    Extreme<T, lowest, false> best;
    std::int64_t count;
    void init() {
        best.init();
        count = 0;
    }
    void add(T x, std::int64_t at) {
        best.add(x, at);
        ++count;
    }
    void merge(const GroupExtreme& right) {
        best.merge(right.best);
        count += right.count;
    }
    Wide result(std::int64_t, double) const {
        if (count > 0) return best.state;
        if constexpr (is_complex_type<T>) {
            const auto nan = std::numeric_limits<double>::quiet_NaN();
            return T{nan, nan};
        } else {
            return std::numeric_limits<T>::quiet_NaN();  // of integers 0, which nobody gets
        }
    }
};

struct GroupCount {
    using Value = bool;
    using Wide = std::int64_t;
    std::int64_t state;
    void init() { state = 0; }
    void merge(const GroupCount& right) { state += right.state; }
    Wide result(std::int64_t, double) const { return state; }
};

template <class S>
void scatter(void* states, const void* values, const std::int64_t* places, std::int64_t n) {
    auto* s = static_cast<S*>(states);
    if constexpr (std::is_same_v<S, GroupCount>) {
        for (std::int64_t i = 0; i < n; ++i) ++s[places[i]].state;
    } else {
        const auto* x = static_cast<const typename S::Value*>(values);
        for (std::int64_t i = 0; i < n; ++i) s[places[i]].add(x[i], 0);
    }
}

template <class S>
std::int64_t first_without(const S* states, std::int64_t n) {
    if constexpr (requires(S s) { s.best; } && std::is_integral_v<typename S::Wide>)
        for (std::int64_t i = 0; i < n; ++i)
            if (states[i].count == 0) return i;
    return -1;
}

template <class S, DType output>
std::int64_t finish(const void* states, void* out, std::int64_t n) {
    if (const auto without = first_without(static_cast<const S*>(states), n); without >= 0) return without;
    finalize<S, output>(states, out, n, 0, 0);
    return -1;
}

template <class S, DType output>
Grouper grouper(DType input) {
    return {input, output, sizeof(S), init<S>, scatter<S>, combine<S>, finish<S, output>};
}

// S<the type in which it runs>, with the values' own type as that of the result.
template <template <class> class S>
Grouper of_floats(DType input) {
    switch (input) {
        case DType::float16:
            return grouper<S<double>, DType::float16>(DType::float64);
        case DType::float32:
            return grouper<S<double>, DType::float32>(DType::float64);
        case DType::complex64:
            return grouper<S<Complex<double>>, DType::complex64>(DType::complex128);
        case DType::complex128:
            return grouper<S<Complex<double>>, DType::complex128>(DType::complex128);
        default:
            return grouper<S<double>, DType::float64>(DType::float64);
    }
}

template <class T>
using GroupSum = Sum<T, false>;
template <class T>
using GroupMin = GroupExtreme<T, true>;
template <class T>
using GroupMax = GroupExtreme<T, false>;

template <template <class> class S>
Grouper extreme(DType input) {
    using I = S<std::int64_t>;
    using U = S<std::uint64_t>;
    switch (input) {
        case DType::boolean:
            return grouper<I, DType::boolean>(DType::int64);
        case DType::int8:
            return grouper<I, DType::int8>(DType::int64);
        case DType::int16:
            return grouper<I, DType::int16>(DType::int64);
        case DType::int32:
            return grouper<I, DType::int32>(DType::int64);
        case DType::int64:
            return grouper<I, DType::int64>(DType::int64);
        case DType::uint8:
            return grouper<U, DType::uint8>(DType::uint64);
        case DType::uint16:
            return grouper<U, DType::uint16>(DType::uint64);
        case DType::uint32:
            return grouper<U, DType::uint32>(DType::uint64);
        case DType::uint64:
            return grouper<U, DType::uint64>(DType::uint64);
        default:
            return of_floats<S>(input);
    }
}

Grouper sum(DType input) {
    if (is_float(input) || is_complex(input)) return of_floats<GroupSum>(input);
    if (is_unsigned(input)) return grouper<GroupSum<std::uint64_t>, DType::uint64>(DType::uint64);
    return grouper<GroupSum<std::int64_t>, DType::int64>(DType::int64);
}

}  // namespace

Grouper make_grouper(Group group, DType input) {
    switch (group) {
        case Group::sum:
            return sum(input);
        case Group::mean:
            return of_floats<GroupMean>(input);
        case Group::min:
            return extreme<GroupMin>(input);
        case Group::max:
            return extreme<GroupMax>(input);
        default:
            return grouper<GroupCount, DType::int64>(DType::boolean);
    }
}

std::int64_t places_of_labels(DType dtype, const void* labels, std::int64_t n, std::int64_t groups,
                              std::int64_t* places) {
    find_cast(dtype, DType::int64)->variants[0](labels, nullptr, nullptr, places, n);
    // Those of uint64 that are too large for int64 are negative now.
    std::uint64_t outside = 0;
    for (std::int64_t i = 0; i < n; ++i)
        outside |=
            static_cast<std::uint64_t>(static_cast<std::uint64_t>(places[i]) >= static_cast<std::uint64_t>(groups));
    if (outside == 0) return -1;
    std::int64_t i = 0;
    while (places[i] >= 0 && places[i] < groups) ++i;
    return i;
}

}  // namespace heddle::kernels
