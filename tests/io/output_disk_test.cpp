#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/io/outputs.hpp"

namespace heddle::test {
namespace {

TEST_F(Outputs, StaleTemporariesOfDeadProcessesGo) {
    const pid_t child = ::fork();
    if (child == 0) {
        new io::OutputFile(target());
        ::_exit(0);  // as a kill would leave it
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(names().size(), 1u);
    write_bytes(folder / ".other.h5.heddle-999999999-0.tmp", "not ours");
    make(target());
    EXPECT_EQ(names(), (std::vector<std::string>{".other.h5.heddle-999999999-0.tmp", "out.h5"}));
}

TEST_F(Outputs, TwoWritersDoNotRemoveEachOther) {
    io::OutputFile first(target(Overwrite::replace)), second(target(Overwrite::replace));
    first.write(first.create({.name = "a", .dtype = DType::float64, .shape = {1}}), {{0}, {1}}, values.data());
    second.write(second.create({.name = "b", .dtype = DType::float64, .shape = {1}}), {{0}, {1}}, values.data());
    first.commit();
    second.commit();
    EXPECT_EQ(read_all<double>(*open(path, "b")).size(), 1u);
    EXPECT_EQ(names(), std::vector<std::string>{"out.h5"});
}

TEST_F(Outputs, SignalHandlerRemovesThem) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGTERM, [](int) {
            io::remove_temporaries();
            ::_exit(3);
        });
        io::OutputFile a(target()), b({(folder / "second.h5").string(), "/", Overwrite::refuse, {}});
        ::raise(SIGTERM);
        ::_exit(4);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 3);
    EXPECT_TRUE(names().empty());
}

// Writes until the disk or the limit says no; the error must be clean, and nothing left.
void write_too_much(const io::OutputTarget& where, int gzip, const std::string& words) {
    expect_error<IoError>(
        [&] {
            io::OutputFile out(where);
            const auto x = out.create(
                {.name = "x", .dtype = DType::uint64, .shape = {64, 65536}, .chunk = Shape{1, 65536}, .gzip = gzip});
            std::vector<std::uint64_t> noise(65536);
            std::uint64_t state = 1;
            for (std::int64_t row = 0; row < 64; ++row) {
                for (auto& n : noise) n = state = state * 6364136223846793005u + 1442695040888963407u;
                out.write(x, {{row, 0}, {row + 1, 65536}}, noise.data());
            }
            out.commit();
        },
        {words});
}

TEST_F(Outputs, SizeLimitIsACleanError) {
    struct rlimit before;
    ::getrlimit(RLIMIT_FSIZE, &before);
    auto low = before;
    low.rlim_cur = 3 << 20;
    ::setrlimit(RLIMIT_FSIZE, &low);
    write_too_much(target(), -1, "larger than allowed");
    write_too_much(target(), 1, "larger than allowed");
    EXPECT_TRUE(names().empty());
    ::setrlimit(RLIMIT_FSIZE, &before);
    make(target());  // the library is as good as before
    EXPECT_EQ(read_all<double>(*open(path, "x")), values);
}

TEST_F(Outputs, FullDiskIsACleanErrorAndKeepsTheOldTarget) {
    const auto small = folder / "small";
    std::filesystem::create_directory(small);
    if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=4m") != 0)
        GTEST_SKIP() << "mounting a small tmpfs needs root";
    const auto old = small / "out.h5";
    make({old.string(), "/", Overwrite::refuse, {}});
    const auto bytes = read_bytes(old);
    write_too_much({old.string(), "/", Overwrite::replace, {}}, -1, "full");
    write_too_much({old.string(), "/", Overwrite::replace, {}}, 1, "full");
    write_too_much({old.string(), "/group", Overwrite::replace, {}}, 1, "full");
    EXPECT_EQ(read_bytes(old), bytes);
    EXPECT_EQ(names_in_folder(small), std::vector<std::string>{"out.h5"});
    ::umount(small.c_str());
}

}  // namespace
}  // namespace heddle::test
