#include "host/pipeline/inputs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "heddle/error.hpp"
#include "tests/support/paths.hpp"

namespace heddle::pipeline {
namespace {

Location location_of(const Input& input) { return std::get<Location>(input.source); }
template <class T>
T constant_of(std::string_view text) {
    return std::get<T>(*parse_constant(text));
}

TEST(Inputs, ReadsDatasetsAndAttributes) {
    const auto raw = parse_input("raw=scan.h5:/exchange/data");
    EXPECT_EQ(raw.name, "raw");
    EXPECT_EQ(location_of(raw).file, "scan.h5");
    EXPECT_EQ(location_of(raw).path, "/exchange/data");
    EXPECT_FALSE(location_of(raw).attribute);
    EXPECT_EQ(describe(raw), "scan.h5:/exchange/data");

    const auto gain = location_of(parse_input("gain=scan.h5:/exchange/data@gain"));
    EXPECT_EQ(gain.path, "/exchange/data");
    EXPECT_EQ(gain.attribute, "gain");
    EXPECT_EQ(location_of(parse_input("r=scan.h5:/@version")).path, "/");
    EXPECT_EQ(location_of(parse_input("r=scan.h5:raw")).path, "raw");
    EXPECT_EQ(location_of(parse_input("each=:/data")).file, "");
    EXPECT_EQ(location_of(parse_input("x=run=5.h5:/a=b")).path, "/a=b");
}

TEST(Inputs, ColonsInFileNames) {
    const test::TempDir folder;
    const std::string file = (folder / "2024-01-01T10:00:00.h5").string();
    EXPECT_EQ(parse_location(file + ":/data")->file, file);
    EXPECT_EQ(parse_location(file + ":data")->path, "data");  // the last one, as no file is there
    std::ofstream(file) << "x";
    EXPECT_EQ(parse_location(file + ":data")->file, file);
    EXPECT_EQ(parse_location(file + ":a:b")->path, "a:b");
}

TEST(Inputs, ReadsNumbersAsPythonWritesThem) {
    EXPECT_EQ(constant_of<std::int64_t>("3"), 3);
    EXPECT_EQ(constant_of<std::int64_t>("-7"), -7);
    EXPECT_EQ(constant_of<std::int64_t>("+7"), 7);
    EXPECT_EQ(constant_of<std::int64_t>("0x1F"), 31);
    EXPECT_EQ(constant_of<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(constant_of<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(constant_of<double>("2.5"), 2.5);
    EXPECT_EQ(constant_of<double>("-1e-3"), -1e-3);
    EXPECT_EQ(constant_of<double>("1."), 1.0);
    EXPECT_EQ(constant_of<double>(".5"), 0.5);
    EXPECT_TRUE(std::isnan(constant_of<double>("nan")));
    EXPECT_EQ(constant_of<double>("-inf"), -HUGE_VAL);
    EXPECT_EQ(constant_of<bool>("True"), true);
    EXPECT_EQ(constant_of<std::complex<double>>("2j"), std::complex<double>(0, 2));
    EXPECT_EQ(constant_of<std::complex<double>>("1-2.5j"), std::complex<double>(1, -2.5));
    EXPECT_EQ(constant_of<std::complex<double>>("1e-3+1e+2j"), std::complex<double>(1e-3, 100));
    for (const auto* other : {"", "-", "+", "+-1", "j", "1_000", "1e", "abc", "1 2", "0x", "--1", "1+2", "1.2.3"})
        EXPECT_FALSE(parse_constant(other)) << other;
    for (const auto* big : {"99999999999999999999", "-9223372036854775809", "1e999"})
        EXPECT_THROW(parse_constant(big), ArgumentError) << big;
}

TEST(Inputs, RefusesWhatIsNoInput) {
    for (const auto* bad : {"", "raw", "=scan.h5:/x", "2x=3", "a b=3", "a-b=3", "x=", "x=scan.h5",
                            "x=scan.h5:", "x=scan.h5:/a@", "x=abc", "x@y=3"})
        EXPECT_THROW(parse_input(bad), ArgumentError) << bad;
    EXPECT_NO_THROW(parse_input("größe=3"));
}

TEST(Inputs, ReadsOutputs) {
    EXPECT_EQ(parse_output("out.h5").file, "out.h5");
    EXPECT_EQ(parse_output("out.h5").group, "/");
    EXPECT_EQ(parse_output("out.h5:/a/b").file, "out.h5");
    EXPECT_EQ(parse_output("out.h5:/a/b").group, "/a/b");
    EXPECT_EQ(parse_output("out.h5:a").group, "/a");
    EXPECT_EQ(parse_output("out.h5:").group, "/");
    EXPECT_EQ(parse_output("10:30").file, "10:30");
    EXPECT_THROW(parse_output(""), ArgumentError);
    EXPECT_THROW(parse_output(":/x"), ArgumentError);
}

}  // namespace
}  // namespace heddle::pipeline
