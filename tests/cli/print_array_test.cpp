// Expected texts were printed by NumPy 1.24.2.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "host/cli/plot.hpp"
#include "host/cli/print_array.hpp"
#include "host/cli/progress.hpp"

namespace heddle::cli {
namespace {

// A value's bytes are given in hexadecimal, so that nothing is lost on the way here.
pipeline::Preview preview(DType dtype, const Shape& shape, const std::string& hex) {
    std::vector<std::byte> values(hex.size() / 2);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<std::byte>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
    pipeline::PreviewSink sink(dtype, shape);
    // Row by row, as tiles come.
    if (shape.rank() > 0 && shape.count() > 0) {
        const auto row = values.size() / static_cast<std::size_t>(shape[0]);
        for (std::int64_t i = 0; i < shape[0]; ++i) {
            Box box = Box::whole(shape);
            box.lo[0] = i;
            box.hi[0] = i + 1;
            sink.write(box, values.data() + static_cast<std::size_t>(i) * row);
        }
    } else if (shape.count() > 0) {
        sink.write(Box::whole(shape), values.data());
    }
    return sink.take();
}

// start, start + step, ... over the divisor, as the element type.
template <class T>
std::string ramp(std::int64_t count, T start, T step, T divisor) {
    std::string hex;
    for (std::int64_t i = 0; i < count; ++i) {
        const T value = (start + step * static_cast<T>(i)) / divisor;
        unsigned char bytes[sizeof(T)];
        std::memcpy(bytes, &value, sizeof(T));
        constexpr char digits[] = "0123456789abcdef";
        for (const auto byte : bytes) {
            hex += digits[byte >> 4];
            hex += digits[byte & 15];
        }
    }
    return hex;
}

struct Case {
    std::string name;
    DType dtype;
    Shape shape;
    std::string hex, text;
};

std::vector<Case> cases() {
    return {
        {"Whole", DType::float64, {3}, "000000000000f03f00000000000000400000000000000840", R"([1. 2. 3.])"},
        {"Mixed", DType::float64, {3}, "000000000000f03f00000000000004400000000000000a40", R"([1.   2.5  3.25])"},
        {"Small", DType::float64, {2}, "f168e388b5f8e43e000000000000f03f", R"([1.e-05 1.e+00])"},
        {"Wide", DType::float64, {2}, "000000000000f03f0000000065cdcd41", R"([1.e+00 1.e+09])"},
        {"Ratio", DType::float64, {2}, "fca9f1d24d62503f0000000000409f40", R"([1.e-03 2.e+03])"},
        {"Thirds",
         DType::float64,
         {3},
         "555555555555d53f555555555555e53f555555555555d5bf",
         R"([ 0.33333333  0.66666667 -0.33333333])"},
        {"Nan", DType::float64, {3}, "000000000000f87f000000000000f03f0000000000000440", R"([nan 1.  2.5])"},
        {"Inf", DType::float64, {3}, "000000000000f0ff000000000000f03f000000000000f07f", R"([-inf   1.  inf])"},
        {"OnlyNan", DType::float64, {2}, "000000000000f87f000000000000f87f", R"([nan nan])"},
        {"OnlyInf", DType::float64, {2}, "000000000000f07f000000000000f0ff", R"([ inf -inf])"},
        {"ExpNan",
         DType::float64,
         {3},
         "bbbdd7d9df7cdb3d000000000000f87f7dc39425ad49b2d4",
         R"([ 1.e-010      nan -1.e+100])"},
        {"Float32", DType::float32, {3}, "cdcccc3dcdcc4c3eabaaaa3e", R"([0.1        0.2        0.33333334])"},
        {"Float16", DType::float16, {3}, "662e66325535", R"([0.1    0.2    0.3333])"},
        {"Float16Large", DType::float16, {2}, "ff7b0200", R"([6.55e+04 1.19e-07])"},
        {"Exponents", DType::float64, {2}, "355800662deb417ec41158bbe31bb801", R"([1.50e+300 2.25e-300])"},
        {"Integers", DType::int64, {3}, "0100000000000000ecffffffffffffff2c01000000000000", R"([  1 -20 300])"},
        {"UInt64",
         DType::uint64,
         {2},
         "0000000000000000ffffffffffffffff",
         R"([                   0 18446744073709551615])"},
        {"Bool", DType::boolean, {2}, "0100", R"([ True False])"},
        {"Complex",
         DType::complex128,
         {2},
         "000000000000f03f0000000000000040000000000000e0bf000000000000f0bf",
         R"([ 1. +2.j -0.5-1.j])"},
        {"ComplexNan",
         DType::complex128,
         {2},
         "000000000000f87f000000000000f03f0000000000000040000000000000f0ff",
         R"([nan +1.j  2.-infj])"},
        {"Complex64", DType::complex64, {1}, "cdcccc3dcdcc4c3e", R"([0.1+0.2j])"},
        {"Matrix",
         DType::float64,
         {2, 3},
         "0000000000000000000000000000f03f0000000000000040000000000000084000000000000010400000000000001440",
         R"([[0. 1. 2.]
 [3. 4. 5.]])"},
        {"Cube",
         DType::int64,
         {2, 2, 2},
         "0000000000000000010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000"
         "0000700000000000000",
         R"([[[0 1]
  [2 3]]

 [[4 5]
  [6 7]]])"},
        {"Long", DType::int64, {1001}, ramp<std::int64_t>(1001, 0, 1, 1), R"([   0    1    2 ...  998  999 1000])"},
        {"LongMatrix",
         DType::float64,
         {40, 50},
         ramp<double>(2000, 0, 1, 7),
         R"([[0.00000000e+00 1.42857143e-01 2.85714286e-01 ... 6.71428571e+00
  6.85714286e+00 7.00000000e+00]
 [7.14285714e+00 7.28571429e+00 7.42857143e+00 ... 1.38571429e+01
  1.40000000e+01 1.41428571e+01]
 [1.42857143e+01 1.44285714e+01 1.45714286e+01 ... 2.10000000e+01
  2.11428571e+01 2.12857143e+01]
 ...
 [2.64285714e+02 2.64428571e+02 2.64571429e+02 ... 2.71000000e+02
  2.71142857e+02 2.71285714e+02]
 [2.71428571e+02 2.71571429e+02 2.71714286e+02 ... 2.78142857e+02
  2.78285714e+02 2.78428571e+02]
 [2.78571429e+02 2.78714286e+02 2.78857143e+02 ... 2.85285714e+02
  2.85428571e+02 2.85571429e+02]])"},
        {"Wrap",
         DType::int64,
         {40},
         "0000000000000000e803000000000000d007000000000000b80b000000000000a00f00000000000088130000000000007017000000000"
         "000581b000000000000401f00000000000028230000000000001027000000000000f82a000000000000e02e000000000000c832000000"
         "000000b036000000000000983a000000000000803e00000000000068420000000000005046000000000000384a000000000000204e000"
         "0000000000852000000000000f055000000000000d859000000000000c05d000000000000a86100000000000090650000000000007869"
         "000000000000606d000000000000487100000000000030750000000000001879000000000000007d000000000000e880000000000000d"
         "084000000000000b888000000000000a08c000000000000889000000000000070940000000000005898000000000000",
         R"([    0  1000  2000  3000  4000  5000  6000  7000  8000  9000 10000 11000
 12000 13000 14000 15000 16000 17000 18000 19000 20000 21000 22000 23000
 24000 25000 26000 27000 28000 29000 30000 31000 32000 33000 34000 35000
 36000 37000 38000 39000])"},
        {"WrapFloat",
         DType::float64,
         {30},
         "a924a3176ca9e9bf3e2ee60e9330f5bf6a843d4a50cacfbfb805d02493e8da3f7b6ffc203f2df23fe3c33ff5b715bc3fcf9afd6e49afe"
         "1bfe3e617b1eb1ce9bf2759cab0b9f5e73fcfff98431228fa3fcddfe72a0b75d13f5fb453d6b6bbf3bf62c4c7ca1baaeebf5fa1c39dad"
         "99f93fcd6475430df8c93f5fa44806d3b6fbbfeae6f21a1d6db5bfecd89cd6929cf2bfa535f8c82023e4bf7dd3cec67c3bdfbf29b85e9"
         "076d3e6bfd34a0fc446b5e13fdd6741fa6626b0bf83af0ff19edce2bf0f1c11938137da3f8eb187b72c8eea3f4704ecdfd249fabfcdd0"
         "2832446ed0bfbc1e7b474862efbf70fcf44df329c6bf",
         R"([-0.80193143 -1.324359   -0.24836162  0.42044524  1.13604653  0.1097064
 -0.55264732 -0.78478036  0.74874577  1.63478304  0.27276878 -1.23332866
 -0.95826521  1.60001909  0.20288244 -1.73213484 -0.08369619 -1.16322597
 -0.62928809 -0.48800582 -0.71331337  0.55337847 -0.06308597 -0.58943126
  0.40963783  0.82985531 -1.64302337 -0.25673013 -0.98074736 -0.17315522])"},
        {"Tall",
         DType::int64,
         {1000, 4},
         ramp<std::int64_t>(4000, 0, 1, 1),
         R"([[   0    1    2    3]
 [   4    5    6    7]
 [   8    9   10   11]
 ...
 [3988 3989 3990 3991]
 [3992 3993 3994 3995]
 [3996 3997 3998 3999]])"},
        {"Empty", DType::float64, {0, 3}, "", R"([])"},
        {"Random32",
         DType::float32,
         {3, 4},
         "1ef100c3246b0440ff7772c05e78f3c1d795d1c2e4791ec20a44dac2588507c31ed4b341b8deddc2290fea424a518f42",
         R"([[-128.94186      2.0690393   -3.788574   -30.433773 ]
 [-104.792656   -39.619034  -109.13289   -135.52087  ]
 [  22.478573  -110.935      117.02961     71.65877  ]])"},
        {"NegZero", DType::float64, {2}, "0000000000000080000000000000f03f", R"([-0.  1.])"},
        {"Large", DType::float64, {2}, "00000054346f9d41000000000000f03f", R"([1.23456789e+08 1.00000000e+00])"},
        {"Many", DType::float64, {2}, "cdccccdc298c6741000000000088c340", R"([1.23456789e+07 1.00000000e+04])"},
        {"S1", DType::float64, {}, "000000000000f03f", "1.0"},
        {"S2", DType::float64, {}, "9a9999999999b93f", "0.1"},
        {"S3", DType::float64, {}, "f168e388b5f8e43e", "1e-05"},
        {"S4", DType::float64, {}, "0080e03779c34143", "1e+16"},
        {"S5", DType::float32, {}, "cdcccc3d", "0.1"},
        {"S6", DType::int8, {}, "fb", "-5"},
        {"S7", DType::boolean, {}, "01", "True"},
        {"S8", DType::complex128, {}, "000000000000f03f0000000000000040", "(1+2j)"},
        {"S9", DType::complex128, {}, "00000000000000000000000000000040", "2j"},
        {"S10", DType::float64, {}, "000000000000f87f", "nan"},
        {"S11", DType::float64, {}, "000000000000f0ff", "-inf"},
        {"S12", DType::float16, {}, "662e", "0.1"},
        {"S13", DType::float64, {}, "0080141a99be3c42", "123456789012.5"},
        {"S14", DType::complex64, {}, "cdcccc3d000000bf", "(0.1-0.5j)"},
    };
}

class PrintArray : public testing::TestWithParam<Case> {};
TEST_P(PrintArray, AsNumPyDoes) {
    EXPECT_EQ(print_array(preview(GetParam().dtype, GetParam().shape, GetParam().hex)), GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(Table, PrintArray, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(JsonValues, NestByAxisAndNameWhatJsonLacks) {
    EXPECT_EQ(json_values(preview(DType::int64, {2, 2}, ramp<std::int64_t>(4, 0, 1, 1))).dump(), "[[0,1],[2,3]]");
    EXPECT_EQ(json_values(preview(DType::float64, {3}, "000000000000f87f000000000000f0ff000000000000f03f")).dump(),
              R"(["NaN","-Infinity",1.0])");
    EXPECT_EQ(json_values(preview(DType::boolean, {}, "01")).dump(), "true");
    EXPECT_EQ(json_values(preview(DType::uint64, {1}, "ffffffffffffffff")).dump(), "[18446744073709551615]");
    EXPECT_EQ(json_values(preview(DType::complex128, {1}, "000000000000f03f000000000000f87f")).dump(),
              R"([[1.0,"NaN"]])");
    EXPECT_EQ(json_values(preview(DType::float64, {0, 3}, "")).dump(), "[]");
}

TEST(Progress, FitsItsWidth) {
    EXPECT_EQ(progress_line("", 0.5, 412e6, {40, false}), "###########------------  50 %  412 MB/s");
    EXPECT_EQ(progress_line("[1/2]", 1.7, 0, {34, true}).find("[1/2] ━━━━━━━━━━"), 0u);
    for (int width = 0; width < 120; ++width)
        EXPECT_LE(progress_line("label", 0.3, 5e9, {width, false}).size(),
                  static_cast<std::size_t>(std::max(0, width - 1)));
}

TEST(Plot, DrawsBarsInProportion) {
    const std::int64_t bins[] = {1, 0, 4, 1000};
    EXPECT_EQ(plot_histogram(bins, 0, 8, {40, false}),
              "  0 |    1 #\n  2 |    0\n  4 |    4 #\n  6 | 1000 #############################\n");
    EXPECT_NE(plot_histogram(bins, 0, 8, {40, true}).find("1 ▏\n"), std::string::npos);
}

}  // namespace
}  // namespace heddle::cli
