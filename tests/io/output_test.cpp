#include <sys/stat.h>
#include <unistd.h>

#include "tests/io/outputs.hpp"

namespace heddle::test {
namespace {

TEST_F(Outputs, AppearsAtCommitAndNotBefore) {
    {
        io::OutputFile out(target());
        const auto x = out.create({.name = "x", .dtype = DType::float64, .shape = {3, 4}});
        out.write(x, {{0, 0}, {2, 4}}, values.data());
        out.write(x, {{2, 0}, {3, 4}}, values.data() + 8);
        EXPECT_FALSE(std::filesystem::exists(path));
        ASSERT_EQ(names().size(), 1u);
        EXPECT_TRUE(names()[0].starts_with(".out.h5.heddle-" + std::to_string(::getpid()) + "-")) << names()[0];
        EXPECT_TRUE(names()[0].ends_with(".tmp"));
        out.commit();
    }
    EXPECT_EQ(names(), std::vector<std::string>{"out.h5"});
    EXPECT_EQ(read_all<double>(*open(path, "x")), values);
}

TEST_F(Outputs, DiscardAndExceptionsLeaveNothing) {
    try {
        io::OutputFile out(target());
        out.create({.name = "x", .dtype = DType::float64, .shape = {3, 4}});
        throw std::runtime_error("work failed");
    } catch (const std::runtime_error&) {
    }
    EXPECT_TRUE(names().empty());
}

TEST_F(Outputs, EveryTypeRoundTrips) {
    io::OutputFile out(target());
    std::vector<std::byte> bytes(16 * 5);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i % 2);  // valid for bool as well
    for (std::size_t i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        out.write(out.create({.name = std::string(name_of(dtype)), .dtype = dtype, .shape = {5}}), {{0}, {5}},
                  bytes.data());
    }
    out.commit();
    for (std::size_t i = 0; i < kDTypeCount; ++i) {
        const auto dtype = static_cast<DType>(i);
        const auto x = open(path, std::string(name_of(dtype)));
        EXPECT_EQ(x->dtype(), dtype);
        std::vector<std::byte> got(size_of(dtype) * 5);
        x->read({{0}, {5}}, got.data());
        EXPECT_TRUE(std::equal(got.begin(), got.end(), bytes.begin())) << name_of(dtype);
    }
}

TEST_F(Outputs, FiltersChunksAndFill) {
    io::OutputFile out(target());
    const auto x = out.create({.name = "deep/x",
                               .dtype = DType::int16,
                               .shape = {10, 10},
                               .chunk = Shape{4, 100},
                               .gzip = 9,
                               .shuffle = io::Shuffle::on,
                               .checksum = io::Checksum::fletcher32,
                               .fill = -1.0});
    const std::vector<std::int16_t> row(10, 7);
    out.write(x, {{0, 0}, {1, 10}}, row.data());
    out.create({.name = "scalar", .dtype = DType::float64, .shape = {}, .gzip = 1});
    out.create({.name = "nothing", .dtype = DType::float64, .shape = {0, 3}, .gzip = 1});
    out.commit();
    const auto read = open(path, "/deep/x");
    EXPECT_EQ(read->chunk(), (Shape{4, 10}));
    std::vector<std::string> names;
    for (const auto& f : read->storage().filters) names.push_back(f.name);
    EXPECT_EQ(names, (std::vector<std::string>{"shuffle", "gzip", "fletcher32"}));
    const auto got = read_all<std::int16_t>(*read);
    EXPECT_EQ(got[9], 7);
    EXPECT_EQ(got[10], -1);
    EXPECT_EQ(open(path, "nothing")->shape(), (Shape{0, 3}));
}

TEST_F(Outputs, SameJobSameBytes) {
    make(target());
    const auto first = read_bytes(path);
    ::sleep(1);
    make(target(Overwrite::replace));
    EXPECT_EQ(read_bytes(path), first);
}

TEST_F(Outputs, ExistingTargetIsKeptOrReplaced) {
    make(target());
    expect_error<IoError>([&] { io::OutputFile out(target()); }, {"out.h5", "it exists", "--overwrite"});
    ::chmod(path.c_str(), 0640);
    make(target(Overwrite::replace), "y");
    EXPECT_EQ(read_all<double>(*open(path, "y")), values);
    struct stat info;
    ::stat(path.c_str(), &info);
    EXPECT_EQ(info.st_mode & 07777, 0640u);
}

TEST_F(Outputs, NewFileHasTheUmasksPermissions) {
    const auto old = ::umask(027);
    make(target());
    ::umask(old);
    struct stat info;
    ::stat(path.c_str(), &info);
    EXPECT_EQ(info.st_mode & 07777, 0640u);
}

TEST_F(Outputs, TargetThatAppearsMeanwhileIsKept) {
    io::OutputFile out(target());
    out.create({.name = "x", .dtype = DType::float64, .shape = {1}});
    write_bytes(path, "someone else's");
    expect_error<IoError>([&] { out.commit(); }, {"appeared meanwhile"});
    EXPECT_EQ(read_bytes(path), "someone else's");
    EXPECT_EQ(names(), std::vector<std::string>{"out.h5"});
}

TEST_F(Outputs, InputsAreNeverWritten) {
    make(target());
    std::filesystem::create_symlink(path, folder / "soft");
    std::filesystem::create_hard_link(path, folder / "hard");
    for (const auto* name : {"out.h5", "soft", "hard"})
        for (const auto* group : {"/", "/more"}) {
            auto where = target(Overwrite::replace, group);
            where.file = (folder / name).string();
            where.inputs = {path.string()};
            expect_error<IoError>([&] { io::OutputFile out(where); }, {"it is the input"});
        }
}

TEST_F(Outputs, BadTargetsAreRefusedBeforeAnyWork) {
    const auto refused = [&](const std::string& file, const std::string& words) {
        expect_error<IoError>([&] { io::OutputFile out({file, "/", Overwrite::replace, {}}); }, {words});
    };
    refused(folder.path().string(), "folder");
    refused((folder / "missing" / "out.h5").string(), "does not exist");
    refused("/dev/full", "not a regular file");
    refused("/proc/heddle-cannot-write-here.h5", "/proc/");
    refused("", "names a folder");
    std::filesystem::create_symlink("loop", folder / "loop");
    refused((folder / "loop").string(), "circle");
    EXPECT_EQ(names(), std::vector<std::string>{"loop"});
}

TEST_F(Outputs, SymbolicLinkStaysAndItsTargetIsReplaced) {
    std::filesystem::create_directory(folder / "real");
    std::filesystem::create_symlink("real/data.h5", path);
    make(target());  // to a file that does not exist yet
    make(target(Overwrite::replace), "y");
    EXPECT_TRUE(std::filesystem::is_symlink(path));
    EXPECT_EQ(names_in_folder(folder / "real"), std::vector<std::string>{"data.h5"});
    EXPECT_EQ(read_all<double>(*open(path, "y")), values);
}

TEST_F(Outputs, GroupOfAnExistingFileKeepsTheRest) {
    make(target());
    make(target(Overwrite::refuse, "/results/one"), "y", 5.0);
    EXPECT_EQ(read_all<double>(*open(path, "x")), values);
    EXPECT_EQ(read_all<double>(*open(path, "/results/one/y")), counted<double>(12, 5.0));
    expect_error<IoError>([&] { make(target(Overwrite::refuse, "/results/one"), "y"); }, {"'y'", "it exists"});
    make(target(Overwrite::replace, "/results/one"), "y", 9.0);
    EXPECT_EQ(read_all<double>(*open(path, "/results/one/y")), counted<double>(12, 9.0));
    expect_error<IoError>([&] { make(target(Overwrite::replace, "/results"), "one"); }, {"a group of that name"});
    expect_error<IoError>([&] { make(target(Overwrite::replace, "/x/inner"), "y"); }, {"out.h5"});
    EXPECT_EQ(names(), std::vector<std::string>{"out.h5"});
}

TEST_F(Outputs, GroupOfAFileThatIsNotHdf5) {
    write_bytes(path, "a,b,c\n1,2,3\n");
    expect_error<IoError>([&] { io::OutputFile out(target(Overwrite::replace, "/g")); }, {"looks like text"});
}

TEST_F(Outputs, GroupOfAFileThatChangesMeanwhile) {
    make(target());
    io::OutputFile out(target(Overwrite::refuse, "/g"));
    out.create({.name = "y", .dtype = DType::float64, .shape = {1}});
    write_bytes(path, "changed");
    expect_error<IoError>([&] { out.commit(); }, {"changed it meanwhile"});
    EXPECT_EQ(read_bytes(path), "changed");
}

TEST_F(Outputs, BadDatasetsAreRefused) {
    io::OutputFile out(target());
    const auto refused = [&](io::DatasetSpec spec, const std::string& words) {
        expect_error<ArgumentError>([&] { out.create(spec); }, {words});
    };
    refused({.name = "", .dtype = DType::int8, .shape = {1}}, "no name");
    refused({.name = "x", .dtype = DType::int8, .shape = {1}, .gzip = 10}, "gzip level 10");
    refused({.name = "x", .dtype = DType::int8, .shape = {4, 4}, .chunk = Shape{2}}, "rank");
    refused({.name = "x", .dtype = DType::int8, .shape = {4}, .chunk = Shape{0}}, "empty axis");
    refused({.name = "x", .dtype = DType::uint8, .shape = {4}, .fill = -1.0}, "uint8 has no value");
    refused({.name = "x", .dtype = DType::float64, .shape = {1L << 30, 2}, .chunk = Shape{1L << 30, 1}}, "4 GiB");
    out.create({.name = "x", .dtype = DType::int8, .shape = {4}});
    expect_error<IoError>([&] { out.create({.name = "x", .dtype = DType::int8, .shape = {4}}); }, {"two results"});
    expect_error<IoError>([&] { out.create({.name = "big", .dtype = DType::float64, .shape = {1L << 50}}); },
                          {"free on the disk"});
    expect_error<ShapeError>([&] { out.write({0}, {{0}, {5}}, values.data()); }, {"(4,)"});
}

TEST(AutomaticChunk, IsAboutOneMebibyteOfLastAxes) {
    EXPECT_EQ(io::automatic_chunk({1000, 2048, 2048}, DType::float32), (Shape{1, 128, 2048}));
    EXPECT_EQ(io::automatic_chunk({10, 10}, DType::float64), (Shape{10, 10}));
    EXPECT_EQ(io::automatic_chunk({1 << 24}, DType::uint8), (Shape{1 << 20}));
}

}  // namespace
}  // namespace heddle::test
