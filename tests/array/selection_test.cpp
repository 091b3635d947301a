#include "heddle/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "heddle/error.hpp"
#include "heddle/heddle.hpp"
#include "host/array/indices.hpp"
#include "host/array/plan.hpp"
#include "host/array/whole.hpp"
#include "kernels/search_ref.hpp"
#include "kernels/sort_ref.hpp"
#include "kernels/topk_ref.hpp"
#include "tests/array/array_values.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

using Places = std::vector<std::int64_t>;

Places places(Engine& engine, const Array& a) { return values<std::int64_t>(engine, a); }

// The elements of line l, one after the other.
Bytes line_of(const Bytes& bytes, std::size_t width, const array::Lines& lines, std::int64_t l) {
    Bytes line(static_cast<std::size_t>(lines.n) * width);
    for (std::int64_t i = 0; i < lines.n; ++i) {
        const std::int64_t at = (l / lines.inner * lines.n + i) * lines.inner + l % lines.inner;
        std::memcpy(&line[static_cast<std::size_t>(i) * width], &bytes[static_cast<std::size_t>(at) * width], width);
    }
    return line;
}

void expect_topk_judged(Engine& engine, const Array& a, std::int64_t k, Axis axis) {
    const auto what = std::string(name_of(a.dtype())) + " " + to_string(a.shape()) + " " + std::to_string(k) +
                      " along " + (axis ? std::to_string(*axis) : "all");
    const int along = axis ? (*axis + a.rank()) % a.rank() : -1;
    const array::Lines lines(a.shape(), along);
    const Array best = argtopk(a, k, axis), largest = topk(a, k, axis);
    ASSERT_EQ(best.dtype(), DType::int64);
    ASSERT_EQ(largest.dtype(), a.dtype());
    ASSERT_EQ(best.shape(), largest.shape());
    const array::Lines made(best.shape(), along);
    ASSERT_EQ(made.n, k);
    ASSERT_EQ(made.count(), lines.count());
    const Bytes in = bytes_of(engine, a), out = bytes_of(engine, best), values = bytes_of(engine, largest);
    const std::size_t width = size_of(a.dtype());
    for (std::int64_t l = 0; l < lines.count(); ++l) {
        const Bytes line = line_of(in, width, lines, l);
        Places wanted(static_cast<std::size_t>(k)), got(wanted);
        kernels::argtopk_ref(a.dtype(), line.data(), lines.n, k, wanted.data());
        if (k > 0) std::memcpy(got.data(), line_of(out, 8, made, l).data(), got.size() * 8);
        ASSERT_EQ(got, wanted) << what << ", line " << l;
        Bytes picked(static_cast<std::size_t>(k) * width);
        for (std::size_t i = 0; i < wanted.size(); ++i)
            std::memcpy(&picked[i * width], &line[static_cast<std::size_t>(wanted[i]) * width], width);
        expect_same(a.dtype(), line_of(values, width, made, l), picked, what, Zeros::alike);
    }
}

TEST(TopK, AgreesWithItsJudgeForAllTypesAxesAndViews) {
    Engine engine(EngineOptions{.threads = 2});
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        for (const auto& shape : std::vector<Shape>{{1}, {5}, {7, 1, 3}, {4, 65, 3}, {30, 70}, {0, 3}, {3, 0}, {0}}) {
            const Array a = mixed(dtype, shape);
            for (const Axis axis : axes_of(a)) {
                const std::int64_t n = axis ? shape[(*axis + a.rank()) % a.rank()] : a.size();
                for (const std::int64_t k : {std::int64_t{0}, std::int64_t{1}, std::int64_t{3}, n / 2, n})
                    if (k <= n) expect_topk_judged(engine, a, k, axis);
            }
        }
        const Array b = mixed(dtype, {6, 90, 3});
        expect_topk_judged(engine, b.transpose(), 5, 1);
        expect_topk_judged(engine, b(Slice{{}, {}, -1}, Slice{3, {}, 2}), 4, 1);
        expect_topk_judged(engine, b(2, Slice{}, newaxis, 1).broadcast_to({3, 90, 4}), 3, -2);
    }
    EXPECT_EQ(values<double>(engine, topk(Array(2.5), 1, {})), (std::vector<double>{2.5}));
}

TEST(TopK, IsTheHeadOfTheReversedSort) {
    Engine engine(EngineOptions{.threads = 3});
    for (const DType dtype : {DType::float64, DType::int16, DType::float16}) {
        const Array a = mixed(dtype, {2, 300'000});
        const Bytes best = bytes_of(engine, topk(a, 1000));
        EXPECT_EQ(best, bytes_of(engine, sort(a)(Slice{}, Slice{{}, -1001, -1})));
        EXPECT_EQ(bytes_of(engine, topk(a, 100'000)), bytes_of(engine, sort(a)(Slice{}, Slice{{}, -100'001, -1})));
        expect_same(dtype, bytes_of(engine, take_along_axis(a, argtopk(a, 1000), -1)), best, "taken", Zeros::alike);
    }
}

void expect_places_judged(Engine& engine, const Array& sorted, const Array& v, const std::string& what) {
    const DType dtype = sorted.dtype();
    const Bytes in = bytes_of(engine, sorted), wanted = bytes_of(engine, v);
    for (const Side side : {Side::left, Side::right}) {
        Places judged(static_cast<std::size_t>(v.size()));
        for (std::size_t i = 0; i < judged.size(); ++i)
            judged[i] = kernels::search_ref(dtype, in.data(), sorted.size(), &wanted[i * size_of(dtype)], side);
        const Array found = searchsorted(sorted, v, side);
        EXPECT_EQ(found.shape(), v.shape()) << what;
        EXPECT_EQ(places(engine, found), judged) << what << " " << name_of(dtype);
    }
}

TEST(SearchSorted, AgreesWithItsJudge) {
    Engine engine(EngineOptions{.threads = 2});
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        for (const std::int64_t n : {0, 1, 2, 65, 300}) {
            const Array sorted = sort(mixed(dtype, {n})), v = mixed(dtype, {3, 7, 11}, 9);
            expect_places_judged(engine, sorted, v, std::to_string(n));
            expect_places_judged(engine, sorted, v.transpose()(Slice{{}, {}, -1}), "views");
            expect_places_judged(engine, sorted, v(1, newaxis).broadcast_to({4, 7, 11}), "broadcast");
            expect_places_judged(engine, sorted, sorted, "itself");
            expect_places_judged(engine, sorted, v(0, 0, 0), "one value");
            expect_places_judged(engine, sorted, v(Slice{0, 0}), "nothing");
        }
    }
}

TEST(SearchSorted, PromotesBoth) {
    Engine engine(EngineOptions{.threads = 1});
    const Array a = from_values(std::vector<std::int32_t>{1, 2, 4}, {3});
    EXPECT_EQ(places(engine, searchsorted(a, 2.5)), (Places{2}));
    EXPECT_EQ(places(engine, searchsorted(a, 2, Side::right)), (Places{2}));
    EXPECT_EQ(places(engine, searchsorted(a, from_values(std::vector<double>{NAN, 4, 3.5}, {3}))), (Places{3, 2, 2}));
    EXPECT_THROW(searchsorted(a(newaxis), a), ShapeError);
    EXPECT_THROW(searchsorted(Array(1), a), ShapeError);
}

TEST(SearchSorted, GivesTheInsertionPoint) {
    Engine engine(EngineOptions{.threads = 2});
    const Array a = evaluate(engine, sort(mixed(DType::float32, {10'007})));
    const Array v = mixed(DType::float32, {3001}, 7);
    const auto sorted = values<float>(engine, a), wanted = values<float>(engine, v);
    const auto less = [](float x, float y) { return x < y || (std::isnan(y) && !std::isnan(x)); };
    const auto left = places(engine, searchsorted(a, v)), right = places(engine, searchsorted(a, v, Side::right));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_EQ(left[i], std::lower_bound(sorted.begin(), sorted.end(), wanted[i], less) - sorted.begin());
        EXPECT_EQ(right[i], std::upper_bound(sorted.begin(), sorted.end(), wanted[i], less) - sorted.begin());
    }
}

TEST(Digitize, PutsValuesIntoBinsEitherWay) {
    Engine engine(EngineOptions{.threads = 2});
    const std::vector<double> edges{-1, 0, 0, 2.5, 7}, data{-2, -1, -0.5, 0, 1, 2.5, 6, 7, 8, NAN, INFINITY};
    const Array rising = from_values(edges, {5}), falling = rising(Slice{{}, {}, -1}), x = from_values(data, {11});
    Places closed_left, closed_right;
    for (const double value : data) {
        closed_left.push_back(std::count_if(edges.begin(), edges.end(), [&](double e) { return !(value < e); }));
        closed_right.push_back(std::count_if(edges.begin(), edges.end(), [&](double e) { return !(value <= e); }));
    }
    EXPECT_EQ(places(engine, digitize(x, rising)), closed_left);
    EXPECT_EQ(places(engine, digitize(x, rising, Side::right)), closed_right);
    // numpy.digitize's answers.
    EXPECT_EQ(places(engine, digitize(x, falling)), (Places{5, 4, 4, 2, 2, 1, 1, 0, 0, 0, 0}));
    EXPECT_EQ(places(engine, digitize(x, falling, Side::right)), (Places{5, 5, 4, 4, 2, 2, 1, 1, 0, 0, 0}));
    EXPECT_EQ(places(engine, digitize(x, rising(Slice{0, 0}))), Places(11));
    EXPECT_EQ(places(engine, digitize(3, from_values(std::vector<int>{1, 1}, {2}))), (Places{2}));
    EXPECT_THROW(places(engine, digitize(x, from_values(std::vector<int>{1, 2, 1}, {3}))), ArgumentError);
    EXPECT_THROW(digitize(x * std::complex<double>(0, 1), rising), DTypeError);
    EXPECT_THROW(digitize(x, Array(1.0)), ShapeError);
}

// a.take(indices, axis), element by element over the result.
Places taken(const Places& a, const Shape& shape, const Places& indices, int axis) {
    const array::Lines lines(shape, axis);
    Places out;
    for (std::int64_t o = 0; o < lines.outer; ++o)
        for (std::int64_t index : indices)
            for (std::int64_t k = 0; k < lines.inner; ++k)
                out.push_back(
                    a[static_cast<std::size_t>((o * lines.n + (index + lines.n) % lines.n) * lines.inner + k)]);
    return out;
}

TEST(Take, AgreesWithItsDefinition) {
    Engine engine(EngineOptions{.threads = 3});
    const Shape shape{5, 64, 3};
    const Array a = arange(0, 5 * 64 * 3) * 7, b = evaluate(engine, a);
    Places data = places(engine, b);
    const Array box = from_values(data, shape);
    const Places indices{4, 0, -1, -5, 2, 2};
    for (const Axis axis : {Axis(), Axis(0), Axis(1), Axis(-1)}) {
        Places list = indices;
        if (axis == Axis(-1)) list = {2, 0, -1, -3, 1, 1};
        const int along = axis ? (*axis + 3) % 3 : -1;
        const Places wanted = taken(data, shape, list, along);
        const Array known = from_values(list, {6}), computed = known + 0, square = from_values(list, {2, 3});
        EXPECT_EQ(places(engine, take(box, known, axis)), wanted);
        EXPECT_EQ(places(engine, take(box, computed, axis)), wanted);
        EXPECT_EQ(places(engine, take(box, square, axis)), wanted);
        EXPECT_EQ(places(engine, take(box + 0, square.astype(DType::int8), axis)), wanted);
        Shape made = axis ? shape : Shape{0};
        made[std::max(along, 0)] = 6;
        EXPECT_EQ(take(box, known, axis).shape(), made);
        EXPECT_EQ(take(box, computed, axis).shape(), made);
        EXPECT_EQ(take(box, square, axis).rank(), made.rank() + 1);
        EXPECT_EQ(places(engine, take(box, list[1], axis)), taken(data, shape, {list[1]}, along));
    }
    EXPECT_EQ(places(engine, take(box, Array(7) + from_values(Places{-700, 2000}, {2}), 1, Bounds::wrap)),
              taken(data, shape, {(7 - 700 + 64 * 20) % 64, 2007 % 64}, 1));
    EXPECT_EQ(places(engine, take(box, from_values(Places{-700, 2000}, {2, 1}), 1, Bounds::clip)),
              taken(data, shape, {0, 63}, 1));
    EXPECT_EQ(take(box, from_values(Places{}, {0, 2}), 1).shape(), (Shape{5, 0, 2, 3}));
    EXPECT_EQ(places(engine, take(box(0, Slice{}, 0) > 20, from_values(Places{1, 0}, {2, 1}))), (Places{1, 0}));
}

TEST(Take, StreamsByShortLists) {
    Engine engine(EngineOptions{.threads = 2});
    const array::Plan plan(engine, {{take(mixed(DType::float32, {40, 50}), from_values(Places{3, -1}, {2}), 1), "t"}});
    for (const auto& pass : plan.report().passes)
        for (const auto& made : pass.produces) EXPECT_EQ(made.find("in memory as a whole"), std::string::npos);
}

template <class E>
std::string message_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const E& error) {
        return error.what();
    }
    return "no such error";
}

TEST(Take, NamesTheFirstIndexThatIsOutside) {
    for (const int threads : {1, 7}) {
        Engine engine(EngineOptions{.threads = threads});
        Places list(300'000);
        list[170'001] = -11;
        list[170'003] = 12;
        list[299'999] = 13;
        const Array a = arange(0, 10) * 2, indices = from_values(list, {300, 1000});
        for (const Array& wrong : {take(a, indices), put(a, indices, Array(1)), take_along_axis(a(newaxis), indices, 1),
                                   put_along_axis(a(newaxis).broadcast_to({300, 10}), indices, 1, 1)}) {
            const auto what = message_of<ShapeError>([&] { evaluate(engine, wrong).wait(); });
            EXPECT_NE(what.find("index -11 is out of range"), std::string::npos) << what;
            EXPECT_NE(what.find("position 170001 of the indices, for 10 elements"), std::string::npos) << what;
        }
        EXPECT_EQ(places(engine, sum(take(a, indices, {}, Bounds::clip))), (Places{36}));
    }
    const Array a = from_values(Places{1, 2, 3}, {3}), nothing = a(Slice{0, 0});
    EXPECT_NE(message_of<ShapeError>([&] {
                  take(a, from_values(Places{0, 3}, {2}));
              }).find("position 1"),
              std::string::npos);
    EXPECT_THROW(take(a, 3), ShapeError);
    EXPECT_THROW(take(nothing, 0), ShapeError);
    EXPECT_THROW(take(nothing, from_values(Places{0, 0}, {2, 1}), {}, Bounds::wrap), ShapeError);
    EXPECT_THROW(put(nothing, 0, 1), ShapeError);
    EXPECT_THROW(take(a, 1.0), DTypeError);
    EXPECT_THROW(take(a, a.astype(DType::uint64)), DTypeError);
    EXPECT_THROW(take(a, a, 1), ShapeError);
    EXPECT_THROW(take_along_axis(a, a(newaxis), 0), ShapeError);
    EXPECT_THROW(take_along_axis(a, a(newaxis), {}), ShapeError);
    EXPECT_THROW(take_along_axis(a(newaxis).broadcast_to({2, 3}), a(Slice{}, newaxis), 1), ShapeError);
    EXPECT_THROW(put_along_axis(a, a, a(Slice{0, 2}), 0), ShapeError);
}

TEST(TakeAlongAxis, UndoesArgsort) {
    Engine engine(EngineOptions{.threads = 3});
    for (const DType dtype : {DType::int8, DType::float16, DType::float32, DType::float64, DType::complex128}) {
        const Array a = mixed(dtype, {20, 300, 7});
        for (const Axis axis : axes_of(a)) {
            const Array order = argsort(a, axis);
            expect_same(engine, take_along_axis(a, order, axis), sort(a, axis), "sorted", Zeros::alike);
            if (!axis) continue;
            expect_same(engine, put_along_axis(a * a.astype(dtype), order, sort(a, axis), axis), a, "put back",
                        Zeros::alike);
        }
    }
    const Array a = from_values(Places{10, 30, 20, 60, 40, 50}, {2, 3});
    EXPECT_EQ(places(engine, take_along_axis(a, from_values(Places{0, -1}, {2, 1}), 1)), (Places{10, 50}));
    EXPECT_EQ(places(engine, take_along_axis(a, from_values(Places{0, 1, 1}, {1, 3}), 0)), (Places{10, 40, 50}));
    EXPECT_EQ(places(engine, take_along_axis(a(Slice{0, 1}), from_values(Places{0, 1, 2, 2}, {4, 1}), 1)),
              (Places{10, 30, 20, 20}));
}

TEST(Put, LetsLaterEntriesWin) {
    for (const int threads : {1, 2, 7}) {
        Engine engine(EngineOptions{.threads = threads});
        Places indices(200'003), judged(1000);
        for (std::size_t i = 0; i < indices.size(); ++i)
            indices[i] = static_cast<std::int64_t>(i * i * 2654435761u % 2000) - 1000;
        Places data(150'001);
        std::iota(data.begin(), data.end(), 5);
        for (std::size_t i = 0; i < indices.size(); ++i)
            judged[static_cast<std::size_t>((indices[i] + 1000) % 1000)] = data[i % data.size()];
        const Array zero = arange(0, 1000) * 0, list = from_values(indices, {200'003});
        EXPECT_EQ(places(engine, put(zero, list, from_values(data, {150'001}))), judged);
        // The same along columns: each line has its own.
        Places columns(3000);
        for (std::size_t i = 0; i < 200'001; ++i)
            columns[static_cast<std::size_t>((indices[i] + 1000) % 1000 * 3) + i % 3] = static_cast<std::int64_t>(i);
        const Array rows = from_values(Places(indices.begin(), indices.end() - 2), {66'667, 3});
        EXPECT_EQ(places(engine, put_along_axis(zero(Slice{}, newaxis).broadcast_to({1000, 3}), rows,
                                                from_values(
                                                    [&] {
                                                        Places counted(200'001);
                                                        std::iota(counted.begin(), counted.end(), 0);
                                                        return counted;
                                                    }(),
                                                    {66'667, 3}),
                                                0)),
                  columns);
    }
    Engine engine(EngineOptions{.threads = 1});
    const Array a = arange(0, 5);
    EXPECT_EQ(places(engine, put(a, from_values(Places{22, -9}, {2}), 7, Bounds::clip)), (Places{7, 1, 2, 3, 7}));
    EXPECT_EQ(places(engine, put(a, from_values(Places{22, -9}, {2}), from_values(Places{8, 9}, {2}), Bounds::wrap)),
              (Places{0, 9, 8, 3, 4}));
    EXPECT_EQ(places(engine, put(a, a(Slice{0, 0}), 7)), (Places{0, 1, 2, 3, 4}));
    EXPECT_EQ(places(engine, put(a, a, a(Slice{0, 0}))), (Places{0, 1, 2, 3, 4}));
    EXPECT_EQ(places(engine, put(a, 0, 3.9)), (Places{3, 1, 2, 3, 4}));
}

TEST(Select, FindsWhatIsNotZero) {
    Engine engine(EngineOptions{.threads = 2});
    for (const auto& shape : std::vector<Shape>{{0}, {1}, {65}, {7, 9, 5}, {3, 0, 2}, {300'007}, {400, 501}}) {
        const Array a = mixed(DType::float32, shape) * (mixed(DType::boolean, shape));
        const auto data = values<float>(engine, a);
        Places wanted;
        for (std::size_t i = 0; i < data.size(); ++i)
            if (data[i] != 0) wanted.push_back(static_cast<std::int64_t>(i));
        const Array found = flatnonzero(a);
        EXPECT_EQ(places(engine, found), wanted);
        EXPECT_EQ(places(engine, count(a)), (Places{static_cast<std::int64_t>(wanted.size())}));
        const Array rows = argwhere(a);
        EXPECT_EQ(rows.shape(), (Shape{static_cast<std::int64_t>(wanted.size()), a.rank()}));
        const auto each = nonzero(a);
        ASSERT_EQ(static_cast<int>(each.size()), a.rank());
        Array flat = found * 0;
        for (int axis = 0; axis < a.rank(); ++axis) {
            EXPECT_EQ(places(engine, rows(Slice{}, axis)), places(engine, each[static_cast<std::size_t>(axis)]));
            flat = flat * a.shape()[axis] + each[static_cast<std::size_t>(axis)];
        }
        EXPECT_EQ(places(engine, flat), wanted);
        std::vector<float> picked;
        for (const auto i : wanted) picked.push_back(data[static_cast<std::size_t>(i)]);
        const auto bits = [&](const Array& x) { return bytes_of(engine, x); };
        const Bytes expected = bits(from_values(picked, {static_cast<std::int64_t>(picked.size())}));
        EXPECT_EQ(bits(extract(a, a)), expected);
        EXPECT_EQ(bits(a[a != 0.0f]), expected);
        EXPECT_EQ(bits(a.transpose()[(a != 0.0f).transpose()]).size(), expected.size());
    }
    EXPECT_EQ(places(engine, flatnonzero(Array(3))), (Places{0}));
    EXPECT_EQ(argwhere(Array(3)).shape(), (Shape{1, 0}));
    EXPECT_THROW(nonzero(Array(3)), ShapeError);
}

TEST(Select, CompressesAlongAxes) {
    Engine engine(EngineOptions{.threads = 2});
    const Array a = from_values(Places{0, 1, 2, 3, 4, 5}, {3, 2});
    const auto row = [](const std::vector<int>& v) { return from_values(v, {static_cast<std::int64_t>(v.size())}); };
    EXPECT_EQ(places(engine, compress(row({0, 1}), a, 0)), (Places{2, 3}));
    EXPECT_EQ(places(engine, compress(row({0, 7}), a, -1)), (Places{1, 3, 5}));
    EXPECT_EQ(places(engine, compress(row({1, 0, 0, 1}), a)), (Places{0, 3}));
    EXPECT_EQ(places(engine, compress(row({0, 1, 0, 0}), a, 0)), (Places{2, 3}));
    EXPECT_EQ(compress(row({0, 0}), a, 0).shape(), (Shape{0, 2}));
    EXPECT_THROW(compress(row({0, 0, 1}), a, 1), ShapeError);
    EXPECT_THROW(compress(a, a), ShapeError);
    EXPECT_THROW(compress(row({1}), a, 2), ShapeError);
    EXPECT_THROW(extract(row({1}), a), ShapeError);
    // Masks of leading axes, and what comes after them.
    const Array box = from_values(Places{0, 1, 2, 3, 4, 5, 6, 7}, {2, 2, 2});
    const Array mask = from_values(std::vector<int>{0, 1, 1, 0}, {2, 2}).astype(DType::boolean);
    EXPECT_EQ(places(engine, box(mask)), (Places{2, 3, 4, 5}));
    EXPECT_EQ(places(engine, box(mask, 1)), (Places{3, 5}));
    EXPECT_EQ(box(mask, newaxis).shape(), (Shape{2, 1, 2}));
    EXPECT_EQ(places(engine, box(from_values(Places{1, 0, 0, 0}, {2, 2}), 0, 1)), (Places{5, 1, 1, 1}));
    EXPECT_THROW(box(0, mask), ShapeError);
    EXPECT_THROW(box(mask, from_values(Places{0}, {1})), ShapeError);
    EXPECT_THROW(box[mask(Slice{}, Slice{0, 1})], ShapeError);
    EXPECT_THROW(a(Slice{}, newaxis)[mask], ShapeError);
}

// The first one in the order of sort(), or nothing.
Bytes values_of_nan(DType dtype) {
    Engine engine(EngineOptions{.device = "reference"});
    if (is_complex(dtype)) return bytes_of(engine, Array(std::complex<double>(-INFINITY, NAN)).astype(dtype));
    return is_float(dtype) ? bytes_of(engine, Array(NAN).astype(dtype)) : Bytes();
}

TEST(Unique, IsSortedAndCountsAddUp) {
    Engine engine(EngineOptions{.threads = 2});
    for (std::size_t t = 0; t < kDTypeCount; ++t) {
        const auto dtype = static_cast<DType>(t);
        for (const auto& shape : std::vector<Shape>{{0}, {1}, {2}, {64}, {9, 13, 5}, {200'003}}) {
            const Array a = mixed(dtype, shape), values = unique(a);
            const auto [again, counts] = unique_counts(a);
            expect_same(engine, again, values, "both");
            ASSERT_EQ(counts.shape(), values.shape());
            const auto counted = places(engine, counts);
            EXPECT_EQ(std::accumulate(counted.begin(), counted.end(), std::int64_t{0}), a.size());
            const Bytes in = bytes_of(engine, a), out = bytes_of(engine, values);
            const std::size_t width = size_of(dtype);
            const auto nans = values_of_nan(dtype);
            const auto is_nan = [&](const std::byte* x) {  // NaN follows all numbers
                return !nans.empty() && !kernels::before_ref(dtype, x, nans.data());
            };
            for (std::size_t i = 0; i + 1 < counted.size(); ++i) {
                EXPECT_TRUE(kernels::before_ref(dtype, &out[i * width], &out[(i + 1) * width]));
                EXPECT_FALSE(is_nan(&out[i * width]));
            }
            for (std::size_t i = 0; a.size() < 1000 && i < counted.size(); ++i) {
                std::int64_t found = 0;
                for (std::size_t j = 0; j < static_cast<std::size_t>(a.size()); ++j) {
                    const std::byte *x = &in[j * width], *y = &out[i * width];
                    const bool same = is_nan(x) || is_nan(y)
                                          ? is_nan(x) && is_nan(y)
                                          : !kernels::before_ref(dtype, x, y) && !kernels::before_ref(dtype, y, x);
                    found += same ? 1 : 0;
                }
                EXPECT_EQ(found, counted[i]) << name_of(dtype) << " " << i;
            }
        }
    }
}

// Every lazy operation, over long and short lines.
std::vector<std::pair<std::string, Array>> operations(DType dtype, const Shape& shape) {
    const Array a = mixed(dtype, shape), all = sort(a, {});
    const std::int64_t n = shape[0];
    const Array where = arange(0, a.size() * 3) * 7919 % a.size();
    return {{"topk", topk(a, n / 40 + 1, 0)},
            {"topk of all", topk(a, 100, {})},
            {"argtopk", argtopk(a, 3, -1)},
            {"argtopk of many", argtopk(a, n, 0)},
            {"searchsorted", searchsorted(all, a(Slice{{}, {}, -1}), Side::right)},
            {"digitize", digitize(real(a), real(all)(Slice{{}, {}, -1})(Slice{0, 50}) * 0.0f + 1.0f)},
            {"take", take(a, where(newaxis), {}, Bounds::wrap)},
            {"take rows", take(a, where(Slice{0, 100}) % n, 0)},
            {"take along", take_along_axis(a, argsort(a, 0), 0)},
            {"put", put(a, where, a(Slice{0, 1}))},
            {"put along", put_along_axis(a, floor_divide(argsort(a, 0), 2), a, 0)}};
}

TEST(Selection, GivesTheSameBitsForAllThreadsAndDevices) {
    Engine reference(EngineOptions{.device = "reference"}), one(EngineOptions{.threads = 1}),
        two(EngineOptions{.threads = 2}), seven(EngineOptions{.threads = 7}),
        checked(EngineOptions{.threads = 3, .checks = Checks::on}),
        simulated(EngineOptions{.threads = 2, .device = "sim:devices=2,memory=4M"});
    for (const auto& shape : std::vector<Shape>{{140'003}, {3, 20'000}, {40, 700}})
        for (const DType dtype : {DType::float32, DType::complex64})
            for (const auto& [name, result] : operations(dtype, shape)) {
                const Bytes expected = bytes_of(reference, result);
                for (auto* engine : {&one, &two, &seven, &checked, &simulated})
                    expect_same(result.dtype(), bytes_of(*engine, result), expected,
                                name + " of " + to_string(shape) + " by " + std::to_string(engine->threads()));
            }
}

TEST(Selection, FitsTheMemoryOrFailsBeforeAnythingRuns) {
    Engine engine(EngineOptions{.threads = 2});
    TempDir folder;
    const auto path = (folder / "a.h5").string();
    const NamedArray named[] = {{"a", mixed(DType::float32, {40, 3000})}};
    write_hdf5(engine, path, named, {.chunks = Shape{4, 500}});
    const Array a = open_dataset(path, "/a");
    for (const auto& [name, wanted] : {std::pair<std::string, Array>{"topk", topk(a * 2.0f, 10, 0)},
                                       {"argtopk", argtopk(a, 900, {})},
                                       {"searchsorted", searchsorted(sort(a, {}), a)},
                                       {"digitize", digitize(a, topk(a, 500, {}))},
                                       {"take", take(a, argsort(a, {}))},
                                       {"along", take_along_axis(a, argsort(a, 1), 1)},
                                       {"put", put(a, argsort(a, {}), a)}}) {
        expect_in_any_memory(engine, wanted, 200'000, 9'000'000, name);
    }
    // A mask over the file chooses rows of it, which stream.
    const Array rows = compress(max(a, 1) > 1e30f, a, 0);
    EXPECT_EQ(rows.shape()[0], static_cast<std::int64_t>(flatnonzero(max(a, 1) > 1e30f).size()));
    Engine small(EngineOptions{.threads = 2, .memory = 400'000});
    EXPECT_EQ(values<std::int64_t>(small, count(rows)), values<std::int64_t>(engine, count(rows)));
}

// What is computed at once keeps to the engine's limits, and what it leaves in memory is part of later plans.
TEST(Selection, KeepsToTheLimitsOfAnEngine) {
    const Array a = arange(0, 300'000) % 7;
    Engine engine(EngineOptions{.threads = 3}), small(EngineOptions{.threads = 2, .memory = 500'000});
    {
        const AtOnce few(engine);
        EXPECT_EQ(array::options_at_once(a).threads, 3);
        {
            const AtOnce least(small);
            EXPECT_EQ(array::options_at_once(a).threads, 2);
            EXPECT_EQ(array::options_at_once(a).memory, small.memory_limit());
            EXPECT_THROW(unique(a), OutOfMemory);
            EXPECT_THROW(flatnonzero(a), OutOfMemory);
            EXPECT_THROW(extract(a == 1, a), OutOfMemory);
            EXPECT_EQ(bincount(a, 9).size(), 9);  // streams
            EXPECT_EQ(flatnonzero(a(Slice{0, 1000})).size(), 857);
        }
        EXPECT_EQ(array::options_at_once(a).memory, engine.memory_limit());
        EXPECT_EQ(values<std::int64_t>(engine, unique(a)), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));
    }
    EXPECT_EQ(array::options_at_once(a).threads, 0);
    const Array positions = flatnonzero(a), rows = compress(a != 0, a * 2);
    EXPECT_THROW(evaluate(small, sum(positions)), OutOfMemory);
    EXPECT_THROW(evaluate(small, sum(rows)), OutOfMemory);
    EXPECT_EQ(values<std::int64_t>(engine, sum(rows)), values<std::int64_t>(small, sum(a * 2)));
}

TEST(Selection, NamesWhatIsWrong) {
    const Array a = mixed(DType::float32, {3, 4});
    for (const auto function : {topk, argtopk}) {
        EXPECT_THROW(function(a, 5, -1), ArgumentError);
        EXPECT_THROW(function(a, -1, -1), ArgumentError);
        EXPECT_THROW(function(a, 13, {}), ArgumentError);
        EXPECT_THROW(function(a, 1, 2), ShapeError);
        EXPECT_THROW(function(Array(1), 1, 0), ShapeError);
    }
}

}  // namespace
}  // namespace heddle::test
