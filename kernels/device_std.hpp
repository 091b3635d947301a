// What the shared kernel headers use of the standard library, for compilers of device code that come without one
// (NVRTC): the embedded headers name it <cmath>, <bit>, … . Functions of libm that have no definition here have no
// device form with the CPU's bits. Never included by host code.
#ifndef HEDDLE_DEVICE_STD
#define HEDDLE_DEVICE_STD

#define HUGE_VAL (std::numeric_limits<double>::infinity())
#define NAN (std::numeric_limits<float>::quiet_NaN())
#define HEDDLE_DEVICE_STD_FN __host__ __device__ __forceinline__

namespace std {

using int8_t = signed char;
using int16_t = short;
using int32_t = int;
using int64_t = long;
using uint8_t = unsigned char;
using uint16_t = unsigned short;
using uint32_t = unsigned int;
using uint64_t = unsigned long;
using size_t = decltype(sizeof(0));
static_assert(sizeof(int64_t) == 8, "64-bit Linux");

template <class A, class B>
inline constexpr bool is_same_v = false;
template <class A>
inline constexpr bool is_same_v<A, A> = true;
template <bool condition, class A, class B>
struct conditional {
    using type = A;
};
template <class A, class B>
struct conditional<false, A, B> {
    using type = B;
};
template <bool condition, class A, class B>
using conditional_t = typename conditional<condition, A, B>::type;

// clang-format off
template <class T> struct sign_twins;
template <> struct sign_twins<char> { using s = signed char; using u = unsigned char; };
template <> struct sign_twins<signed char> { using s = signed char; using u = unsigned char; };
template <> struct sign_twins<unsigned char> { using s = signed char; using u = unsigned char; };
template <> struct sign_twins<short> { using s = short; using u = unsigned short; };
template <> struct sign_twins<unsigned short> { using s = short; using u = unsigned short; };
template <> struct sign_twins<int> { using s = int; using u = unsigned int; };
template <> struct sign_twins<unsigned int> { using s = int; using u = unsigned int; };
template <> struct sign_twins<long> { using s = long; using u = unsigned long; };
template <> struct sign_twins<unsigned long> { using s = long; using u = unsigned long; };
template <> struct sign_twins<long long> { using s = long long; using u = unsigned long long; };
template <> struct sign_twins<unsigned long long> { using s = long long; using u = unsigned long long; };
template <class T> using make_signed_t = typename sign_twins<T>::s;
template <class T> using make_unsigned_t = typename sign_twins<T>::u;

template <class T> inline constexpr bool is_integral_v = requires { typename sign_twins<T>::s; };
template <> inline constexpr bool is_integral_v<bool> = true;
template <class T> inline constexpr bool is_floating_point_v = is_same_v<T, float> || is_same_v<T, double>;
template <class T> inline constexpr bool is_arithmetic_v = is_integral_v<T> || is_floating_point_v<T>;
template <class T> inline constexpr bool is_signed_v = is_floating_point_v<T>;
template <class T> requires requires { typename sign_twins<T>::s; }
inline constexpr bool is_signed_v<T> = T(-1) < T(0);

template <class A, class B> concept same_as = is_same_v<A, B>;
template <class T> concept integral = is_integral_v<T>;
template <class T> concept signed_integral = integral<T> && is_signed_v<T>;
template <class T> concept unsigned_integral = integral<T> && !is_signed_v<T>;
template <class T> concept floating_point = is_floating_point_v<T>;
// clang-format on

template <class T>
struct numeric_limits {
    static constexpr bool has_infinity = false, has_quiet_NaN = false;
    HEDDLE_DEVICE_STD_FN static constexpr T min() {
        return is_signed_v<T> ? static_cast<T>(make_unsigned_t<T>(1) << (sizeof(T) * 8 - 1)) : T(0);
    }
    HEDDLE_DEVICE_STD_FN static constexpr T max() { return static_cast<T>(~min()); }
    HEDDLE_DEVICE_STD_FN static constexpr T lowest() { return min(); }
    // Never asked for; named in branches that are not taken.
    HEDDLE_DEVICE_STD_FN static constexpr T infinity() { return T(); }
    HEDDLE_DEVICE_STD_FN static constexpr T quiet_NaN() { return T(); }
};
template <floating_point T>
struct numeric_limits<T> {
    static constexpr bool has_infinity = true, has_quiet_NaN = true, kSingle = sizeof(T) == 4;
    template <class Bits>
    HEDDLE_DEVICE_STD_FN static constexpr T of(Bits bits) {
        return __builtin_bit_cast(T, static_cast<conditional_t<kSingle, uint32_t, uint64_t>>(bits));
    }
    HEDDLE_DEVICE_STD_FN static constexpr T max() { return of(kSingle ? 0x7f7fffff : 0x7fefffffffffffff); }
    HEDDLE_DEVICE_STD_FN static constexpr T min() { return of(kSingle ? 0x00800000 : 0x0010000000000000); }
    HEDDLE_DEVICE_STD_FN static constexpr T lowest() { return -max(); }
    HEDDLE_DEVICE_STD_FN static constexpr T infinity() { return of(kSingle ? 0x7f800000 : 0x7ff0000000000000); }
    HEDDLE_DEVICE_STD_FN static constexpr T quiet_NaN() { return of(kSingle ? 0x7fc00000 : 0x7ff8000000000000); }
};

namespace numbers {
template <class T>
inline constexpr T pi_v = static_cast<T>(3.141592653589793238462643383279502884);
template <class T>
inline constexpr T ln2_v = static_cast<T>(0.693147180559945309417232121458176568);
template <class T>
inline constexpr T log2e_v = static_cast<T>(1.442695040888963407359924681001892137);
template <class T>
inline constexpr T log10e_v = static_cast<T>(0.434294481903251827651128918916605082);
}  // namespace numbers

template <class To, class From>
HEDDLE_DEVICE_STD_FN constexpr To bit_cast(const From& from) {
    static_assert(sizeof(To) == sizeof(From), "the same bytes");
    return __builtin_bit_cast(To, from);
}

// Only to carry the parts: its functions are libm's.
template <class T>
struct complex {
    T re, im;
    HEDDLE_DEVICE_STD_FN constexpr complex(T r = T(), T i = T()) : re(r), im(i) {}
    HEDDLE_DEVICE_STD_FN constexpr T real() const { return re; }
    HEDDLE_DEVICE_STD_FN constexpr T imag() const { return im; }
};

// Correctly rounded, or exact, on every device.
#define HEDDLE_EXACT(name)                                            \
    HEDDLE_DEVICE_STD_FN float name(float x) { return ::name##f(x); } \
    HEDDLE_DEVICE_STD_FN double name(double x) { return ::name(x); }
#define HEDDLE_EXACT_OF_TWO(name)                                                 \
    HEDDLE_DEVICE_STD_FN float name(float x, float y) { return ::name##f(x, y); } \
    HEDDLE_DEVICE_STD_FN double name(double x, double y) { return ::name(x, y); }
HEDDLE_EXACT(sqrt)
HEDDLE_EXACT(floor)
HEDDLE_EXACT(ceil)
HEDDLE_EXACT(trunc)
HEDDLE_EXACT(rint)
HEDDLE_EXACT(fabs)
HEDDLE_EXACT_OF_TWO(fmod)
HEDDLE_EXACT_OF_TWO(copysign)
HEDDLE_DEVICE_STD_FN float fma(float x, float y, float z) { return ::fmaf(x, y, z); }
HEDDLE_DEVICE_STD_FN double fma(double x, double y, double z) { return ::fma(x, y, z); }
#undef HEDDLE_EXACT
#undef HEDDLE_EXACT_OF_TWO

}  // namespace std
#endif
