#include <gtest/gtest.h>

#include <cmath>

#include "heddle/heddle.hpp"
#include "tests/io/make.hpp"

namespace heddle {
namespace {

class WriteHdf5 : public testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    std::vector<std::string> names() const { return test::names_in_folder(folder_.path()); }
    test::TempDir folder_;
    Engine engine_{EngineOptions{.threads = 2}};
};

TEST_F(WriteHdf5, SeveralArraysInOneFile) {
    const auto a = arange(0, 12);
    const std::vector<NamedArray> arrays{{"a", a * 2}, {"deep/b", mean(a)}, {"c", a > 5}};
    write_hdf5(engine_, at("out.h5"), arrays, {.provenance = "by a test"});
    EXPECT_EQ(test::read_all<std::int64_t>(*test::open(at("out.h5"), "/a"))[11], 22);
    EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/deep/b"))[0], 5.5);
    EXPECT_EQ(test::open(at("out.h5"), "/c")->dtype(), DType::boolean);
    const auto provenance = test::open(at("out.h5"), "/a")->attribute("heddle_provenance");
    ASSERT_TRUE(provenance);
    EXPECT_NE(provenance->text[0].find("by a test"), std::string::npos);
    EXPECT_EQ(names(), std::vector<std::string>{"out.h5"});
}

TEST_F(WriteHdf5, StorageOptions) {
    const std::vector<NamedArray> arrays{{"x", arange(0, 10).broadcast_to({8, 10})}};
    WriteOptions options;
    options.group = "g/h";
    options.dtype = DType::float32;
    options.chunks = Shape{4, 5};
    options.gzip = 4;
    options.shuffle = true;
    options.fletcher32 = true;
    write_hdf5(engine_, at("out.h5"), arrays, options);
    const auto x = test::open(at("out.h5"), "/g/h/x");
    EXPECT_EQ(x->dtype(), DType::float32);
    EXPECT_EQ(x->chunk(), Shape({4, 5}));
    EXPECT_EQ(x->storage().filters.size(), 3u);
    EXPECT_EQ(test::read_all<float>(*x)[25], 5.0f);
}

TEST_F(WriteHdf5, KeepsWhatIsThereUnlessAsked) {
    const std::vector<NamedArray> one{{"x", Array(1.0)}}, two{{"x", Array(2.0)}};
    write_hdf5(engine_, at("out.h5"), one);
    test::expect_error<IoError>([&] { write_hdf5(engine_, at("out.h5"), two); }, {"out.h5", "exists"});
    EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/x"))[0], 1.0);
    write_hdf5(engine_, at("out.h5"), two, {.overwrite = Overwrite::replace});
    EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/x"))[0], 2.0);
}

TEST_F(WriteHdf5, NeverWritesItsOwnInput) {
    write_hdf5(engine_, at("in.h5"), std::vector<NamedArray>{{"x", arange(0, 4)}});
    const std::vector<NamedArray> again{{"x", open_dataset(at("in.h5"), "/x") + 1}};
    EXPECT_THROW(write_hdf5(engine_, at("in.h5"), again, {.overwrite = Overwrite::replace}), IoError);
    EXPECT_EQ(names(), std::vector<std::string>{"in.h5"});
}

TEST_F(WriteHdf5, AnErrorWhileComputingLeavesNothing) {
    // The range of a histogram of NaN cannot be found, which only the evaluation sees.
    const auto nothing = full(Shape{4}, std::nan(""));
    const std::vector<NamedArray> arrays{{"h", histogram(nothing).counts}, {"x", nothing * 2}};
    EXPECT_THROW(write_hdf5(engine_, at("out.h5"), arrays), Error);
    EXPECT_EQ(names(), std::vector<std::string>{});
    write_hdf5(engine_, at("out.h5"), std::vector<NamedArray>{{"x", Array(1)}});
}

TEST_F(WriteHdf5, RefusesBadArguments) {
    const std::vector<NamedArray> none, twice{{"x", Array(1)}, {"x", Array(2)}}, one{{"x", arange(0, 4)}};
    EXPECT_THROW(write_hdf5(engine_, at("out.h5"), none), ArgumentError);
    EXPECT_THROW(write_hdf5(engine_, at("out.h5"), twice), ArgumentError);
    EXPECT_THROW(write_hdf5(engine_, at("out.h5"), one, {.gzip = 10}), ArgumentError);
    EXPECT_THROW(write_hdf5(engine_, at("out.h5"), one, {.chunks = Shape{1, 2}}), ArgumentError);
    EXPECT_THROW(write_hdf5(engine_, at("no/out.h5"), one), IoError);
    EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(WriteHdf5, CarriesAttributesAndChunksOfTheSource) {
    {
        const auto file = test::new_file(at("in.h5"));
        test::put(file.get(), "a", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {6, 4}, test::counted<float>(24).data(),
                  test::chunked({2, 4}).get());
        io::LibraryLock lock;
        const auto dataset = H5Dopen2(file.get(), "a", H5P_DEFAULT);
        const double gain = 2.5, scale = 0.1;
        test::put_attribute(dataset, "gain", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {1}, &gain);
        test::put_attribute(dataset, "scale_factor", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {1}, &scale);
        H5Dclose(dataset);
    }
    const auto a = open_dataset(at("in.h5"), "/a");
    write_hdf5(engine_, at("out.h5"), std::vector<NamedArray>{{"x", a + 1}, {"column", mean(a, 1)}});
    for (const auto* name : {"/x", "/column"}) {
        const auto x = test::open(at("out.h5"), name);
        EXPECT_TRUE(x->attribute("gain")) << name;
        EXPECT_FALSE(x->attribute("scale_factor")) << name;
    }
}

TEST_F(WriteHdf5, ResultNamedLikeAScaleComesFirst) {
    {
        const auto file = test::new_file(at("in.h5"));
        test::put(file.get(), "t", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {3, 2}, test::counted<double>(6).data());
        test::put(file.get(), "lat", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {3}, test::counted<double>(3, 10).data());
        test::put(file.get(), "lon", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {2}, test::counted<double>(2, 20).data());
        io::LibraryLock lock;
        const auto t = io::h5::open_dataset(file.get(), "t", H5P_DEFAULT);
        for (const auto* name : {"lat", "lon"}) {
            const auto scale = io::h5::open_dataset(file.get(), name, H5P_DEFAULT);
            H5DSset_scale(scale.get(), name);
            H5DSattach_scale(t.get(), scale.get(), name == std::string("lat") ? 0 : 1);
        }
    }
    const auto t = open_dataset(at("in.h5"), "/t");
    // 'lat' computed is equal to the scale; 'lon' is not.
    const std::vector<NamedArray> arrays{
        {"t2", t + 1}, {"lon", t[0] * 2}, {"lat", arange(10, 13).astype(DType::float64)}};
    for (const auto overwrite : {Overwrite::refuse, Overwrite::replace}) {
        write_hdf5(engine_, at("out.h5"), arrays, {.overwrite = overwrite});
        EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/lon")), (std::vector<double>{0, 2}));
        EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/lon_2")), (std::vector<double>{20, 21}));
        EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/lat")), (std::vector<double>{10, 11, 12}));
        EXPECT_EQ(test::read_all<double>(*test::open(at("out.h5"), "/lat_2")), (std::vector<double>{10, 11, 12}));
        const auto t2 = test::open(at("out.h5"), "/t2"), lon = test::open(at("out.h5"), "/lon");
        const auto lon_2 = test::open(at("out.h5"), "/lon_2"), lat_2 = test::open(at("out.h5"), "/lat_2");
        io::LibraryLock lock;
        EXPECT_GT(H5DSis_attached(t2->id(), lat_2->id(), 0), 0);
        EXPECT_GT(H5DSis_attached(t2->id(), lon_2->id(), 1), 0);
        EXPECT_GT(H5DSis_attached(lon->id(), lon_2->id(), 0), 0);
        EXPECT_LE(H5DSis_scale(lon->id()), 0);
    }
}

}  // namespace
}  // namespace heddle
