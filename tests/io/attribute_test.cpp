#include "host/io/attribute.hpp"

#include <cmath>

#include "host/io/cf.hpp"
#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

class Attributes : public testing::Test {
protected:
    TempDir folder;
    std::filesystem::path path = folder / "x.h5";
    io::Handle file = new_file(path);
    io::Handle dataset;

    Attributes() {
        put(file.get(), "x", H5T_STD_I16LE, H5T_NATIVE_INT16, {2}, nullptr);
        dataset = io::h5::open_dataset(file.get(), "x", H5P_DEFAULT);
    }
    io::Location close() {
        dataset.reset();
        file.reset();
        return io::InputFile::open(path.string())->locate("/x");
    }
    void text(const std::string& name, const std::string& value) {
        const auto type = io::h5::copy_type(H5T_C_S1);
        H5Tset_size(type.get(), value.size());
        H5Tset_strpad(type.get(), H5T_STR_SPACEPAD);
        put_attribute(dataset.get(), name, type.get(), type.get(), {}, value.data());
    }
};

TEST_F(Attributes, NumbersOfAnyRank) {
    const double gain = 1.5;
    const std::vector<std::uint64_t> big{18446744073709551615u, 1};
    const auto grid = counted<std::int16_t>(6);
    put_attribute(dataset.get(), "gain", H5T_IEEE_F32BE, H5T_NATIVE_DOUBLE, {}, &gain);
    put_attribute(dataset.get(), "big", H5T_STD_U64BE, H5T_NATIVE_UINT64, {2}, big.data());
    put_attribute(dataset.get(), "grid", H5T_STD_I16LE, H5T_NATIVE_INT16, {2, 3}, grid.data());
    const auto object = close();
    const auto g = io::attribute_of(object, "gain");
    EXPECT_EQ(g.dtype, DType::float32);
    EXPECT_EQ(g.shape, Shape{});
    EXPECT_EQ(g.as_double(), 1.5);
    EXPECT_EQ(std::get<std::uint64_t>(io::attribute_of(object, "big").number(0)), big[0]);
    EXPECT_EQ(io::attribute_of(object, "grid").shape, (Shape{2, 3}));
    EXPECT_EQ(std::get<std::int64_t>(io::attribute_of(object, "grid").number(4)), 4);
    expect_error<ShapeError>([&] { (void)io::attribute_of(object, "grid").number(6); }, {"no element 6"});
}

TEST_F(Attributes, TextOfEachKind) {
    text("padded", "counts   ");
    const auto variable = io::h5::copy_type(H5T_C_S1);
    H5Tset_size(variable.get(), H5T_VARIABLE);
    const char* words[] = {"one", "zwei"};
    put_attribute(dataset.get(), "words", variable.get(), variable.get(), {2}, words);
    const auto object = close();
    EXPECT_EQ(io::attribute_of(object, "padded").text, std::vector<std::string>{"counts"});
    EXPECT_EQ(io::attribute_of(object, "words").text, (std::vector<std::string>{"one", "zwei"}));
    EXPECT_TRUE(io::attribute_of(object, "words").is_text());
    expect_error<DTypeError>([&] { (void)io::attribute_of(object, "words").as_double(); }, {"'words'", "not a number"});
}

TEST_F(Attributes, MissingOrUnreadableIsNamed) {
    text("units", "K");
    put_attribute(dataset.get(), "link", H5T_STD_REF_OBJ, H5T_STD_REF_OBJ, {}, "12345678");
    const auto object = close();
    expect_error<IoError>([&] { io::attribute_of(object, "unit"); }, {"'unit'", "'/x'", "did you mean 'units'?"});
    expect_error<IoError>([&] { io::attribute_of(object, "link"); }, {"reference"});
    const auto all = io::attributes_of(object);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].name, "link");
    EXPECT_FALSE(all[0].error.empty());
    EXPECT_EQ(all[1].text, std::vector<std::string>{"K"});
}

// Attributes as a test writes them.
io::Attribute number(const std::string& name, DType dtype, const std::vector<double>& values) {
    io::Attribute a;
    a.name = name;
    a.dtype = dtype;
    if (values.size() != 1) a.shape = {static_cast<std::int64_t>(values.size())};
    for (double v : values) {
        const auto f = static_cast<float>(v);
        const auto i = static_cast<std::int64_t>(v);
        const void* bytes = dtype == DType::float64   ? static_cast<const void*>(&v)
                            : dtype == DType::float32 ? static_cast<const void*>(&f)
                                                      : static_cast<const void*>(&i);  // little-endian: low bytes first
        const auto* at = static_cast<const std::byte*>(bytes);
        a.values.insert(a.values.end(), at, at + size_of(dtype));
    }
    return a;
}
io::Attribute words(const std::string& name, const std::string& value) {
    io::Attribute a;
    a.name = name;
    a.type = "string";
    a.text = {value};
    return a;
}

// The choices of xarray's decode_cf, case by case.
TEST(CfDecoding, ResultTypeFollowsXarray) {
    using enum DType;
    const auto result = [](DType stored, std::vector<io::Attribute> attributes) {
        return io::cf_decoding(stored, attributes, "x").result;
    };
    EXPECT_EQ(result(int16, {}), int16);
    EXPECT_EQ(result(int16, {number("_FillValue", int16, {-9})}), float32);
    EXPECT_EQ(result(int32, {number("_FillValue", int32, {-9})}), float64);
    EXPECT_EQ(result(float16, {number("_FillValue", float32, {-9})}), float16);
    EXPECT_EQ(result(float32, {number("_FillValue", float32, {-9})}), float32);
    EXPECT_EQ(result(float64, {number("missing_value", float64, {-9})}), float64);
    EXPECT_EQ(result(int16, {number("scale_factor", float64, {0.1})}), float64);
    EXPECT_EQ(result(int16, {number("scale_factor", float32, {0.1})}), float32);
    EXPECT_EQ(result(int16, {number("scale_factor", int32, {10})}), float64);
    EXPECT_EQ(result(int16, {number("add_offset", float32, {5})}), float64);
    EXPECT_EQ(result(float32, {number("_FillValue", float32, {NAN}), number("scale_factor", float64, {2})}), float32);
    EXPECT_EQ(result(float32, {number("_FillValue", float32, {-1}), number("scale_factor", float64, {2})}), float64);
    EXPECT_EQ(result(int16, {number("scale_factor", float32, {0.1}), number("add_offset", float32, {5})}), float32);
    EXPECT_EQ(result(int16, {number("scale_factor", float64, {0.1}), number("add_offset", float64, {5})}), float64);
    EXPECT_EQ(result(int32, {number("scale_factor", float32, {0.1}), number("add_offset", float32, {5})}), float64);
    EXPECT_EQ(result(int16, {number("scale_factor", float32, {0.1}), number("add_offset", float64, {5})}), float64);
    EXPECT_EQ(result(int16, {number("scale_factor", float32, {0.1}), number("add_offset", float32, {0})}), float32);
}

TEST(CfDecoding, UnsignedReinterpretsValuesAndFill) {
    using enum DType;
    const auto cf = io::cf_decoding(int8, {words("_Unsigned", "true"), number("_FillValue", int8, {-1})}, "x");
    EXPECT_EQ(cf.reinterpret, uint8);
    ASSERT_EQ(cf.fill_values.size(), 1u);
    EXPECT_EQ(std::get<std::int64_t>(cf.fill_values[0]), 255);
    EXPECT_EQ(cf.result, float32);
    EXPECT_EQ(io::cf_decoding(uint16, {words("_Unsigned", "false")}, "x").reinterpret, int16);
    EXPECT_FALSE(io::cf_decoding(uint16, {words("_Unsigned", "true")}, "x").reinterpret);
    EXPECT_FALSE(io::cf_decoding(float32, {words("_Unsigned", "true")}, "x").active());
}

TEST(CfDecoding, SeveralFillValuesAndNan) {
    using enum DType;
    const auto cf = io::cf_decoding(
        float32, {number("_FillValue", float32, {NAN}), number("missing_value", float32, {-99, -999})}, "x");
    ASSERT_EQ(cf.fill_values.size(), 2u);
    EXPECT_EQ(std::get<double>(cf.fill_values[1]), -999.0);
    const auto only_nan = io::cf_decoding(float32, {number("_FillValue", float32, {NAN})}, "x");
    EXPECT_FALSE(only_nan.active());
    EXPECT_EQ(only_nan.result, float32);
}

TEST(CfDecoding, OneElementArraysAndNumbersInTextAreAccepted) {
    using enum DType;
    auto scale = number("scale_factor", float64, {0.5});
    scale.shape = {1};
    EXPECT_EQ(io::cf_decoding(int16, {scale}, "x").scale, 0.5);
    EXPECT_EQ(io::cf_decoding(int16, {words("scale_factor", "0.25")}, "x").scale, 0.25);
}

TEST(CfDecoding, WhatMakesNoSenseIsAnError) {
    using enum DType;
    const auto decode = [](io::Attribute a) { io::cf_decoding(int16, {a}, "'f.nc:/t'"); };
    expect_error<IoError>(
        [&] {
            decode(number("scale_factor", float64, {1, 2}));
        },
        {"'scale_factor'", "f.nc:/t", "2 values"});
    expect_error<IoError>([&] { decode(words("add_offset", "K")); }, {"'K'", "not a number"});
    expect_error<IoError>([&] { decode(words("_FillValue", "none")); }, {"'none'"});
    expect_error<IoError>([&] { decode(words("_Unsigned", "maybe")); }, {"_Unsigned"});
}

}  // namespace
}  // namespace heddle::test
