#include "host/expr/kernel_cache.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/support/paths.hpp"

namespace heddle::expr {
namespace {

namespace fs = std::filesystem;

KernelKey key_of(const std::string& source) {
    return {source, {{"a.hpp", "int a;"}}, {"--fmad=false"}, 90, "nvrtc 13.0", "1"};
}

// What a compiler would make: its length and bytes follow from the key.
std::vector<char> binary_of(const std::string& source) {
    std::vector<char> binary(1000 + source.size() * 7);
    for (std::size_t i = 0; i < binary.size(); ++i)
        binary[i] = static_cast<char>(source[i % source.size()] + static_cast<char>(i % 11));
    return binary;
}

struct Counted {
    KernelCache& cache;
    int compiled = 0;
    std::vector<char> get(const std::string& source) {
        return cache.get(key_of(source), [&] {
            ++compiled;
            return binary_of(source);
        });
    }
};

std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
void write_bytes(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(KernelCache, CompilesOnceForEachKey) {
    const test::TempDir folder;
    KernelCache cache(folder / "new/kernels");
    Counted counted{cache};
    EXPECT_EQ(counted.get("one"), binary_of("one"));
    EXPECT_EQ(counted.get("one"), binary_of("one"));
    EXPECT_EQ(counted.compiled, 1);
    EXPECT_EQ(counted.get("two"), binary_of("two"));
    EXPECT_EQ(counted.compiled, 2);
    KernelCache other(folder / "new/kernels");
    Counted again{other};
    EXPECT_EQ(again.get("two"), binary_of("two"));
    EXPECT_EQ(again.compiled, 0);
    EXPECT_EQ(files_in(folder / "new/kernels"), 2u);
}

TEST(KernelCache, EveryPartOfTheKeyCounts) {
    const KernelKey key = key_of("x");
    std::vector<KernelKey> others(7, key);
    others[0].source = "y";
    others[1].headers[0].second = "int b;";
    others[2].options.push_back("-G");
    others[3].architecture = 80;
    others[4].compiler = "nvrtc 12.4";
    others[5].library = "2";
    // The same characters, cut elsewhere.
    others[6].headers[0] = {"a.hppi", "nt a;"};
    for (const KernelKey& other : others) EXPECT_NE(other.text(), key.text());
    EXPECT_EQ(KernelKey(key).text(), key.text());
}

TEST(KernelCache, AGeneratedKernelsKeyHoldsItsHeadersAndOptions) {
    const std::string text = key_of(CudaKernel{"int x;", "x"}, 90, "nvrtc 13.0").text();
    for (const std::string part :
         {"int x;", "--fmad=false", "kernels/elementwise_fn.hpp", "floor_divide", "nvrtc 13.0"})
        EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(KernelCache, ErrorsOfTheCompilerComeOutAndNothingIsKept) {
    const test::TempDir folder;
    KernelCache cache(folder.path());
    EXPECT_THROW(cache.get(key_of("bad"), []() -> std::vector<char> { throw std::runtime_error("no"); }),
                 std::runtime_error);
    EXPECT_EQ(files_in(folder.path()), 0u);
}

TEST(KernelCache, DamageAtAnyByteIsMadeAgain) {
    const test::TempDir folder;
    KernelCache cache(folder.path());
    Counted counted{cache};
    counted.get("source");
    const fs::path path = cache.path(key_of("source"));
    const std::string good = bytes_of(path);
    int damaged = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int bit : {0, 7}) {
            if (at > 200 && (at + static_cast<std::size_t>(bit)) % 16 != 0) continue;
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
            write_bytes(path, bad);
            ASSERT_EQ(counted.get("source"), binary_of("source")) << at;
            ASSERT_EQ(bytes_of(path), good) << at;
            ++damaged;
        }
    }
    EXPECT_EQ(counted.compiled, 1 + damaged);
    for (std::size_t length = 0; length <= good.size() + 1; length += length < 40 ? 1 : 97) {
        write_bytes(path, (good + "xx").substr(0, length));
        const int before = counted.compiled;
        ASSERT_EQ(counted.get("source"), binary_of("source")) << length;
        EXPECT_EQ(counted.compiled, before + (length == good.size() ? 0 : 1)) << length;
    }
    write_bytes(path, good + "x");
    EXPECT_EQ(counted.get("source"), binary_of("source"));
    EXPECT_EQ(bytes_of(path), good);
}

// As after a collision of hashes.
TEST(KernelCache, AnotherKeysEntryIsNotTaken) {
    const test::TempDir folder;
    KernelCache cache(folder.path());
    Counted counted{cache};
    counted.get("one");
    fs::copy_file(cache.path(key_of("one")), cache.path(key_of("two")));
    EXPECT_EQ(counted.get("two"), binary_of("two"));
    EXPECT_EQ(counted.compiled, 2);
}

TEST(KernelCache, WorksWithoutAFolder) {
    const test::TempDir folder;
    write_bytes(folder / "file", "");
    for (const fs::path& path : {fs::path(), folder / "file/kernels", folder / "file"}) {
        KernelCache cache(path);
        Counted counted{cache};
        EXPECT_EQ(counted.get("one"), binary_of("one"));
        EXPECT_EQ(counted.get("one"), binary_of("one"));
        EXPECT_EQ(counted.compiled, 2) << path;
    }
}

TEST(KernelCache, ReadsAFolderThatCannotBeWritten) {
    const test::TempDir folder;
    KernelCache cache(folder / "cache");
    Counted counted{cache};
    counted.get("one");
    fs::permissions(folder / "cache", fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_EQ(counted.get("one"), binary_of("one"));
    EXPECT_EQ(counted.compiled, 1);
    EXPECT_EQ(counted.get("two"), binary_of("two"));
    if (geteuid() != 0) {
        EXPECT_EQ(files_in(folder / "cache"), 1u);
    }
    fs::permissions(folder / "cache", fs::perms::owner_all);
}

TEST(KernelCache, RemovesTheLongestUnused) {
    const test::TempDir folder;
    KernelCache wide(folder.path());
    Counted counted{wide};
    for (const char* source : {"a", "b", "c"}) counted.get(source);
    const auto size = fs::file_size(wide.path(key_of("a")));
    const auto now = fs::file_time_type::clock::now();
    fs::last_write_time(wide.path(key_of("a")), now - std::chrono::hours(3));
    fs::last_write_time(wide.path(key_of("b")), now - std::chrono::hours(2));
    fs::last_write_time(wide.path(key_of("c")), now - std::chrono::hours(1));
    // Left by a process that ended while it wrote, and by one that writes.
    write_bytes(folder / "1.0.part", "x");
    fs::last_write_time(folder / "1.0.part", now - std::chrono::hours(2));
    write_bytes(folder / "2.0.part", "x");
    write_bytes(folder / "mine.txt", "x");
    counted.get("a");  // used, so it stays
    KernelCache narrow(folder.path(), 3 * size + size / 2);
    Counted more{narrow};
    more.get("d");
    EXPECT_TRUE(fs::exists(narrow.path(key_of("a"))));
    EXPECT_FALSE(fs::exists(narrow.path(key_of("b"))));
    EXPECT_TRUE(fs::exists(narrow.path(key_of("c"))));
    EXPECT_TRUE(fs::exists(narrow.path(key_of("d"))));
    EXPECT_FALSE(fs::exists(folder / "1.0.part"));
    EXPECT_TRUE(fs::exists(folder / "2.0.part"));
    EXPECT_TRUE(fs::exists(folder / "mine.txt"));
}

// Readers, writers and one that damages, all on the same few entries.
bool hammer(const fs::path& folder, unsigned seed) {
    KernelCache cache(folder, 20000);
    unsigned state = seed * 2654435761u + 1;
    for (int i = 0; i < 300; ++i) {
        state = state * 1664525u + 1013904223u;
        const std::string source(1 + (state >> 16) % 9, static_cast<char>('a' + (state >> 8) % 9));
        if (cache.get(key_of(source), [&] { return binary_of(source); }) != binary_of(source)) return false;
        if ((state >> 24) % 8 == 0) {
            std::error_code ignored;
            fs::resize_file(cache.path(key_of(source)), (state >> 20) % 500, ignored);
        }
    }
    return true;
}

TEST(KernelCache, ThreadsAndProcessesShareIt) {
    const test::TempDir folder;
    std::vector<pid_t> children;
    for (unsigned p = 0; p < 4; ++p) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) _exit(hammer(folder.path(), p) ? 0 : 1);
        children.push_back(child);
    }
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) threads.emplace_back([&, t] { wrong += hammer(folder.path(), 10 + t) ? 0 : 1; });
    for (std::thread& thread : threads) thread.join();
    for (const pid_t child : children) {
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(wrong, 0);
    for (const auto& entry : fs::directory_iterator(folder.path())) EXPECT_EQ(entry.path().extension(), ".kernel");
}

TEST(KernelCache, FindsItsFolder) {
    const auto with = [](const char* own, const char* cache, const char* home) {
        const auto set = [](const char* name, const char* value) {
            value != nullptr ? setenv(name, value, 1) : unsetenv(name);
        };
        const char* before = std::getenv("HOME");
        const std::string kept = before != nullptr ? before : "";
        set("HEDDLE_CACHE_DIR", own);
        set("XDG_CACHE_HOME", cache);
        set("HOME", home);
        const fs::path folder = KernelCache::default_folder();
        set("HEDDLE_CACHE_DIR", nullptr);
        set("XDG_CACHE_HOME", nullptr);
        set("HOME", kept.c_str());
        return folder;
    };
    EXPECT_EQ(with("/own", "/cache", "/home/me"), "/own");
    EXPECT_EQ(with("", "/cache", "/home/me"), "");
    EXPECT_EQ(with(nullptr, "/cache", "/home/me"), "/cache/heddle/kernels");
    EXPECT_EQ(with(nullptr, "relative", "/home/me"), "/home/me/.cache/heddle/kernels");
    EXPECT_EQ(with(nullptr, nullptr, "/home/me"), "/home/me/.cache/heddle/kernels");
    EXPECT_EQ(with(nullptr, nullptr, nullptr), "");
}

}  // namespace
}  // namespace heddle::expr
