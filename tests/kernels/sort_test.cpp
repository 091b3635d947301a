#include "kernels/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <thread>

#include "heddle/error.hpp"
#include "kernels/half.hpp"
#include "kernels/sort_ref.hpp"
#include "tests/kernels/values.hpp"

namespace heddle::kernels {
namespace {

using Result = RadixSort::Result;
using Bytes = std::vector<std::byte>;
using Places = std::vector<std::int64_t>;

constexpr std::int64_t kSizes[] = {0, 1, 2, 7, 255, 256, 257, 2047, 2048, 2049, 16383, 16384, 100003};

struct Input {
    std::string name;
    DType dtype;
    std::int64_t n;
    Bytes bytes;
};

Bytes pick(DType dtype, const Bytes& from, const Places& places) {
    const auto size = size_of(dtype);
    Bytes to(places.size() * size + 1);
    for (std::size_t i = 0; i < places.size(); ++i)
        std::memcpy(to.data() + i * size, from.data() + static_cast<std::size_t>(places[i]) * size, size);
    return to;
}

// Random bits, among them every kind of NaN.
Bytes random_bits(DType dtype, std::int64_t n) {
    std::mt19937_64 random(17);
    Bytes bytes(static_cast<std::size_t>(n) * size_of(dtype) + 1);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() & (is_bool(dtype) ? 1u : 255u));
    return bytes;
}

std::vector<Input> inputs(DType dtype, std::int64_t n) {
    const auto count = static_cast<std::size_t>(n);
    const Bytes mixed = test::mixed_bytes(dtype, std::max<std::size_t>(count, 1), 5);
    Places order(count), mirrored, few(count), near(count);
    argsort_ref(dtype, mixed.data(), order.data(), n);
    mirrored.assign(order.rbegin(), order.rend());
    for (std::size_t i = 0; i < count; ++i)
        few[i] = static_cast<std::int64_t>((i * i + i / 3) % std::min<std::size_t>(count, 5));
    for (std::size_t i = 0; i < count; ++i) near[i] = order[(i ^ 1) < count ? i ^ 1 : i];
    return {{"mixed", dtype, n, mixed},
            {"random", dtype, n, random_bits(dtype, n)},
            {"sorted", dtype, n, pick(dtype, mixed, order)},
            {"reversed", dtype, n, pick(dtype, mixed, mirrored)},
            {"nearly sorted", dtype, n, pick(dtype, mixed, near)},
            {"equal", dtype, n, pick(dtype, mixed, Places(count, n / 2))},
            {"few", dtype, n, pick(dtype, mixed, few)}};
}

// Calls f with many inputs of every type.
void for_each_input(const std::function<void(const Input&)>& f) {
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        for (const std::int64_t n : kSizes) {
            for (const Input& input : inputs(static_cast<DType>(t), n)) {
                SCOPED_TRACE(std::string(name_of(input.dtype)) + " " + std::to_string(n) + " " + input.name);
                f(input);
                if (testing::Test::HasFailure()) return;
            }
        }
    }
}

// The judge's values, equal ones in the order that sort.hpp promises.
Bytes wanted_values(const Input& input) {
    Bytes bytes(input.bytes.size());
    sort_ref(input.dtype, input.bytes.data(), bytes.data(), input.n);
    if (!is_float(input.dtype)) return bytes;
    test::with_type(input.dtype, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (!std::is_integral_v<T> && sizeof(T) <= 8 && (std::is_floating_point_v<T> || sizeof(T) == 2)) {
            const auto number = [](T x) {
                if constexpr (std::is_same_v<T, Half>) {
                    return half_to_float(x);
                } else {
                    return x;
                }
            };
            auto* values = reinterpret_cast<T*>(bytes.data());
            std::stable_sort(values, values + input.n, [&](T a, T b) {
                return number(a) == 0 && number(b) == 0 && std::signbit(number(a)) && !std::signbit(number(b));
            });
            for (std::int64_t i = 0; i < input.n; ++i) {
                if (!std::isnan(number(values[i]))) continue;
                if constexpr (std::is_same_v<T, Half>) {
                    values[i] = Half{0x7e00};
                } else {
                    values[i] = std::numeric_limits<T>::quiet_NaN();
                }
            }
        }
    });
    return bytes;
}
Places wanted_places(const Input& input) {
    Places places(static_cast<std::size_t>(input.n));
    argsort_ref(input.dtype, input.bytes.data(), places.data(), input.n);
    return places;
}

// Exactly so many bytes, 16-aligned and no more, for the sanitizers to watch.
struct Scratch {
    explicit Scratch(std::size_t bytes) : data(::operator new (bytes, std::align_val_t{16})) {}
    ~Scratch() { ::operator delete (data, std::align_val_t{16}); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    void* data;
};

Bytes line_values(const Input& input) {
    Bytes out(input.bytes.size());
    const Scratch scratch(sort_scratch(input.dtype, input.n));
    sort_line(input.dtype, input.bytes.data(), out.data(), input.n, scratch.data);
    return out;
}
Places line_places(const Input& input) {
    Places out(static_cast<std::size_t>(input.n));
    const Scratch scratch(argsort_scratch(input.dtype, input.n));
    argsort_line(input.dtype, input.bytes.data(), out.data(), input.n, scratch.data);
    return out;
}

// One thread, which takes the parts of each step in any order; or a thread for each part.
enum class Threads { one, many };

void run(RadixSort& sort, const void* in, void* out, Threads threads) {
    std::mt19937 random(3);
    for (int step = 0; step < sort.steps(); ++step) {
        std::vector<int> parts(static_cast<std::size_t>(sort.parts_of(step)));
        std::iota(parts.begin(), parts.end(), 0);
        std::shuffle(parts.begin(), parts.end(), random);
        std::vector<std::thread> others;
        for (const int part : parts) {
            if (threads == Threads::one) {
                sort.run(step, part, in, out);
            } else {
                others.emplace_back([&sort, step, part, in, out] { sort.run(step, part, in, out); });
            }
        }
        for (auto& other : others) other.join();
    }
}

TEST(Sort, JudgeByHand) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    const std::vector<float> v{nan, 0.0f, inf, -0.0f, -1, -nan, -inf};
    Places places(v.size());
    argsort_ref(DType::float32, v.data(), places.data(), 7);
    EXPECT_EQ(places, (Places{6, 4, 1, 3, 2, 0, 5}));
    // numpy.argsort's answer.
    const std::vector<std::complex<float>> z{{nan, nan}, {nan, 1}, {2, nan}, {nan, 0},
                                             {2, 3},     {1, nan}, {2, -3},  {1, 9}};
    places.resize(z.size());
    argsort_ref(DType::complex64, z.data(), places.data(), 8);
    EXPECT_EQ(places, (Places{7, 6, 4, 5, 2, 3, 1, 0}));
}

TEST(Sort, LineValues) {
    for_each_input([](const Input& input) { EXPECT_TRUE(line_values(input) == wanted_values(input)); });
}

TEST(Sort, LinePositions) {
    for_each_input([](const Input& input) { EXPECT_TRUE(line_places(input) == wanted_places(input)); });
}

TEST(Sort, PartsInAnyOrder) {
    for_each_input([](const Input& input) {
        if (!RadixSort::has_radix(input.dtype)) return;
        const Bytes values = wanted_values(input);
        const Places places = wanted_places(input);
        for (const int parts : {1, 2, 3, 7}) {
            RadixSort by_value(input.dtype, Result::values, input.n, parts);
            RadixSort by_place(input.dtype, Result::positions, input.n, parts);
            Bytes got(values.size());
            Places at(places.size());
            run(by_value, input.bytes.data(), got.data(), Threads::one);
            run(by_place, input.bytes.data(), at.data(), Threads::one);
            EXPECT_TRUE(got == values) << parts << " parts";
            EXPECT_TRUE(at == places) << parts << " parts";
        }
    });
}

// Long enough for the ways past the caches; and unaligned, which forbids the streaming stores.
TEST(Sort, LongLinesInThreads) {
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        if (!RadixSort::has_radix(dtype)) continue;
        SCOPED_TRACE(name_of(dtype));
        const std::int64_t n = 600011;
        const Input input{"", dtype, n, test::mixed_bytes(dtype, static_cast<std::size_t>(n), 11)};
        const Bytes values = line_values(input);
        const Places places = line_places(input);
        EXPECT_TRUE(values == wanted_values(input));
        EXPECT_TRUE(places == wanted_places(input));
        for (const int parts : {2, 3}) {
            RadixSort by_value(dtype, Result::values, n, parts), by_place(dtype, Result::positions, n, parts);
            const auto size = size_of(dtype);
            Bytes got(values.size() + size), at((places.size() + 1) * 8);
            // Again with the same objects.
            for (int repeat = 0; repeat < 2; ++repeat) {
                std::byte *value = got.data() + size, *place = at.data() + 8;
                run(by_value, input.bytes.data(), value, Threads::many);
                run(by_place, input.bytes.data(), place, Threads::many);
                EXPECT_EQ(std::memcmp(value, values.data(), static_cast<std::size_t>(n) * size), 0) << parts;
                EXPECT_EQ(std::memcmp(place, places.data(), places.size() * 8), 0) << parts;
            }
        }
    }
}

TEST(Sort, WrongArguments) {
    const auto message = [](DType dtype, int parts) {
        try {
            RadixSort(dtype, Result::values, 10, parts);
        } catch (const ArgumentError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_NE(message(DType::complex64, 1).find("complex64 has no digits in its order"), std::string::npos);
    EXPECT_NE(message(DType::int8, 0).find("0 parts were asked for"), std::string::npos);
    EXPECT_EQ(RadixSort::scratch_bytes(DType::int8, Result::values, 10, 3),
              RadixSort(DType::int8, Result::values, 10, 3).scratch_bytes());
}

}  // namespace
}  // namespace heddle::kernels
