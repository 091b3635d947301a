#include <lzf.h>

#include <cmath>
#include <cstring>
#include <random>

#include "host/io/codec.hpp"
#include "kernels/shuffle.hpp"
#include "tests/io/make.hpp"

// libhdf5 is the judge of its own filters; data/make_filters.py made files of the others with their own plug-ins.
namespace heddle::test {
namespace {

using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::size_t n, unsigned seed, unsigned values = 256) {
    std::mt19937 random(seed);
    Bytes bytes(n);
    for (auto& b : bytes) b = static_cast<std::byte>(random() % values);
    return bytes;
}

TEST(Shuffle, PutsByteKOfEachElementIntoPlaneK) {
    for (std::size_t width : {1, 2, 3, 4, 7, 8, 16}) {
        for (std::size_t count : {0, 1, 2, 15, 16, 17, 31, 33, 100, 1000}) {
            const Bytes in = random_bytes(width * count, static_cast<unsigned>(width + count));
            Bytes judge(in.size()), planes(in.size()), back(in.size());
            for (std::size_t i = 0; i < count; ++i)
                for (std::size_t k = 0; k < width; ++k) judge[k * count + i] = in[i * width + k];
            kernels::shuffle(in.data(), planes.data(), count, width);
            EXPECT_EQ(planes, judge) << width << " x " << count;
            kernels::unshuffle(planes.data(), back.data(), count, width);
            EXPECT_EQ(back, in) << width << " x " << count;
        }
    }
}

TEST(Shuffle, BitUnshufflePutsPlaneKIntoBitK) {
    for (std::size_t width : {1, 2, 3, 4, 8}) {
        const std::size_t count = 72;
        const Bytes planes = random_bytes(width * count, static_cast<unsigned>(width));
        Bytes out(planes.size());
        kernels::bit_unshuffle(planes.data(), out.data(), count, width);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t bit = 0; bit < width * 8; ++bit) {
                const auto plane = planes[bit * count / 8 + i / 8] >> (i % 8) & std::byte{1};
                ASSERT_EQ(out[i * width + bit / 8] >> (bit % 8) & std::byte{1}, plane) << i << " " << bit;
            }
    }
}

// The stored chunks of a dataset: their bytes and filter masks, and where they lie.
struct StoredChunk {
    Bytes bytes;
    unsigned mask = 0;
    std::vector<hsize_t> offset;
};
std::vector<StoredChunk> stored_chunks(const io::Dataset& dataset) {
    io::LibraryLock lock;
    hsize_t count = 0;
    H5Dget_num_chunks(dataset.id(), H5S_ALL, &count);
    std::vector<StoredChunk> chunks(count);
    for (hsize_t k = 0; k < count; ++k) {
        StoredChunk& chunk = chunks[k];
        chunk.offset.resize(H5S_MAX_RANK);
        haddr_t address = 0;
        hsize_t size = 0;
        H5Dget_chunk_info(dataset.id(), H5S_ALL, k, chunk.offset.data(), &chunk.mask, &address, &size);
        chunk.bytes.resize(size);
        EXPECT_GE(H5Dread_chunk(dataset.id(), H5P_DEFAULT, chunk.offset.data(), &chunk.mask, chunk.bytes.data()), 0);
    }
    return chunks;
}

// Every chunk of a row, decoded beside libhdf5, against `values`.
void expect_decodes(const io::Dataset& dataset, const Bytes& values, const std::string& what) {
    const std::size_t width = size_of(dataset.dtype());
    const std::size_t chunk_bytes = static_cast<std::size_t>((*dataset.chunk())[0]) * width;
    const auto pipeline = io::FilterPipeline::make(dataset.storage().filters, chunk_bytes);
    ASSERT_TRUE(pipeline) << what;
    io::FilterPipeline::Scratch scratch;
    for (const StoredChunk& chunk : stored_chunks(dataset)) {
        Bytes decoded(chunk_bytes);
        EXPECT_LE(chunk.bytes.size(), pipeline->most_stored()) << what;
        ASSERT_NO_THROW(pipeline->decode(chunk.bytes, chunk.mask, decoded, scratch)) << what;
        const std::size_t at = chunk.offset[0] * width, n = std::min(chunk_bytes, values.size() - at);
        EXPECT_EQ(std::memcmp(decoded.data(), values.data() + at, n), 0) << what << ", chunk at " << chunk.offset[0];
    }
}

// What libhdf5 itself reads, in the stored byte order.
Bytes read_stored(const io::Dataset& dataset) {
    io::LibraryLock lock;
    Bytes values(static_cast<std::size_t>(dataset.shape().count()) * size_of(dataset.dtype()));
    const auto type = io::h5::dataset_type(dataset.id());
    io::h5::read(dataset.id(), type.get(), H5S_ALL, H5S_ALL, values.data());
    return values;
}

struct Case {
    const char* name;
    hid_t (*stored)();
    void (*set)(hid_t);
};
hid_t int16_of_11_bits() {
    const hid_t type = H5Tcopy(H5T_STD_I16LE);
    H5Tset_precision(type, 11);
    H5Tset_offset(type, 3);
    return type;
}
const Case kCases[] = {
    {"gzip", [] { return H5T_STD_I32LE; }, [](hid_t p) { H5Pset_deflate(p, 4); }},
    {"shuffle gzip", [] { return H5T_STD_I32BE; }, [](hid_t p) { H5Pset_shuffle(p), H5Pset_deflate(p, 1); }},
    {"shuffle of 8", [] { return H5T_IEEE_F64LE; }, [](hid_t p) { H5Pset_shuffle(p); }},
    {"fletcher32", [] { return H5T_STD_I16LE; }, [](hid_t p) { H5Pset_fletcher32(p); }},
    {"fletcher32 of odd bytes", [] { return H5T_STD_U8LE; }, [](hid_t p) { H5Pset_fletcher32(p); }},
    {"all three", [] { return H5T_IEEE_F32LE; },
     [](hid_t p) { H5Pset_shuffle(p), H5Pset_deflate(p, 9), H5Pset_fletcher32(p); }},
    {"checksum before gzip", [] { return H5T_STD_I32LE; }, [](hid_t p) { H5Pset_fletcher32(p), H5Pset_deflate(p, 6); }},
    {"szip", [] { return H5T_STD_I32LE; }, [](hid_t p) { H5Pset_szip(p, H5_SZIP_NN_OPTION_MASK, 16); }},
    {"szip of 2", [] { return H5T_STD_U16LE; }, [](hid_t p) { H5Pset_szip(p, H5_SZIP_EC_OPTION_MASK, 8); }},
    {"nbit", int16_of_11_bits, [](hid_t p) { H5Pset_nbit(p); }},
    {"nbit of all", [] { return H5T_STD_I32LE; }, [](hid_t p) { H5Pset_nbit(p); }},
    {"scaleoffset", [] { return H5T_STD_I32LE; }, [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_INT, 0); }},
    {"scaleoffset big-endian", [] { return H5T_STD_I16BE; }, [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_INT, 0); }},
    {"scaleoffset of 8", [] { return H5T_STD_I64LE; }, [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_INT, 0); }},
    {"scaleoffset with fill", [] { return H5T_STD_I32LE; },
     [](hid_t p) {
         const int fill = 77;
         H5Pset_fill_value(p, H5T_NATIVE_INT, &fill);
         H5Pset_scaleoffset(p, H5Z_SO_INT, 0);
     }},
    {"scaleoffset of floats", [] { return H5T_IEEE_F32LE; },
     [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 2); }},
    {"scaleoffset of doubles", [] { return H5T_IEEE_F64BE; },
     [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 3); }},
};

// Values from one end of the type to the other leave nothing to pack.
TEST(Codecs, ScaleOffsetKeepsFullRanges) {
    const TempDir folder;
    struct Stored {
        const char* name;
        hid_t type;
        int bits;
    };
    for (const Stored& stored : {Stored{"little", H5T_STD_I16LE, 0}, Stored{"big", H5T_STD_I16BE, 0},
                                 Stored{"all", H5T_STD_I16LE, 16}, Stored{"some", H5T_STD_I16BE, 9}}) {
        std::vector<std::int16_t> values(300);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i % 200);
        if (stored.bits != 9) values[7] = INT16_MIN, values[9] = INT16_MAX;
        const auto path = folder / (std::string(stored.name) + ".h5");
        const auto creation = chunked({100});
        H5Pset_scaleoffset(creation.get(), H5Z_SO_INT, stored.bits);
        put(new_file(path).get(), "x", stored.type, H5T_NATIVE_INT16, {300}, values.data(), creation.get());
        const auto x = open(path, "/x");
        expect_decodes(*x, read_stored(*x), stored.name);
    }
}

// What a damaged file may say of its filters.
TEST(Codecs, ParametersAreChecked) {
    const auto codec = [](int id, std::vector<unsigned> parameters) {
        return io::make_codec({id, "", std::move(parameters), true});
    };
    EXPECT_EQ(codec(5, {8, 0, 10, 1, 4, 0, 8, 0xfffffffcu}), nullptr);
    EXPECT_EQ(codec(5, {8, 0, 10, 1, 4, 0, 0xffffffffu, 2}), nullptr);
    EXPECT_EQ(codec(6, {2, 33, 10, 0, 4, 1, 0, 0}), nullptr);
    const Bytes in(100), four{std::byte{64}, {}, {}, {}};
    for (const std::vector<unsigned>& szip : {std::vector<unsigned>{141, 0, 32, 64},
                                              {141, 16, 32, 0xffffffffu},
                                              {141, 16, 0, 64},
                                              {141, 7, 32, 64},
                                              {141, 16, 32, 0}}) {
        Bytes out(64), stored(four);
        stored.insert(stored.end(), in.begin(), in.end());
        EXPECT_THROW(codec(4, szip)->decode(stored, out), io::Undecodable);
    }
}

class Hdf5Filters : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Codecs, Hdf5Filters, testing::ValuesIn(kCases), [](const auto& info) {
    std::string name = info.param.name;
    std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
    return name;
});

TEST_P(Hdf5Filters, DecodeAsLibhdf5) {
    const TempDir folder;
    std::vector<double> values(1000);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = std::round(90 + 80 * std::sin(static_cast<double>(i) / 20)) + (i % 50 == 0 ? 0.25 : 0);
    {
        const auto file = new_file(folder / "x.h5");
        const auto creation = chunked({301});
        GetParam().set(creation.get());
        put(file.get(), "x", GetParam().stored(), H5T_NATIVE_DOUBLE, {values.size()}, values.data(), creation.get());
    }
    const auto x = open(folder / "x.h5", "/x");
    expect_decodes(*x, read_stored(*x), GetParam().name);
}

// As data/make_filters.py.
std::int32_t filter_value(std::size_t at) {
    const auto i = static_cast<std::int64_t>(at);
    return static_cast<std::int32_t>((i * i / 700) % 900 + ((i * 2654435761 % 4294967296) >> 29));
}

TEST(Codecs, DecodeWhatOthersPlugInsWrote) {
    const auto path = source_path("tests/io/data/filters.h5");
    for (const char* filter : {"lzf", "lz4", "lz4_blocks", "bzip2", "blosc_lz", "blosc_lz4", "blosc_bits", "blosc_zstd",
                               "bitshuffle", "bitshuffle_lz4", "bitshuffle_small"}) {
        for (const char* type : {"int16", "int32", "float64"}) {
            const auto file = io::InputFile::open(path.string());
            io::LibraryLock lock;
            const std::string name = std::string("/") + filter + "/" + type;
            const auto id = io::h5::open_dataset(file->id(), name, H5P_DEFAULT);
            const auto storage = io::storage_of(id.get());
            const std::size_t width = io::h5::type_size(io::h5::dataset_type(id.get()).get());
            const auto chunk = static_cast<std::size_t>((*storage.chunk)[0]);
            const auto pipeline = io::FilterPipeline::make(storage.filters, chunk * width);
            ASSERT_TRUE(pipeline) << name;
            io::FilterPipeline::Scratch scratch;
            for (hsize_t at = 0; at < 1201; at += chunk) {
                hsize_t size = 0;
                unsigned mask = 0;
                ASSERT_GE(H5Dget_chunk_storage_size(id.get(), &at, &size), 0);
                Bytes stored(size), decoded(chunk * width);
                ASSERT_GE(H5Dread_chunk(id.get(), H5P_DEFAULT, &at, &mask, stored.data()), 0);
                ASSERT_NO_THROW(pipeline->decode(stored, mask, decoded, scratch)) << name;
                for (std::size_t k = 0; k < chunk && at + k < 1201; ++k) {
                    const double wanted = filter_value(at + k);
                    double got = 0;
                    if (width == 8) std::memcpy(&got, &decoded[k * 8], 8);
                    std::int32_t four = 0;
                    std::int16_t two = 0;
                    if (width == 4) std::memcpy(&four, &decoded[k * 4], 4), got = four;
                    if (width == 2) std::memcpy(&two, &decoded[k * 2], 2), got = two;
                    ASSERT_EQ(got, wanted) << name << " at " << at + k;
                }
            }
        }
    }
}

// Through libhdf5, which has neither these filters nor plug-ins for them: parts of chunks, and steps.
TEST(Codecs, ServeLibhdf5) {
    const auto file = source_path("tests/io/data/filters.h5");
    for (const char* filter : {"lzf", "lz4", "lz4_blocks", "bzip2", "blosc_lz", "blosc_lz4", "blosc_bits", "blosc_zstd",
                               "bitshuffle", "bitshuffle_lz4", "bitshuffle_small"}) {
        const auto x = open(file, std::string("/") + filter + "/int32");
        EXPECT_TRUE(x->storage().filters[0].available) << filter;
        std::vector<std::int32_t> values(168);
        x->read({{30}, {1201}}, values.data(), {7});
        for (std::size_t k = 0; k < values.size(); ++k) ASSERT_EQ(values[k], filter_value(30 + 7 * k)) << filter << k;
    }
}

std::vector<io::Filter> filters(std::initializer_list<std::pair<int, std::vector<unsigned>>> list) {
    std::vector<io::Filter> made;
    for (const auto& [id, parameters] : list) made.push_back({id, "filter " + std::to_string(id), parameters, true});
    return made;
}

TEST(Codecs, DecodeWhatTheyEncode) {
    const std::vector<std::vector<io::Filter>> pipelines{filters({{2, {4}}, {1, {1}}}),
                                                         filters({{1, {0}}}),
                                                         filters({{1, {6}}}),
                                                         filters({{2, {8}}, {1, {9}}, {3, {}}}),
                                                         filters({{2, {2}}, {32004, {}}}),
                                                         filters({{32004, {512}}}),
                                                         filters({{2, {4}}, {32015, {3}}}),
                                                         filters({{32015, {1}}, {3, {}}}),
                                                         filters({})};
    io::FilterPipeline::Scratch scratch;
    for (const auto& used : pipelines) {
        for (std::size_t n : {8, 64, 4096, 100'000}) {
            for (unsigned kinds : {1, 5, 256}) {
                const auto pipeline = io::FilterPipeline::make(used, n);
                ASSERT_TRUE(pipeline);
                const Bytes values = random_bytes(n, static_cast<unsigned>(n), kinds);
                unsigned mask = 0;
                const auto stored = pipeline->encode(values, mask, scratch);
                const Bytes kept(stored.begin(), stored.end());
                EXPECT_LE(kept.size(), pipeline->most_stored());
                Bytes decoded(n);
                pipeline->decode(kept, mask, decoded, scratch);
                EXPECT_EQ(decoded, values) << n << " " << kinds;
            }
        }
    }
}

// libhdf5 reads what the codecs made.
TEST(Codecs, EncodeWhatLibhdf5Reads) {
    const TempDir folder;
    const auto values = counted<std::int32_t>(1000);
    {
        const auto file = new_file(folder / "x.h5");
        io::LibraryLock lock;
        for (int level : {1, 6}) {
            const auto creation = chunked({250}, level);
            H5Pset_fletcher32(creation.get());
            put(file.get(), "x" + std::to_string(level), H5T_STD_I32LE, H5T_NATIVE_INT32, {1000}, nullptr,
                creation.get());
            const auto id = io::h5::open_dataset(file.get(), "x" + std::to_string(level), H5P_DEFAULT);
            const auto pipeline = io::FilterPipeline::make(io::storage_of(id.get()).filters, 1000);
            ASSERT_TRUE(pipeline);
            io::FilterPipeline::Scratch scratch;
            for (hsize_t at = 0; at < 1000; at += 250) {
                unsigned mask = 0;
                const auto stored = pipeline->encode(std::as_bytes(std::span(values).subspan(at, 250)), mask, scratch);
                ASSERT_GE(H5Dwrite_chunk(id.get(), H5P_DEFAULT, mask, &at, stored.size(), stored.data()), 0);
            }
        }
    }
    for (const char* name : {"/x1", "/x6"}) EXPECT_EQ(read_all<std::int32_t>(*open(folder / "x.h5", name)), values);
}

TEST(Codecs, FiltersThatWereLeftOutAreObeyed) {
    const auto used = filters({{2, {4}}, {1, {1}}});
    const auto pipeline = io::FilterPipeline::make(used, 400);
    const Bytes values = random_bytes(400, 1);
    io::FilterPipeline::Scratch scratch;
    Bytes decoded(400);
    pipeline->decode(values, 3, decoded, scratch);
    EXPECT_EQ(decoded, values);
    Bytes planes(400);
    kernels::shuffle(values.data(), planes.data(), 100, 4);
    pipeline->decode(planes, 2, decoded, scratch);
    EXPECT_EQ(decoded, values);
}

// Cut short, lengthened or with a bit changed, chunks give their values or an error: nothing is read or written
// outside (what the address sanitizer watches), and no buffer grows without bound.
TEST(Codecs, DamageIsAnError) {
    const std::vector<std::pair<int, std::vector<unsigned>>> kinds{{1, {6}},
                                                                   {2, {4}},
                                                                   {3, {}},
                                                                   {32004, {512}},
                                                                   {32015, {3}},
                                                                   {32000, {}},
                                                                   {32001, {}},
                                                                   {307, {}},
                                                                   {4, {141, 16, 32, 64}},
                                                                   {32008, {0, 4, 4, 0, 2}},
                                                                   {32008, {0, 4, 4, 0, 3}},
                                                                   {32008, {0, 4, 4, 0, 0}},
                                                                   {5, {8, 0, 512, 1, 4, 0, 11, 3}},
                                                                   {6, {2, 0, 512, 0, 4, 1, 0, 0}},
                                                                   {6, {0, 2, 256, 1, 8, 1, 0, 0}}};
    std::mt19937 random(3);
    for (const auto& [id, parameters] : kinds) {
        const auto pipeline = io::FilterPipeline::make(filters({{id, parameters}}), 2048);
        ASSERT_TRUE(pipeline) << id;
        const Bytes values = random_bytes(2048, 9, 4);
        Bytes stored(4096);
        if (id == 1 || id == 2 || id == 3 || id == 32004 || id == 32015) {
            unsigned mask = 0;
            io::FilterPipeline::Scratch scratch;
            const auto made = pipeline->encode(values, mask, scratch);
            stored.assign(made.begin(), made.end());
        } else if (id == 32000) {
            stored.resize(lzf_compress(values.data(), 2048, stored.data(), 4096));
        } else {
            stored = random_bytes(1500, static_cast<unsigned>(id), 256);
        }
        int errors = 0;
        for (int round = 0; round < 400; ++round) {
            Bytes damaged = stored;
            if (round % 3 == 0) damaged.resize(random() % (stored.size() + 1));
            if (round % 3 == 1) damaged.resize(stored.size() + random() % 64);
            if (!damaged.empty()) damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << random() % 8);
            damaged.shrink_to_fit();
            Bytes decoded(2048);
            io::FilterPipeline::Scratch scratch;
            try {
                pipeline->decode(damaged, 0, decoded, scratch);
            } catch (const io::Undecodable& error) {
                ++errors;
                EXPECT_FALSE(std::string(error.what()).empty());
            }
        }
        EXPECT_GT(errors, 0) << id;
    }
}

}  // namespace
}  // namespace heddle::test
