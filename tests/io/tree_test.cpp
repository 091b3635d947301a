#include "host/io/tree.hpp"

#include <cstdlib>

#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

const io::TreeEntry& entry(const std::vector<io::TreeEntry>& tree, const std::string& path) {
    for (const auto& e : tree)
        if (e.path == path) return e;
    throw std::runtime_error("no entry " + path);
}

TEST(Tree, ListsEverythingOnce) {
    TempDir folder;
    const auto path = folder / "x.h5";
    {
        const auto file = new_file(path);
        const auto text = io::h5::copy_type(H5T_C_S1);
        H5Tset_size(text.get(), H5T_VARIABLE);
        put(file.get(), "a/x", H5T_STD_I16BE, H5T_NATIVE_INT16, {4, 5}, nullptr, chunked({2, 5}, 4).get());
        put(file.get(), "a/text", text.get(), text.get(), {2}, nullptr);
        H5Lcreate_hard(file.get(), "a", file.get(), "a/self", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_hard(file.get(), "a/x", file.get(), "again", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("/a/x", file.get(), "soft", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("/gone", file.get(), "dangling", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_external("gone.h5", "/x", file.get(), "outside", H5P_DEFAULT, H5P_DEFAULT);
        const int answer = 42;
        put_attribute(file.get(), "answer", H5T_NATIVE_INT, H5T_NATIVE_INT, {}, &answer);
    }
    const auto tree = io::walk(io::InputFile::open(path.string()));
    EXPECT_EQ(tree[0].path, "/");
    EXPECT_EQ(tree[0].attributes.at(0).as_double(), 42.0);
    EXPECT_EQ(entry(tree, "/a/x").type, "int16 big-endian");
    EXPECT_EQ(entry(tree, "/a/x").shape, (Shape{4, 5}));
    EXPECT_EQ(entry(tree, "/a/x").storage.chunk, (Shape{2, 5}));
    EXPECT_EQ(entry(tree, "/a/x").logical_bytes, 40u);
    EXPECT_EQ(entry(tree, "/a/x").depth, 2);
    EXPECT_EQ(entry(tree, "/a/text").type, "string of variable length");
    EXPECT_FALSE(entry(tree, "/a/text").dtype);
    EXPECT_EQ(entry(tree, "/a/self").same_as, "/a");
    EXPECT_EQ(entry(tree, "/again").same_as, "/a/x");
    EXPECT_EQ(entry(tree, "/soft").link_target, "/a/x");
    EXPECT_EQ(entry(tree, "/soft").shape, (Shape{4, 5}));
    EXPECT_NE(entry(tree, "/dangling").error.find("gone"), std::string::npos);
    EXPECT_EQ(entry(tree, "/outside").link, io::LinkKind::external);
    EXPECT_FALSE(entry(tree, "/outside").error.empty());
    EXPECT_EQ(tree.size(), 9u);
    EXPECT_EQ(io::walk(io::InputFile::open(path.string()), "/a").size(), 4u);
    EXPECT_EQ(io::walk(io::InputFile::open(path.string()), "/a/x").size(), 1u);
}

TEST(Tree, StopsAtItsLimits) {
    TempDir folder;
    const auto path = folder / "x.h5";
    {
        const auto file = new_file(path);
        for (int i = 0; i < 50; ++i)
            put(file.get(), "x" + std::to_string(i), H5T_NATIVE_INT, H5T_NATIVE_INT, {1}, nullptr);
        put(file.get(), "g/g/g/g/g/x", H5T_NATIVE_INT, H5T_NATIVE_INT, {1}, nullptr);
    }
    const auto file = io::InputFile::open(path.string());
    const auto few = io::walk(file, "/", {.max_entries = 10});
    EXPECT_EQ(few.size(), 10u);
    EXPECT_NE(few.back().error.find("ends here"), std::string::npos);
    EXPECT_NE(entry(io::walk(file, "/", {.max_depth = 3}), "/g/g/g").error.find("too deeply"), std::string::npos);
}

// Real files, where the machine has them.
std::filesystem::path real_data() {
    const char* named = std::getenv("HEDDLE_TEST_DATA");
    return named != nullptr ? std::filesystem::path(named) : source_path("../shared/data");
}

TEST(RealData, ToothAndClimateAreRead) {
    const auto folder = real_data();
    if (!std::filesystem::exists(folder / "tomo_tooth/tooth.h5"))
        GTEST_SKIP() << "no real data in " << folder << " (HEDDLE_TEST_DATA names its folder)";
    const auto tooth = open(folder / "tomo_tooth/tooth.h5", "/exchange/data");
    EXPECT_EQ(tooth->dtype(), DType::float32);
    EXPECT_EQ(tooth->shape(), (Shape{181, 2, 640}));
    const auto values = read_all<float>(*tooth);
    EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()), 20500, 1500);
    const auto cells = open(folder / "cells_pbmc/adata.h5ad", "/X");
    EXPECT_EQ(cells->chunk(), (Shape{44, 96}));
    const auto x = read_all<float>(*cells);
    EXPECT_NEAR(std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()), -0.0004550533295773408,
                1e-12);
    EXPECT_EQ(*std::max_element(x.begin(), x.end()), 28.408000946044922f);
    EXPECT_EQ(open(folder / "cells_pbmc/adata.h5ad", "/uns/rank_genes_groups/params/use_raw")->dtype(), DType::boolean);
    expect_error<IoError>([&] { open(folder / "cells_pbmc/adata.h5ad", "/obs"); },
                          {"compound {index: string of 16 bytes"});
}

}  // namespace
}  // namespace heddle::test
