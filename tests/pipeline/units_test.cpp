#include "host/pipeline/units.hpp"

#include <gtest/gtest.h>

#include "heddle/error.hpp"

namespace heddle::pipeline {
namespace {

TEST(Units, ReadsAmountsOfMemory) {
    EXPECT_EQ(parse_bytes("0"), 0u);
    EXPECT_EQ(parse_bytes("4096"), 4096u);
    EXPECT_EQ(parse_bytes("256M"), 256u << 20);
    EXPECT_EQ(parse_bytes("2GiB"), std::uint64_t{2} << 30);
    EXPECT_EQ(parse_bytes("1.5 KiB"), 1536u);
    EXPECT_EQ(parse_bytes("500MB"), 500'000'000u);
    EXPECT_EQ(parse_bytes("1T"), std::uint64_t{1} << 40);
    for (const auto* bad : {"", "M", "-1", "5X", "1e400", "nan", "inf", "12 34", "0x10", "9999999T", "256MiBs"})
        EXPECT_THROW(parse_bytes(bad), ArgumentError) << bad;
}

TEST(Units, WritesAmounts) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(1024), "1.0 KiB");
    EXPECT_EQ(format_bytes((1u << 20) - 1), "1.0 MiB");
    EXPECT_EQ(format_bytes(std::uint64_t{5} << 40), "5.0 TiB");
    EXPECT_EQ(format_seconds(0.0123), "0.01 s");
    EXPECT_EQ(format_seconds(75.04), "75.0 s");
    EXPECT_EQ(format_seconds(125), "2 min 5 s");
    EXPECT_EQ(format_seconds(7260), "2 h 1 min");
}

TEST(Units, ReadsExtents) {
    EXPECT_EQ(parse_extents("5"), Shape({5}));
    EXPECT_EQ(parse_extents("1,2,3"), Shape({1, 2, 3}));
    EXPECT_EQ(parse_extents("16x32"), Shape({16, 32}));
    for (const auto* bad : {"", ",", "1,", ",1", "0", "-1,2", "1;2", "a", "1,2,3,4,5,6,7,8,9", "99999999999999999999"})
        EXPECT_THROW(parse_extents(bad), Error) << bad;
    DatasetFormat format;
    parse_chunks("auto", format);
    EXPECT_EQ(format.chunk_rule, ChunkRule::automatic);
    parse_chunks("contiguous", format);
    EXPECT_EQ(format.chunk_rule, ChunkRule::contiguous);
    parse_chunks("4,5", format);
    EXPECT_EQ(format.chunk_rule, ChunkRule::given);
    EXPECT_EQ(format.chunks, Shape({4, 5}));
}

TEST(Units, SuggestsNearNames) {
    const std::vector<std::string> known{"inputs", "outputs", "write", "options"};
    EXPECT_EQ(near_names("output", known), "did you mean 'outputs'?");
    EXPECT_EQ(near_names("Write", known), "did you mean 'write'?");
    EXPECT_EQ(near_names("zzzzzzzz", known), "known are: inputs, outputs, write, options");
    EXPECT_EQ(near_names("x", std::span<const std::string>()), "");
}

}  // namespace
}  // namespace heddle::pipeline
