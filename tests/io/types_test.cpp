#include <complex>
#include <cstring>

#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

class Types : public testing::Test {
protected:
    TempDir folder;
    std::filesystem::path path = folder / "types.h5";
    io::Handle file = new_file(path);

    std::shared_ptr<io::Dataset> reopened(const std::string& name = "x") {
        file.reset();
        return open(path, name);
    }
};

TEST_F(Types, BigEndianIntegersBecomeNative) {
    const std::vector<std::int32_t> values{1, -2, 70000};
    put(file.get(), "x", H5T_STD_I32BE, H5T_NATIVE_INT32, {3}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::int32);
    EXPECT_EQ(x->stored_type(), "int32 big-endian");
    EXPECT_EQ(read_all<std::int32_t>(*x), values);
}

TEST_F(Types, ThreeByteIntegersWiden) {
    const auto type = io::h5::copy_type(H5T_STD_I32LE);
    H5Tset_precision(type.get(), 24);
    H5Tset_size(type.get(), 3);
    const std::vector<std::int32_t> values{1, -2, 8000000, -8000000};
    put(file.get(), "x", type.get(), H5T_NATIVE_INT32, {4}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::int32);
    EXPECT_EQ(read_all<std::int32_t>(*x), values);
}

TEST_F(Types, EnumerationsKeepValuesWithoutName) {
    const auto type = io::h5::own("H5Tenum_create", H5Tenum_create(H5T_STD_I16BE));
    const auto value_of = [](std::int16_t v) {
        return static_cast<std::int16_t>(__builtin_bswap16(static_cast<std::uint16_t>(v)));
    };
    const std::int16_t red = value_of(1), green = value_of(2);
    H5Tenum_insert(type.get(), "RED", &red);
    H5Tenum_insert(type.get(), "GREEN", &green);
    const std::vector<std::int16_t> raw{value_of(1), value_of(2), value_of(77), value_of(-5)};
    put(file.get(), "x", type.get(), type.get(), {4}, raw.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::int16);
    EXPECT_EQ(read_all<std::int16_t>(*x), (std::vector<std::int16_t>{1, 2, 77, -5}));
}

TEST_F(Types, BooleanEnumerationIsBool) {
    const std::vector<std::uint8_t> values{0, 1, 1, 7};
    const auto type = io::native_type(DType::boolean);
    put(file.get(), "x", type.get(), type.get(), {4}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::boolean);
    EXPECT_EQ(x->stored_type(), "bool");
    EXPECT_EQ(read_all<std::uint8_t>(*x), (std::vector<std::uint8_t>{0, 1, 1, 1}));
}

TEST_F(Types, HalfKeepsItsBits) {
    const std::vector<std::uint16_t> bits{0x3c00, 0x0001, 0xfc00, 0x7e00, 0x8000};
    const auto type = io::native_type(DType::float16);
    put(file.get(), "x", type.get(), type.get(), {5}, bits.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::float16);
    EXPECT_EQ(read_all<std::uint16_t>(*x), bits);
}

TEST_F(Types, Bfloat16BecomesFloat32) {
    const auto type = io::h5::copy_type(H5T_IEEE_F32LE);
    H5Tset_fields(type.get(), 15, 7, 8, 0, 7);
    H5Tset_size(type.get(), 2);
    const std::vector<float> values{1.0f, -2.5f, 0.0f, 3e30f};
    put(file.get(), "x", type.get(), H5T_NATIVE_FLOAT, {4}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::float32);
    EXPECT_EQ(read_all<float>(*x)[1], -2.5f);
}

TEST_F(Types, LongDoubleBecomesFloat64) {
    const std::vector<long double> values{1.5L, -0.1L};
    put(file.get(), "x", H5T_NATIVE_LDOUBLE, H5T_NATIVE_LDOUBLE, {2}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::float64);
    EXPECT_EQ(read_all<double>(*x), (std::vector<double>{1.5, -0.1}));
}

TEST_F(Types, BitFieldsAreUnsigned) {
    const std::vector<std::uint16_t> values{0xffff, 3};
    put(file.get(), "x", H5T_STD_B16BE, H5T_NATIVE_B16, {2}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->dtype(), DType::uint16);
    EXPECT_EQ(read_all<std::uint16_t>(*x), values);
}

TEST_F(Types, ComplexPairsOfEitherNaming) {
    const std::vector<std::complex<double>> values{{1, -2}, {3, 4}};
    const auto ours = io::native_type(DType::complex128);
    const auto named = io::h5::own("H5Tcreate", H5Tcreate(H5T_COMPOUND, 16));
    H5Tinsert(named.get(), "real", 0, H5T_IEEE_F64BE);
    H5Tinsert(named.get(), "imag", 8, H5T_IEEE_F64BE);
    const auto native_named = io::h5::own("H5Tcreate", H5Tcreate(H5T_COMPOUND, 16));
    H5Tinsert(native_named.get(), "real", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(native_named.get(), "imag", 8, H5T_NATIVE_DOUBLE);
    put(file.get(), "x", ours.get(), ours.get(), {2}, values.data());
    put(file.get(), "y", named.get(), native_named.get(), {2}, values.data());
    EXPECT_EQ(read_all<std::complex<double>>(*reopened("x")), values);
    EXPECT_EQ(read_all<std::complex<double>>(*open(path, "y")), values);
    EXPECT_EQ(open(path, "y")->dtype(), DType::complex128);
}

TEST_F(Types, ArrayElementsAppendTheirShape) {
    const hsize_t dims[] = {2, 3};
    const auto type = io::h5::own("H5Tarray_create2", H5Tarray_create2(H5T_STD_I16BE, 2, dims));
    const auto native = io::h5::own("H5Tarray_create2", H5Tarray_create2(H5T_NATIVE_INT16, 2, dims));
    const auto values = counted<std::int16_t>(4 * 6);
    put(file.get(), "x", type.get(), native.get(), {4}, values.data());
    const auto x = reopened();
    EXPECT_EQ(x->shape(), (Shape{4, 2, 3}));
    EXPECT_EQ(read_all<std::int16_t>(*x), values);
    std::vector<std::int16_t> part(2 * 1 * 2);
    x->read({{1, 1, 0}, {4, 2, 3}}, part.data(), {2, 1, 2});
    EXPECT_EQ(part, (std::vector<std::int16_t>{9, 11, 21, 23}));
}

TEST_F(Types, ListAlongAnArrayElementsAxis) {
    const hsize_t dims[] = {5};
    const auto type = io::h5::own("H5Tarray_create2", H5Tarray_create2(H5T_NATIVE_INT32, 1, dims));
    const auto values = counted<std::int32_t>(15);
    put(file.get(), "x", type.get(), type.get(), {3}, values.data());
    const auto x = reopened();
    std::vector<std::int32_t> part(3 * 3);
    const std::vector<std::int64_t> list{0, 1, 4};
    x->read_indices(Box::whole(x->shape()), 1, list, part.data());
    EXPECT_EQ(part, (std::vector<std::int32_t>{0, 1, 4, 5, 6, 9, 10, 11, 14}));
}

TEST_F(Types, ScalarHasShapeWithoutAxes) {
    const double value = 2.5;
    put(file.get(), "x", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {}, &value);
    const auto x = reopened();
    EXPECT_EQ(x->shape(), Shape{});
    EXPECT_EQ(read_all<double>(*x).front(), 2.5);
}

TEST_F(Types, WhatIsNotNumericIsNamed) {
    const auto text = io::h5::copy_type(H5T_C_S1);
    H5Tset_size(text.get(), H5T_VARIABLE);
    const auto table = io::h5::own("H5Tcreate", H5Tcreate(H5T_COMPOUND, 12));
    H5Tinsert(table.get(), "n", 0, H5T_NATIVE_INT32);
    H5Tinsert(table.get(), "v", 4, H5T_NATIVE_DOUBLE);
    const auto list = io::h5::own("H5Tvlen_create", H5Tvlen_create(H5T_NATIVE_INT32));
    put(file.get(), "text", text.get(), text.get(), {2}, nullptr);
    put(file.get(), "table", table.get(), table.get(), {2}, nullptr);
    put(file.get(), "list", list.get(), list.get(), {2}, nullptr);
    put(file.get(), "reference", H5T_STD_REF_OBJ, H5T_STD_REF_OBJ, {2}, nullptr);
    expect_error<IoError>([&] { reopened("text"); }, {"'/text'", "string of variable length", "types.h5"});
    expect_error<IoError>([&] { open(path, "table"); }, {"compound {n: int32, v: float64}", "complex pairs"});
    expect_error<IoError>([&] { open(path, "list"); }, {"variable-length list of int32"});
    expect_error<IoError>([&] { open(path, "reference"); }, {"its type is reference"});
}

TEST_F(Types, NullSpaceAndTooManyAxes) {
    {
        const auto space = io::h5::own("H5Screate", H5Screate(H5S_NULL));
        const auto x =
            io::h5::create_dataset(file.get(), "x", H5T_NATIVE_INT, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    }
    put(file.get(), "deep", H5T_NATIVE_INT, H5T_NATIVE_INT, std::vector<hsize_t>(9, 1), nullptr);
    expect_error<IoError>([&] { reopened("x"); }, {"null dataspace"});
    expect_error<ShapeError>([&] { open(path, "deep"); }, {"9 dimensions"});
}

TEST_F(Types, NativeTypesRoundTrip) {
    for (std::size_t i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        io::LibraryLock lock;
        const auto type = io::numeric_type(io::native_type(dtype).get());
        ASSERT_TRUE(type) << name_of(dtype);
        EXPECT_EQ(type->dtype, dtype);
    }
}

}  // namespace
}  // namespace heddle::test
