// What goes to which stream, and what happens when a stream is gone.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/cli/sample.hpp"

namespace heddle::test {
namespace {

TEST(Streams, AReaderThatGoesAwayDoesNotStopTheWork) {
    const Workplace place;
    place.write("job.toml", "[inputs]\na = \"/a\"\n[outputs]\nx = \"a + 1\"\n[write]\nfile = \"{stem}_out.h5\"\n");
    const auto run = place.shell(
        "cp small.h5 b.h5; cp small.h5 c.h5; (heddle run job.toml small.h5 b.h5 c.h5; echo $? >status) | true");
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(read_text(place / "status"), "0\n");
    for (const auto* name : {"small_out.h5", "b_out.h5", "c_out.h5"})
        EXPECT_TRUE(std::filesystem::exists(place / name));
    const auto info = place.shell("(heddle info small.h5; echo $? >status) | true");
    EXPECT_EQ(info.err, "");
    EXPECT_EQ(read_text(place / "status"), "0\n");
}

TEST(Streams, AFullStandardOutputIsAnError) {
    const Workplace place;
    const auto result = place.shell("heddle info small.h5 >/dev/full");
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("error: cannot write to standard output"), std::string::npos) << result.err;
}

TEST(Streams, NoProgressWithoutATerminal) {
    const Workplace place;
    const auto result = place.heddle({"eval", "x = a + 1", "a=small.h5:/a", "-o", "o.h5"});
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(place.heddle({"eval", "x = a + 1", "a=small.h5:/a", "-o", "q.h5", "--quiet"}).out, "");
}

TEST(Streams, ProgressOnATerminalIsClearedAtTheEnd) {
    const Workplace place;
    const std::string job = "heddle eval 's = sum(sin(arange(0., 1e7, 1.)) * cos(arange(0., 1e7, 1.)))'";
    const auto drawn = place.shell("script -qec \"" + job + "\" /dev/null");
    if (drawn.out.find("MB/s") == std::string::npos)
        EXPECT_EQ(drawn.out.find("\033["), std::string::npos) << drawn.out;  // over before the first drawing
    else
        EXPECT_NE(drawn.out.find("\r\033[Ks = "), std::string::npos) << drawn.out;
    EXPECT_EQ(drawn.status, 0) << drawn.out;
    const auto quiet = place.shell("script -qec \"" + job + " --quiet\" /dev/null");
    EXPECT_EQ(quiet.out.find("MB/s"), std::string::npos) << quiet.out;
    const auto dumb = place.shell("TERM=dumb script -qec \"" + job + "\" /dev/null");
    EXPECT_EQ(dumb.out.find("MB/s"), std::string::npos) << dumb.out;
}

TEST(Streams, RatioOfACompressedDataset) {
    const Workplace place;
    const auto tree = nlohmann::json::parse(place.heddle({"info", "small.h5:/scan/image", "--json"}).out);
    const auto& image = tree["files"][0]["objects"][0];
    EXPECT_EQ(image["bytes"], 2048);
    EXPECT_GT(image["stored_bytes"], 0);
    EXPECT_DOUBLE_EQ(image["ratio"], 2048.0 / image["stored_bytes"].get<double>());
    EXPECT_EQ(image["filters"][0]["name"], "shuffle");
}

TEST(Streams, NamesWithControlCharactersAreHarmless) {
    const Workplace place;
    const auto result = place.heddle({"info", "a\033[31mb.h5"});
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.err.find('\033'), std::string::npos);
}

TEST(Streams, MachineInformation) {
    const auto text = run_heddle({"info"});
    EXPECT_EQ(text.status, 0) << text.err;
    for (const auto* part : {"cores", "threads", "memory", "CUDA       ", "HDF5 "})
        EXPECT_NE(text.out.find(part), std::string::npos) << text.out;
    const auto json = nlohmann::json::parse(run_heddle({"info", "--json", "--quiet"}).out);
    const auto& cuda = json["devices"]["cuda"];
    if (cuda.is_string()) {
        EXPECT_EQ(cuda, "not built");
        EXPECT_NE(text.out.find("CUDA       not built\n"), std::string::npos) << text.out;
    } else {
        EXPECT_NE(text.out.find("CUDA       built with CUDA " + cuda["built_with"].get<std::string>()),
                  std::string::npos)
            << text.out;
        // Either there are devices, each on a line, or the reason why there are none.
        EXPECT_EQ(cuda["devices"].empty(), cuda["reason"].is_string()) << cuda;
        const auto reason = cuda["reason"].is_string() ? cuda["reason"].get<std::string>() : "";
        EXPECT_NE(text.out.find(reason), std::string::npos) << text.out;
        for (const auto& found : cuda["devices"]) {
            EXPECT_FALSE(cuda["driver"].is_null());
            EXPECT_GT(found["memory"], 0);
            EXPECT_NE(text.out.find(found["name"].get<std::string>() + "  "), std::string::npos) << text.out;
        }
    }
    EXPECT_GE(json["engine"]["threads"], 1);
}

TEST(Streams, ALongListOfFilesInOneRun) {
    const Workplace place;
    place.write("job.toml", "[inputs]\na = \"/a\"\n[outputs]\nx = \"a + 1\"\n[write]\nfile = \"out/{stem}.h5\"\n");
    std::string list;
    std::filesystem::create_directory(place / "in");
    std::filesystem::create_directory(place / "out");
    for (int i = 0; i < 200; ++i) {
        const auto name = "in/f" + std::to_string(i) + ".h5";
        std::filesystem::copy_file(place / "small.h5", place / name);
        list += name + "\n";
    }
    place.write("list", list + "in/missing.h5\n");
    const auto result = place.heddle({"run", "job.toml", "--files-from", "list", "--json"});
    EXPECT_EQ(result.status, 1);
    const auto json = nlohmann::json::parse(result.out);
    EXPECT_EQ(json["done"], 200);
    EXPECT_EQ(json["failed"], 1);
    EXPECT_NE(json["jobs"][200]["error"].get<std::string>().find("missing.h5"), std::string::npos);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(place / "out"), {}), 200);
}

}  // namespace
}  // namespace heddle::test
