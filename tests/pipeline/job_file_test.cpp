#include "host/pipeline/job_file.hpp"

#include <gtest/gtest.h>

#include "heddle/error.hpp"

namespace heddle::pipeline {
namespace {

constexpr std::string_view kWhole = R"toml(
title = "Flat-field correction"
files = ["scans/*.h5", "more.h5"]

[outputs]
mu = "-log((raw - d) / (f - d))"
t = { expression = "(raw - d) / (f - d)", dtype = "float32", chunks = [1, 2, 3], gzip = 4, shuffle = true }

[inputs]
raw = "/exchange/data"
flat = "{dir}/flat.h5:/exchange/data_white"
dark = { file = "dark.h5", dataset = "/exchange/data_dark" }
gain = "/exchange/data@gain"
offset = 0.5
count = 3
flag = true

[lets]
f = "mean(flat, 0)"
d = "mean(dark, 0)"
two = 2

[write]
file = "{dir}/{stem}_mu.h5"
group = "result"
dtype = "f4"
fletcher32 = true

[options]
cf = true
lock = false
threads = 2
memory = "1GiB"
)toml";

TEST(JobFile, ReadsEveryKey) {
    const auto file = parse_job(kWhole, "job.toml");
    const auto& job = file.job;
    EXPECT_EQ(job.title, "Flat-field correction");
    EXPECT_EQ(file.files, (std::vector<std::string>{"scans/*.h5", "more.h5"}));
    ASSERT_EQ(job.inputs.size(), 7u);
    EXPECT_EQ(job.inputs[0].name, "raw");
    EXPECT_EQ(std::get<Location>(job.inputs[0].source).file, "");
    EXPECT_EQ(std::get<Location>(job.inputs[1].source).file, "{dir}/flat.h5");
    EXPECT_EQ(std::get<Location>(job.inputs[2].source).path, "/exchange/data_dark");
    EXPECT_EQ(std::get<Location>(job.inputs[3].source).attribute, "gain");
    EXPECT_EQ(std::get<Constant>(job.inputs[4].source), Constant(0.5));
    EXPECT_EQ(std::get<Constant>(job.inputs[5].source), Constant(std::int64_t{3}));
    EXPECT_EQ(std::get<Constant>(job.inputs[6].source), Constant(true));
    EXPECT_EQ(job.program,
              "f = mean(flat, 0)\nd = mean(dark, 0)\ntwo = 2\nmu = -log((raw - d) / (f - d))\n"
              "t = (raw - d) / (f - d)\n");
    EXPECT_EQ(job.results, (std::vector<std::string>{"mu", "t"}));
    EXPECT_EQ(job.output->file, "{dir}/{stem}_mu.h5");
    EXPECT_EQ(job.output->group, "/result");
    EXPECT_EQ(job.output->format.dtype, DType::float32);
    EXPECT_EQ(job.output->format.fletcher32, true);
    EXPECT_EQ(job.output->overwrite, Overwrite::refuse);
    EXPECT_EQ(job.output->formats.at("t").chunks, Shape({1, 2, 3}));
    EXPECT_EQ(job.output->formats.at("t").gzip, 4);
    EXPECT_EQ(job.cf, Cf::decode);
    EXPECT_EQ(job.lock, FileLock::no);
    EXPECT_EQ(file.threads, 2);
    EXPECT_EQ(file.memory, std::uint64_t{1} << 30);
}

TEST(JobFile, OverridesTakeTheirPlace) {
    const std::vector<Override> set{parse_override("offset=2"),        parse_override("write.gzip=9"),
                                    parse_override("lets.f=flat[0]"),  parse_override("raw=a.h5:/x"),
                                    parse_override("write.file=o.h5"), parse_override("files=[\"one.h5\"]"),
                                    parse_override("lets.two=3"),      parse_override("write.dtype=int16")};
    const auto file = parse_job(kWhole, "job.toml", set);
    EXPECT_EQ(std::get<Constant>(file.job.inputs[4].source), Constant(std::int64_t{2}));
    EXPECT_EQ(file.job.output->format.gzip, 9);
    EXPECT_EQ(file.job.output->format.dtype, DType::int16);
    EXPECT_EQ(file.job.output->file, "o.h5");
    EXPECT_EQ(file.files, (std::vector<std::string>{"one.h5"}));
    EXPECT_EQ(std::get<Location>(file.job.inputs[0].source).file, "a.h5");
    EXPECT_TRUE(file.job.program.starts_with("f = flat[0]\nd = mean(dark, 0)\ntwo = 3\n")) << file.job.program;
}

struct Bad {
    const char *name, *text;
    std::vector<std::string> parts;  // of the message
};
const Bad kBad[] = {
    {"toml", "a = [1,\nb", {"job.toml:2:1", "not TOML"}},
    {"duplicate_key", "title = \"a\"\ntitle = \"b\"", {"job.toml:2", "not TOML"}},
    {"unknown_table", "[input]\nx = 1", {"job.toml:1: input", "unknown key", "did you mean 'inputs'?"}},
    {"unknown_write", "[write]\nfiel = \"x\"", {"job.toml:2: write.fiel", "did you mean 'file'?"}},
    {"unknown_option", "[options]\nthread = 1", {"job.toml:2: options.thread", "did you mean 'threads'?"}},
    {"title_type", "title = 3", {"job.toml:1: title", "a text is expected", "a whole number"}},
    {"files_type", "files = 3", {"job.toml:1: files", "list of texts"}},
    {"files_item", "files = [\"a\", 3]", {"job.toml:1: files", "a text is expected"}},
    {"table_type", "inputs = 3", {"job.toml:1: inputs", "a table is expected"}},
    {"input_name", "[inputs]\n\"a b\" = 3", {"job.toml:2: inputs.a b", "no name"}},
    {"input_form", "[inputs]\na = \"scan.h5\"", {"job.toml:2: inputs.a", "neither a dataset nor a number"}},
    {"input_table", "[inputs]\na = { file = \"x.h5\" }", {"job.toml:2: inputs.a", "the dataset is missing"}},
    {"input_key", "[inputs]\na = { path = \"/x\" }", {"inputs.a.path", "known are: file, dataset, attribute"}},
    {"input_date", "[inputs]\na = 2020-01-01", {"job.toml:2: inputs.a", "a date"}},
    {"let_syntax", "[lets]\na = \"1 +\"", {"job.toml:2: lets.a", "column 4"}},
    {"let_assigns", "[lets]\na = \"b = 1\"", {"job.toml:2: lets.a", "one expression is expected"}},
    {"let_two", "[lets]\na = \"1; 2\"", {"job.toml:2: lets.a"}},
    {"let_empty", "[lets]\na = \"\"", {"job.toml:2: lets.a"}},
    {"let_type", "[lets]\na = [1]", {"job.toml:2: lets.a", "an expression is expected"}},
    {"output_none", "[inputs]\na = 1", {"no outputs", "[outputs]"}},
    {"output_no_expression", "[outputs]\na = { gzip = 1 }", {"outputs.a", "the expression is missing"}},
    {"output_key", "[outputs]\na = { expresion = \"1\" }", {"did you mean 'expression'?"}},
    {"no_file", "[outputs]\na = \"1\"", {"write.file"}},
    {"dtype", "[write]\ndtype = \"float31\"", {"job.toml:2: write.dtype", "float31", "float32"}},
    {"gzip_range", "[write]\ngzip = 10", {"job.toml:2: write.gzip", "from 0 to 9"}},
    {"gzip_type", "[write]\ngzip = \"high\"", {"job.toml:2: write.gzip", "a whole number is expected"}},
    {"shuffle", "[write]\nshuffle = 1", {"job.toml:2: write.shuffle", "true or false"}},
    {"chunks_text", "[write]\nchunks = \"some\"", {"job.toml:2: write.chunks", "some"}},
    {"chunks_zero", "[write]\nchunks = [0, 1]", {"job.toml:2: write.chunks", "out of range"}},
    {"chunks_empty", "[write]\nchunks = []", {"job.toml:2: write.chunks", "empty"}},
    {"chunks_many", "[write]\nchunks = [1,1,1,1,1,1,1,1,1]", {"9 extents"}},
    {"memory", "[options]\nmemory = \"much\"", {"job.toml:2: options.memory", "much"}},
    {"threads", "[options]\nthreads = 0", {"job.toml:2: options.threads", "out of range"}},
    {"name_twice", "[inputs]\na = 1\n[outputs]\na = \"2\"\n[write]\nfile = \"x\"", {"'a' is given twice"}},
    {"empty_file", "[write]\nfile = \"\"", {"job.toml:2: write.file", "empty"}},
};

class BadJob : public testing::TestWithParam<Bad> {};
TEST_P(BadJob, SaysWhereAndWhat) {
    try {
        parse_job(GetParam().text, "job.toml");
        FAIL() << "accepted";
    } catch (const Error& error) {
        for (const auto& part : GetParam().parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << "\nlacks " << part;
        EXPECT_FALSE(error.remedy().empty()) << error.what();
    }
}
INSTANTIATE_TEST_SUITE_P(Table, BadJob, testing::ValuesIn(kBad),
                         [](const testing::TestParamInfo<Bad>& bad) { return bad.param.name; });

TEST(JobFile, RefusesBadOverrides) {
    for (const auto* bad : {"gzip", "=3", ".x=3", "x.=3", "a..b=1"})
        EXPECT_THROW(parse_override(bad), ArgumentError) << bad;
    EXPECT_THROW(parse_job(kWhole, "job.toml", {{"title.x", "1"}}), ArgumentError);
    EXPECT_THROW(parse_job(kWhole, "job.toml", {{"write.gzip", "10"}}), ArgumentError);
    EXPECT_THROW(parse_job(kWhole, "job.toml", {{"lets.f", "1 +"}}), ParseError);
}

}  // namespace
}  // namespace heddle::pipeline
