#include <cstring>
#include <random>

#include "host/io/chunk_reader.hpp"
#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

std::vector<std::byte> read_in_two_steps(const io::ChunkReader& reader, const io::Dataset& x, const Box& box) {
    const auto count = reader.chunks(box);
    std::vector<std::byte> stored(static_cast<std::size_t>(count * reader.stored_bytes()));
    std::vector<std::byte> values(static_cast<std::size_t>(box.count()) * size_of(x.dtype()));
    io::ChunkReader::Scratch scratch;
    reader.fetch(box, stored.data());
    for (std::int64_t i = count; i-- > 0;) reader.decode(box, i, stored.data(), values.data(), scratch);
    return values;
}

Box random_box(std::mt19937& random, const Shape& shape) {
    Box box;
    for (auto extent : shape) {
        const auto a = static_cast<std::int64_t>(random() % static_cast<unsigned>(extent + 1));
        const auto b = static_cast<std::int64_t>(random() % static_cast<unsigned>(extent + 1));
        box.lo.push_back(std::min(a, b));
        box.hi.push_back(std::max(a, b));
    }
    return box;
}

struct Stored {
    const char* name;
    hid_t (*type)();
};
class ChunkReads : public testing::TestWithParam<Stored> {};
INSTANTIATE_TEST_SUITE_P(Types, ChunkReads,
                         testing::Values(Stored{"int32", [] { return H5T_STD_I32LE; }},
                                         Stored{"int16be", [] { return H5T_STD_I16BE; }},
                                         Stored{"float64be", [] { return H5T_IEEE_F64BE; }},
                                         Stored{"uint8", [] { return H5T_STD_U8LE; }}),
                         [](const auto& info) { return info.param.name; });

TEST_P(ChunkReads, AgreeWithLibhdf5OnRandomBoxes) {
    const TempDir folder;
    std::mt19937 random(4);
    const std::vector<std::vector<hsize_t>> shapes{{17}, {6, 5, 4}, {7, 11}, {3, 4, 5, 6}},
        chunks{{5}, {2, 3, 4}, {1, 11}, {1, 2, 5, 3}};
    for (std::size_t k = 0; k < shapes.size(); ++k) {
        const auto path = folder / ("x" + std::to_string(k) + ".h5");
        std::size_t count = 1;
        for (auto e : shapes[k]) count *= e;
        const auto values = counted<std::int32_t>(count);
        put(new_file(path).get(), "x", GetParam().type(), H5T_NATIVE_INT32, shapes[k], values.data(),
            chunked(chunks[k], 1).get());
        const auto x = open(path, "/x");
        const auto reader = io::ChunkReader::make(x);
        ASSERT_NE(reader, nullptr);
        for (int round = 0; round < 100; ++round) {
            const Box box = round == 0 ? Box::whole(x->shape()) : random_box(random, x->shape());
            if (box.count() == 0) continue;
            std::vector<std::byte> judge(static_cast<std::size_t>(box.count()) * size_of(x->dtype()));
            x->read(box, judge.data());
            EXPECT_EQ(read_in_two_steps(*reader, *x, box), judge);
            EXPECT_LE(reader->chunks(box), reader->most_chunks(box.lo, box.extents()));
        }
    }
}

// Of 3 x 3 chunks one is written, past a filter that was left out; the others read as the fill value.
TEST(ChunkReader, UnwrittenChunksAreTheFillValueAndMasksAreObeyed) {
    const TempDir folder;
    {
        const auto file = new_file(folder / "x.h5");
        io::LibraryLock lock;
        const auto creation = chunked({4, 4}, 1);
        const std::int32_t fill = -7;
        H5Pset_fill_value(creation.get(), H5T_NATIVE_INT32, &fill);
        put(file.get(), "x", H5T_STD_I32LE, H5T_NATIVE_INT32, {12, 10}, nullptr, creation.get());
        const auto id = io::h5::open_dataset(file.get(), "x", H5P_DEFAULT);
        const auto values = counted<std::int32_t>(16, 100);
        const hsize_t offset[2] = {4, 4};
        ASSERT_GE(H5Dwrite_chunk(id.get(), H5P_DEFAULT, 3, offset, 64, values.data()), 0);
    }
    const auto x = open(folder / "x.h5", "/x");
    const auto reader = io::ChunkReader::make(x);
    ASSERT_NE(reader, nullptr);
    const Box box{{2, 1}, {11, 10}};
    std::vector<std::byte> judge(static_cast<std::size_t>(box.count()) * 4);
    x->read(box, judge.data());
    EXPECT_EQ(read_in_two_steps(*reader, *x, box), judge);
}

// A dataset may leave the chunks at its edges as they are; their filter masks do not say so.
TEST(ChunkReader, EdgesMayBeUnfiltered) {
    const TempDir folder;
    const auto values = counted<std::int32_t>(35);
    {
        io::LibraryLock lock;
        const auto access = io::h5::create_properties(H5P_FILE_ACCESS);
        H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110);
        const auto file = io::h5::create_file(folder / "x.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access.get());
        const auto creation = chunked({2, 3}, 6);
        ASSERT_GE(H5Pset_chunk_opts(creation.get(), H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS), 0);
        put(file.get(), "x", H5T_STD_I32LE, H5T_NATIVE_INT32, {5, 7}, values.data(), creation.get());
    }
    const auto x = open(folder / "x.h5", "/x");
    const auto bytes = read_in_two_steps(*io::ChunkReader::make(x), *x, Box::whole(x->shape()));
    ASSERT_EQ(bytes.size(), values.size() * 4);
    EXPECT_EQ(std::memcmp(bytes.data(), values.data(), bytes.size()), 0);
}

TEST(ChunkReader, DamageNamesTheChunk) {
    const TempDir folder;
    const auto values = counted<std::int32_t>(64);
    put(new_file(folder / "x.h5").get(), "x", H5T_STD_I32LE, H5T_NATIVE_INT32, {8, 8}, values.data(),
        chunked({4, 8}, 6).get());
    hsize_t offset[2] = {4, 0};
    {
        io::LibraryLock lock;
        const auto file = io::h5::open_file(folder / "x.h5", H5F_ACC_RDWR, H5P_DEFAULT);
        const auto id = io::h5::open_dataset(file.get(), "x", H5P_DEFAULT);
        const std::vector<std::byte> junk(30, std::byte{7});
        ASSERT_GE(H5Dwrite_chunk(id.get(), H5P_DEFAULT, 0, offset, junk.size(), junk.data()), 0);
    }
    const auto x = open(folder / "x.h5", "/x");
    const auto reader = io::ChunkReader::make(x);
    EXPECT_EQ(read_in_two_steps(*reader, *x, {{0, 0}, {4, 8}}).size(), 128u);
    expect_error<IoError>([&] { read_in_two_steps(*reader, *x, Box::whole(x->shape())); },
                          {"/x", "x.h5", "chunk at (4, 0)", "deflate"});
}

// Of a boolean any byte but 0 is true: libhdf5's path sees to it.
TEST(ChunkReader, BooleansAreRefused) {
    const TempDir folder;
    {
        const auto file = new_file(folder / "x.h5");
        io::LibraryLock lock;
        const io::Handle type(H5Tenum_create(H5T_NATIVE_INT8));
        const std::int8_t no = 0, yes = 1;
        H5Tenum_insert(type.get(), "FALSE", &no);
        H5Tenum_insert(type.get(), "TRUE", &yes);
        const std::vector<std::int8_t> values{0, 1, 2, -1};
        put(file.get(), "x", type.get(), type.get(), {4}, values.data(), chunked({4}, 1).get());
    }
    const auto x = open(folder / "x.h5", "/x");
    ASSERT_EQ(x->dtype(), DType::boolean);
    EXPECT_EQ(io::ChunkReader::make(x), nullptr);
    std::vector<std::uint8_t> read(4);
    x->read({{0}, {4}}, read.data());
    EXPECT_EQ(read, (std::vector<std::uint8_t>{0, 1, 1, 1}));
}

TEST(ChunkReader, WhatOnlyLibhdf5ConvertsIsRefused) {
    const TempDir folder;
    const auto values = counted<std::int32_t>(16);
    const auto file = new_file(folder / "x.h5");
    put(file.get(), "contiguous", H5T_STD_I32LE, H5T_NATIVE_INT32, {16}, values.data());
    io::LibraryLock lock;
    const auto narrow = io::h5::copy_type(H5T_STD_I32LE);
    H5Tset_precision(narrow.get(), 17);
    put(file.get(), "narrow", narrow.get(), H5T_NATIVE_INT32, {16}, values.data(), chunked({4}, 1).get());
    put(file.get(), "plain", H5T_STD_I32LE, H5T_NATIVE_INT32, {16}, values.data(), chunked({4}).get());
    H5Fflush(file.get(), H5F_SCOPE_GLOBAL);
    for (const char* name : {"/contiguous", "/narrow", "/plain"}) {
        std::string why;
        EXPECT_EQ(io::ChunkReader::make(open(folder / "x.h5", name), &why), nullptr) << name;
        EXPECT_FALSE(why.empty());
    }
}

}  // namespace
}  // namespace heddle::test
