#include <cstring>
#include <random>

#include "host/io/chunk_encoder.hpp"
#include "tests/io/make.hpp"
#include "tests/io/outputs.hpp"

namespace heddle::test {
namespace {

std::vector<std::byte> random_bytes(std::size_t n) {
    std::mt19937 random(8);
    std::vector<std::byte> bytes(n);
    for (auto& b : bytes) b = static_cast<std::byte>(random() % 5);
    return bytes;
}

// Writes the dataset tile by tile through the encoder, and reads it back through libhdf5.
void expect_survives(const io::DatasetSpec& spec, const Shape& tile) {
    const TempDir folder;
    const auto path = (folder / "out.h5").string();
    const auto encoder = io::ChunkEncoder::make(spec);
    ASSERT_NE(encoder, nullptr);
    ASSERT_TRUE(encoder->fits(tile));
    const std::size_t width = size_of(spec.dtype);
    const auto values = random_bytes(static_cast<std::size_t>(spec.shape.count()) * width);
    io::OutputFile file({path});
    const auto dataset = file.create(spec);
    io::ChunkEncoder::Scratch scratch;
    for (std::int64_t i = 0; i < spec.shape[0]; i += tile[0])
        for (std::int64_t j = 0; j < spec.shape[1]; j += tile[1]) {
            const Box box{{i, j}, {std::min(i + tile[0], spec.shape[0]), std::min(j + tile[1], spec.shape[1])}};
            std::vector<std::byte> block(static_cast<std::size_t>(box.count()) * width);
            for (std::int64_t r = 0; r < box.hi[0] - i; ++r)
                std::copy_n(&values[static_cast<std::size_t>((i + r) * spec.shape[1] + j) * width],
                            static_cast<std::size_t>(box.hi[1] - j) * width,
                            &block[static_cast<std::size_t>(r * (box.hi[1] - j)) * width]);
            const auto count = encoder->chunks(box);
            std::vector<std::byte> stored(static_cast<std::size_t>(count * encoder->stored_bytes()));
            for (std::int64_t k = count; k-- > 0;) encoder->encode(box, k, block.data(), stored.data(), scratch);
            file.write_chunks(dataset, *encoder, box, stored.data());
        }
    file.commit();
    const auto x = open(path, "/" + spec.name);
    std::vector<std::byte> back(values.size());
    x->read(Box::whole(x->shape()), back.data());
    EXPECT_EQ(back, values);
}

TEST(ChunkEncoder, WhatItMakesLibhdf5Reads) {
    for (const DType dtype : {DType::uint8, DType::int16, DType::float32, DType::float64}) {
        for (const int gzip : {-1, 0, 1, 4, 9}) {
            for (const auto checksum : {io::Checksum::off, io::Checksum::fletcher32}) {
                io::DatasetSpec spec{.name = "x", .dtype = dtype, .shape = {21, 33}};
                spec.chunk = Shape{4, 8};
                spec.gzip = gzip;
                spec.shuffle = io::Shuffle::on;
                spec.checksum = checksum;
                expect_survives(spec, {8, 16});
                expect_survives(spec, {4, 33});
                expect_survives(spec, {21, 33});
            }
        }
    }
}

TEST(ChunkEncoder, EdgesHoldTheFillValue) {
    const TempDir folder;
    const auto path = folder / "out.h5";
    io::DatasetSpec spec{.name = "x", .dtype = DType::int16, .shape = {3}};
    spec.chunk = Shape{2};
    spec.gzip = 1;
    spec.fill = -9;
    const auto encoder = io::ChunkEncoder::make(spec);
    ASSERT_NE(encoder, nullptr);
    const std::vector<std::int16_t> values{1, 2, 3};
    {
        io::OutputFile file({path.string()});
        const auto dataset = file.create(spec);
        std::vector<std::byte> stored(static_cast<std::size_t>(2 * encoder->stored_bytes()));
        io::ChunkEncoder::Scratch scratch;
        for (int i = 0; i < 2; ++i)
            encoder->encode({{0}, {3}}, i, std::as_bytes(std::span(values)).data(), stored.data(), scratch);
        file.write_chunks(dataset, *encoder, {{0}, {3}}, stored.data());
        file.commit();
    }
    const auto x = open(path, "/x");
    EXPECT_EQ(read_all<std::int16_t>(*x), values);
    // What lies behind the edge shows in the stored chunk alone.
    io::LibraryLock lock;
    hsize_t offset = 2, size = 0;
    ASSERT_GE(H5Dget_chunk_storage_size(x->id(), &offset, &size), 0);
    std::vector<std::byte> stored(size), chunk(4);
    unsigned mask = 0;
    ASSERT_GE(H5Dread_chunk(x->id(), H5P_DEFAULT, &offset, &mask, stored.data()), 0);
    io::FilterPipeline::Scratch scratch;
    io::FilterPipeline::make(x->storage().filters, 4)->decode(stored, mask, chunk, scratch);
    std::int16_t behind = 0;
    std::memcpy(&behind, &chunk[2], 2);
    EXPECT_EQ(behind, -9);
}

TEST(ChunkEncoder, OnlyTilesOfWholeChunksFit) {
    io::DatasetSpec spec{.name = "x", .dtype = DType::int16, .shape = {21, 33}};
    EXPECT_EQ(io::ChunkEncoder::make(spec), nullptr);
    spec.chunk = Shape{4, 8};
    EXPECT_EQ(io::ChunkEncoder::make(spec), nullptr);  // libhdf5 copies what has no filter
    spec.gzip = 1;
    const auto encoder = io::ChunkEncoder::make(spec);
    ASSERT_NE(encoder, nullptr);
    EXPECT_TRUE(encoder->fits({4, 8}));
    EXPECT_TRUE(encoder->fits({21, 16}));
    EXPECT_FALSE(encoder->fits({5, 8}));
    EXPECT_FALSE(encoder->fits({4, 12}));
}

}  // namespace
}  // namespace heddle::test
