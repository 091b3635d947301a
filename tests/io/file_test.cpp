#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

class InputFiles : public testing::Test {
protected:
    InputFiles() {
        const auto file = new_file(path);
        put(file.get(), "exchange/data", H5T_STD_I32LE, H5T_NATIVE_INT32, {4}, values.data());
        put(file.get(), "exchange/dark", H5T_STD_I32LE, H5T_NATIVE_INT32, {4}, values.data());
        H5Lcreate_soft("/exchange", file.get(), "alias", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("data", file.get(), "exchange/same", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("/ring2", file.get(), "ring1", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("/ring1/x", file.get(), "ring2", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_soft("/nowhere", file.get(), "dangling", H5P_DEFAULT, H5P_DEFAULT);
    }

    void link_outside(const std::string& target) {
        const auto file = io::h5::open_file(path.string(), H5F_ACC_RDWR, H5P_DEFAULT);
        H5Lcreate_external(target.c_str(), "/other", file.get(), "outside", H5P_DEFAULT, H5P_DEFAULT);
    }

    TempDir folder;
    std::filesystem::path path = folder / "scan.h5";
    std::vector<std::int32_t> values = counted<std::int32_t>(4);
};

TEST_F(InputFiles, OneHandleForOneFile) {
    const auto first = io::InputFile::open(path.string());
    EXPECT_EQ(first, io::InputFile::open((folder / "." / "scan.h5").string()));
}

TEST_F(InputFiles, SoftLinksAreFollowed) {
    EXPECT_EQ(open(path, "alias/same")->location().path, "/exchange/data");
    EXPECT_EQ(read_all<std::int32_t>(*open(path, "/alias//./same")), values);
}

TEST_F(InputFiles, WhatIsMissingIsNamedWithItsNeighbours) {
    expect_error<IoError>([&] { open(path, "/exchange/dta"); }, {"nothing named 'dta'", "did you mean 'data'?"});
    expect_error<IoError>([&] { open(path, "/exchange/unrelated"); }, {"there are 'dark', 'data', 'same'"});
    expect_error<IoError>([&] { open(path, "/exchange/data/x"); }, {"'/exchange/data'", "not a group"});
    expect_error<IoError>([&] { open(path, "/exchange"); }, {"it is a group", "'data'"});
    expect_error<IoError>([&] { open(path, "/dangling"); }, {"'/dangling'", "nothing named 'nowhere'"});
    expect_error<IoError>([&] { open(path, "/ring1"); }, {"circle"});
}

TEST_F(InputFiles, ExternalLinksStayInsideTheFolder) {
    std::filesystem::create_directory(folder / "sub");
    put(new_file(folder / "sub/more.h5").get(), "other", H5T_STD_I32LE, H5T_NATIVE_INT32, {4}, values.data());
    link_outside("sub/more.h5");
    EXPECT_EQ(read_all<std::int32_t>(*open(path, "outside")), values);
    EXPECT_EQ(open(path, "outside")->location().file->path(), std::filesystem::canonical(folder / "sub/more.h5"));
}

TEST_F(InputFiles, ExternalLinksThatLeaveTheFolderAreRefused) {
    TempDir elsewhere;
    put(new_file(elsewhere / "more.h5").get(), "other", H5T_STD_I32LE, H5T_NATIVE_INT32, {4}, values.data());
    link_outside((elsewhere / "more.h5").string());
    expect_error<IoError>([&] { open(path, "outside"); }, {"external link", "outside the file's folder"});
    // A link inside the folder that leads out of it is no way around.
    std::filesystem::create_symlink(elsewhere / "more.h5", folder / "inside.h5");
    const auto second = folder / "second.h5";
    {
        const auto file = new_file(second);
        H5Lcreate_external("inside.h5", "/other", file.get(), "outside", H5P_DEFAULT, H5P_DEFAULT);
    }
    expect_error<IoError>([&] { open(second, "outside"); }, {"outside the file's folder"});
}

TEST_F(InputFiles, ExternalLinkToNothing) {
    link_outside("gone.h5");
    expect_error<IoError>([&] { open(path, "outside"); }, {"gone.h5", "does not exist"});
}

TEST_F(InputFiles, MissingFileFolderAndSpecialFile) {
    expect_error<IoError>([&] { open(folder / "scam.h5", "x"); }, {"there is no such file", "'scan.h5'"});
    expect_error<IoError>([&] { open(folder.path(), "x"); }, {"it is a folder"});
    expect_error<IoError>([&] { open("/dev/null", "x"); }, {"not a regular file"});
}

TEST_F(InputFiles, OtherFormatsAreRecognised) {
    using namespace std::string_literals;
    const std::vector<std::pair<std::string, std::string>> cases{
        {"CDF\x01rest"s, "netCDF-3"},
        {"\x1f\x8b\x08rest"s, "gzip"},
        {"hello,world\n"s, "text"},
        {""s, "an empty file"},
        {std::string(600, '\0'), "zeros"},
        {"\x93NUMPY\x01\x00"s, "NumPy"},
        {"\x01\x02\x03\xff"s, "unknown"},
        {"PK\x03\x04zip"s, "zip"},
        {"version https://git-lfs.github.com/spec/v1\n"s, "Git LFS"},
    };
    for (const auto& [bytes, words] : cases) {
        write_bytes(folder / "odd", bytes);
        expect_error<IoError>([&] { open(folder / "odd", "x"); }, {"not an HDF5 file", words});
    }
}

TEST_F(InputFiles, TruncationSaysBothSizes) {
    const auto bytes = read_bytes(path);
    const auto size = std::to_string(bytes.size());
    write_bytes(folder / "cut.h5", bytes.substr(0, bytes.size() / 2));
    expect_error<IoError>([&] { open(folder / "cut.h5", "x"); },
                          {"truncated", std::to_string(bytes.size() / 2) + " bytes", "header says " + size});
}

TEST_F(InputFiles, LockedByAnotherProgram) {
    // A lock of another open file description conflicts like that of another process.
    const int held = ::open(path.c_str(), O_RDWR);
    ASSERT_EQ(::flock(held, LOCK_EX), 0);
    expect_error<IoError>([&] { open(path, "exchange/data"); }, {"lock", "--no-lock"});
    const auto file = io::InputFile::open(path.string(), io::Locking::off);
    EXPECT_EQ(read_all<std::int32_t>(*io::Dataset::open(file, "exchange/data")), values);
    ::close(held);
}

TEST_F(InputFiles, NothingIsPrinted) {
    testing::internal::CaptureStderr();
    EXPECT_THROW(open(path, "missing"), IoError);
    write_bytes(folder / "odd", "no HDF5");
    EXPECT_THROW(open(folder / "odd", "x"), IoError);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace heddle::test
