#include <thread>

#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

// (6, 5, 4) of int32, counted in C order: the element (i, j, k) is 20 i + 4 j + k.
class DatasetRead : public testing::TestWithParam<bool> {
protected:
    DatasetRead() {
        auto file = new_file(path);
        const auto creation = chunked({2, 3, 4}, 1);
        put(file.get(), "x", H5T_STD_I32BE, H5T_NATIVE_INT32, {6, 5, 4}, values.data(),
            GetParam() ? creation.get() : H5P_DEFAULT);
    }

    TempDir folder;
    std::filesystem::path path = folder / "x.h5";
    std::vector<std::int32_t> values = counted<std::int32_t>(120);
};

INSTANTIATE_TEST_SUITE_P(Layouts, DatasetRead, testing::Bool(),
                         [](const auto& info) { return info.param ? "chunked" : "contiguous"; });

TEST_P(DatasetRead, DescribesItself) {
    const auto x = open(path, "/x");
    EXPECT_EQ(x->shape(), (Shape{6, 5, 4}));
    EXPECT_EQ(x->max_shape(), (Shape{6, 5, 4}));
    EXPECT_EQ(x->label(), path.string() + ":/x");
    if (!GetParam()) {
        EXPECT_FALSE(x->chunk());
        EXPECT_EQ(x->storage().layout, io::Layout::contiguous);
        return;
    }
    EXPECT_EQ(x->chunk(), (Shape{2, 3, 4}));
    ASSERT_EQ(x->storage().filters.size(), 2u);
    EXPECT_EQ(x->storage().filters[0].name, "shuffle");
    EXPECT_EQ(x->storage().filters[1].name, "gzip");
    EXPECT_EQ(x->storage().filters[1].parameters, std::vector<unsigned>{1});
    EXPECT_GT(x->storage().stored_bytes, 0u);
}

TEST_P(DatasetRead, BoxesAndSteps) {
    const auto x = open(path, "/x");
    EXPECT_EQ(read_all<std::int32_t>(*x), values);
    std::vector<std::int32_t> part(2 * 2 * 1);
    x->read({{1, 2, 3}, {3, 4, 4}}, part.data());
    EXPECT_EQ(part, (std::vector<std::int32_t>{31, 35, 51, 55}));
    x->read({{0, 0, 1}, {6, 5, 2}}, part.data(), {3, 4, 1});
    EXPECT_EQ(part, (std::vector<std::int32_t>{1, 17, 61, 77}));
}

TEST_P(DatasetRead, EmptySelectionsReadNothing) {
    const auto x = open(path, "/x");
    x->read({{2, 0, 0}, {2, 5, 4}}, nullptr);
    x->read_indices(Box::whole(x->shape()), 0, {}, nullptr);
}

TEST_P(DatasetRead, ListsInAnyOrderAlongAnyAxis) {
    const auto x = open(path, "/x");
    const std::vector<std::vector<std::int64_t>> lists{{0, 1, 3}, {3, 2, 0}, {2}, {1, 1, 3, 1}, {0, 2}, {0, 1, 2, 3}};
    for (int axis = 0; axis < 3; ++axis)
        for (const auto& list : lists) {
            Box box{{1, 1, 0}, {6, 4, 3}};
            Shape extents = box.extents();
            extents[axis] = static_cast<std::int64_t>(list.size());
            std::vector<std::int32_t> got(static_cast<std::size_t>(extents.count())), wanted;
            x->read_indices(box, axis, list, got.data());
            for (std::int64_t i = 0; i < extents[0]; ++i)
                for (std::int64_t j = 0; j < extents[1]; ++j)
                    for (std::int64_t k = 0; k < extents[2]; ++k) {
                        Shape at{1 + i, 1 + j, k};
                        const std::int64_t along[] = {i, j, k};
                        at[axis] = list[static_cast<std::size_t>(along[axis])];
                        wanted.push_back(static_cast<std::int32_t>(20 * at[0] + 4 * at[1] + at[2]));
                    }
            EXPECT_EQ(got, wanted) << "axis " << axis;
        }
}

TEST_P(DatasetRead, OutsideIsAnError) {
    const auto x = open(path, "/x");
    std::int32_t value = 0;
    expect_error<ShapeError>([&] { x->read({{0, 0, 0}, {7, 1, 1}}, &value); }, {"'/x'", "(6, 5, 4)"});
    expect_error<ShapeError>([&] { x->read({{0}, {1}}, &value); }, {"not inside"});
    expect_error<ShapeError>([&] { x->read(Box::whole(x->shape()), &value, {1, 0, 1}); }, {"step"});
    const std::vector<std::int64_t> list{1, 6};
    expect_error<ShapeError>([&] { x->read_indices(Box::whole(x->shape()), 0, list, &value); }, {"index 6"});
    expect_error<ShapeError>([&] { x->read_indices(Box::whole(x->shape()), 3, list, &value); }, {"axis 3"});
}

TEST_P(DatasetRead, ChunkCacheCanChange) {
    const auto x = open(path, "/x");
    x->set_chunk_cache(0);
    EXPECT_EQ(x->chunk_cache(), 0u);
    EXPECT_EQ(read_all<std::int32_t>(*x), values);
    x->set_chunk_cache(std::size_t{32} << 20);
    EXPECT_EQ(read_all<std::int32_t>(*x), values);
}

TEST_P(DatasetRead, ManyThreadsReadAtOnce) {
    const auto x = open(path, "/x");
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for (int n = 0; n < 20; ++n) {
                const auto again = open(path, "/x");
                if (read_all<std::int32_t>(*again) != values) ++wrong;
            }
        });
    for (auto& t : threads) t.join();
    EXPECT_EQ(wrong, 0);
}

TEST(DatasetLists, LongIrregularListIsReadInSeveralSelections) {
    TempDir folder;
    const auto path = folder / "x.h5";
    const auto values = counted<std::uint16_t>(5000 * 3);
    put(new_file(path).get(), "x", H5T_STD_U16LE, H5T_NATIVE_UINT16, {5000, 3}, values.data(), chunked({64, 3}).get());
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < 5000; ++i)
        if (i % 3 != 1 && i % 7 != 0) list.push_back(i);
    const auto x = open(path, "x");
    std::vector<std::uint16_t> got(list.size() * 3);
    x->read_indices(Box::whole(x->shape()), 0, list, got.data());
    for (std::size_t n = 0; n < list.size(); ++n)
        for (std::size_t k = 0; k < 3; ++k)
            ASSERT_EQ(got[n * 3 + k], values[static_cast<std::size_t>(list[n]) * 3 + k]);
}

TEST(DatasetStorage, FillValueAndUnlimitedAxis) {
    TempDir folder;
    const auto path = folder / "x.h5";
    {
        const auto file = new_file(path);
        const auto creation = chunked({4});
        const std::int16_t fill = -9;
        H5Pset_fill_value(creation.get(), H5T_NATIVE_INT16, &fill);
        const hsize_t now = 3, most = H5S_UNLIMITED;
        const auto space = io::h5::own("H5Screate_simple", H5Screate_simple(1, &now, &most));
        const auto x = io::h5::create_dataset(file.get(), "x", H5T_STD_I16BE, space.get(), H5P_DEFAULT, creation.get(),
                                              H5P_DEFAULT);
    }
    const auto x = open(path, "x");
    EXPECT_EQ(x->max_shape(), (Shape{-1}));
    EXPECT_EQ(read_all<std::int16_t>(*x), (std::vector<std::int16_t>{-9, -9, -9}));
    const auto fill = x->fill_value();
    ASSERT_TRUE(fill);
    EXPECT_EQ(*reinterpret_cast<const std::int16_t*>(fill->data()), -9);
}

TEST(DatasetStorage, VirtualAndExternalDataAreRead) {
    TempDir folder;
    const auto path = folder / "x.h5";
    const auto values = counted<std::int32_t>(6);
    {
        const auto file = new_file(path);
        put(file.get(), "source", H5T_STD_I32LE, H5T_NATIVE_INT32, {6}, values.data());
        const auto space = io::h5::simple_space({6});
        auto creation = io::h5::create_properties(H5P_DATASET_CREATE);
        H5Pset_virtual(creation.get(), space.get(), ".", "/source", space.get());
        put(file.get(), "view", H5T_STD_I32LE, H5T_NATIVE_INT32, {6}, nullptr, creation.get());
        creation = io::h5::create_properties(H5P_DATASET_CREATE);
        H5Pset_external(creation.get(), (folder / "raw.bin").c_str(), 0, 24);
        put(file.get(), "outside", H5T_STD_I32LE, H5T_NATIVE_INT32, {6}, values.data(), creation.get());
    }
    EXPECT_EQ(open(path, "view")->storage().layout, io::Layout::virtual_);
    EXPECT_EQ(read_all<std::int32_t>(*open(path, "view")), values);
    EXPECT_EQ(open(path, "outside")->storage().layout, io::Layout::external);
    EXPECT_EQ(read_all<std::int32_t>(*open(path, "outside")), values);
    std::filesystem::remove(folder / "raw.bin");
    expect_error<IoError>([&] { read_all<std::int32_t>(*open(path, "outside")); }, {"external raw data file"});
}

TEST(DatasetStorage, DamagedChunkIsAnError) {
    TempDir folder;
    const auto path = folder / "x.h5";
    const auto values = counted<std::int32_t>(1000);
    put(new_file(path).get(), "x", H5T_STD_I32LE, H5T_NATIVE_INT32, {1000}, values.data(), chunked({1000}, 6).get());
    auto bytes = read_bytes(path);
    for (std::size_t i = bytes.size() - 200; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
    write_bytes(path, bytes);
    expect_error<IoError>([&] { read_all<std::int32_t>(*open(path, "x")); }, {"cannot read '/x'", "x.h5"});
}

}  // namespace
}  // namespace heddle::test
