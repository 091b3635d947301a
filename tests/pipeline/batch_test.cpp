#include "host/pipeline/batch.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "heddle/error.hpp"
#include "tests/support/paths.hpp"

namespace heddle::pipeline {
namespace {

Job template_job(const std::string& raw = "", const std::string& output = "{dir}/{stem}_out.h5") {
    Job job;
    job.inputs = {{"raw", Location{raw, "/data", std::nullopt}}};
    job.output = OutputSpec{};
    job.output->file = output;
    return job;
}
const Location& raw_of(const BatchItem& item) { return std::get<Location>(item.job.inputs[0].source); }

class Batch : public testing::Test {
protected:
    Batch() {
        for (const auto* name : {"a1.h5", "a2.h5", "b.h5"}) std::ofstream(folder_ / name) << "x";
    }
    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    test::TempDir folder_;
};

TEST(Template, FillsInPartsOfTheFile) {
    EXPECT_EQ(expand_template("{dir}/{stem}_x{name}", "/data/scan.01.h5"), "/data/scan.01_xscan.01.h5");
    EXPECT_EQ(expand_template("{dir}/{stem}", "scan.h5"), "./scan");
    EXPECT_EQ(expand_template("{{{stem}}}", "scan.h5"), "{scan}");
    for (const auto* bad : {"{stam}", "{", "{stem", "{}", "x{dir"})
        EXPECT_THROW(expand_template(bad, "scan.h5"), ArgumentError) << bad;
}

TEST_F(Batch, OneJobForEachFile) {
    const auto items = expand(template_job(), {{at("a1.h5"), at("b.h5"), at("a1.h5")}, {}, {}, {}});
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[1].subject, at("b.h5"));
    EXPECT_EQ(raw_of(items[1]).file, at("b.h5"));
    EXPECT_EQ(items[1].job.output->file, at("b_out.h5"));
}

TEST_F(Batch, PatternsOfFilesAndOfAnInput) {
    const auto by_files = expand(template_job(), {{}, {"a*.h5", "b.h5"}, folder_.path(), folder_.path()});
    ASSERT_EQ(by_files.size(), 3u);
    EXPECT_EQ(by_files[0].job.output->file, at("a1_out.h5"));
    const auto by_input = expand(template_job("a?.h5"), {{}, {}, folder_.path(), folder_.path()});
    ASSERT_EQ(by_input.size(), 2u);
    EXPECT_EQ(raw_of(by_input[1]).file, at("a2.h5"));
    const auto replaced = expand(template_job("a?.h5"), {{at("b.h5")}, {}, folder_.path(), folder_.path()});
    ASSERT_EQ(replaced.size(), 1u);
    EXPECT_EQ(raw_of(replaced[0]).file, at("b.h5"));
}

TEST_F(Batch, RelatedFilesAndFolders) {
    auto job = template_job();
    job.inputs.push_back({"near", Location{"{dir}/{stem}.dark", "/d", std::nullopt}});
    job.inputs.push_back({"fixed", Location{"fixed.h5", "/d", std::nullopt}});
    job.output->file = "out_{stem}.h5";
    const auto items = expand(job, {{at("a1.h5")}, {}, "/jobs", "/results"});
    EXPECT_EQ(std::get<Location>(items[0].job.inputs[1].source).file, at("a1.dark"));
    EXPECT_EQ(std::get<Location>(items[0].job.inputs[2].source).file, "/jobs/fixed.h5");
    EXPECT_EQ(items[0].job.output->file, "/results/out_a1.h5");
}

TEST_F(Batch, RefusesWhatCannotWork) {
    EXPECT_THROW(expand(template_job(), {}), ArgumentError);                                    // no file
    EXPECT_THROW(expand(template_job("fixed.h5"), {}), ArgumentError);                          // {stem} of nothing
    EXPECT_THROW(expand(template_job("fixed.h5"), {{at("b.h5")}, {}, {}, {}}), ArgumentError);  // not read
    EXPECT_THROW(expand(template_job("", "out.h5"), {{at("a1.h5"), at("a2.h5")}, {}, {}, {}}), ArgumentError);
    EXPECT_THROW(expand(template_job("", "{dir}/{name}"), {{at("a1.h5")}, {}, {}, {}}), ArgumentError);
    EXPECT_THROW(expand(template_job("", "{dir}/b.h5"), {{at("a1.h5"), at("b.h5")}, {}, {}, {}}), ArgumentError);
    EXPECT_THROW(expand(template_job(), {{}, {"none*.h5"}, folder_.path(), {}}), IoError);
    auto two = template_job("a*.h5");
    two.inputs.push_back({"more", Location{"b*.h5", "/d", std::nullopt}});
    EXPECT_THROW(expand(two, {{}, {}, folder_.path(), {}}), ArgumentError);
}

TEST_F(Batch, ReadsLists) {
    std::ofstream(folder_ / "list") << "a.h5\r\n\nb c.h5\n";
    EXPECT_EQ(read_file_list(at("list")), (std::vector<std::string>{"a.h5", "b c.h5"}));
    std::ofstream(folder_ / "empty") << "\n";
    EXPECT_THROW(read_file_list(at("empty")), IoError);
    EXPECT_THROW(read_file_list(at("missing")), IoError);
    EXPECT_THROW(read_file_list(folder_.path().string()), IoError);
}

}  // namespace
}  // namespace heddle::pipeline
