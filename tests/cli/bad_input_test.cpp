// Wrong usage and bad input: one clear message, the exit status, nothing written.
#include <gtest/gtest.h>

#include "tests/cli/sample.hpp"
#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

constexpr int kFailed = 1, kUsage = 2;

struct BadCase {
    std::string name;
    std::vector<std::string> arguments;
    int status;
    std::vector<std::string> parts;  // of the message
};

std::vector<BadCase> command_line_cases() {
    return {
        {"NoCommand", {}, kUsage, {"no command", "heddle help"}},
        {"UnknownCommand", {"evla"}, kUsage, {"no command 'evla'", "did you mean 'eval'?"}},
        {"UnknownOption", {"eval", "1", "--thread", "2"}, kUsage, {"--thread", "did you mean '--threads'?"}},
        {"UnknownShortOption", {"eval", "1", "-q"}, kUsage, {"-q"}},
        {"NoExpression", {"eval"}, kUsage, {"EXPRESSION", "heddle help eval"}},
        {"ThreadsZero", {"eval", "1", "--threads", "0"}, kUsage, {"--threads"}},
        {"ThreadsWord", {"eval", "1", "--threads", "all"}, kUsage, {"--threads"}},
        {"ThreadsMissing", {"eval", "1", "--threads"}, kUsage, {"--threads"}},
        {"DeviceUnknown", {"eval", "1", "--device", "gpu"}, kUsage, {"unknown device 'gpu'", "'cuda'"}},
        {"DeviceEmpty", {"eval", "1", "--device", ""}, kUsage, {"--device", "a device is named"}},
        {"DeviceMissing", {"eval", "1", "--device", "cuda:99"}, kUsage, {"cuda"}},
        {"MemoryWord", {"eval", "1", "--memory", "lots"}, kUsage, {"'lots' is not an amount of memory", "256M"}},
        {"MemoryNegative", {"eval", "1", "--memory=-5M"}, kUsage, {"'-5M'"}},
        {"MemoryZero", {"eval", "1", "--memory", "0"}, kUsage, {"--memory 0"}},
        {"GzipTooHigh", {"eval", "1", "-o", "x.h5", "--gzip", "10"}, kUsage, {"--gzip"}},
        {"DtypeUnknown", {"eval", "1", "-o", "x.h5", "--dtype", "float33"}, kUsage, {"float33", "float32"}},
        {"ChunksWord", {"eval", "1", "-o", "x.h5", "--chunks", "big"}, kUsage, {"'big'", "1,2048,2048"}},
        {"ChunksZero", {"eval", "1", "-o", "x.h5", "--chunks", "0,4"}, kUsage, {"'0,4'", "at least 1"}},
        {"ContiguousGzip",
         {"eval", "1", "-o", "x.h5", "--chunks", "contiguous", "--gzip", "1"},
         kUsage,
         {"contiguous", "--chunks auto"}},
        {"ContiguousShuffle", {"eval", "1", "-o", "x.h5", "--chunks", "contiguous", "--shuffle"}, kUsage, {"shuffle"}},
        {"ContiguousJob",
         {"run", "job.toml", "small.h5", "--chunks", "contiguous", "--fletcher32"},
         kUsage,
         {"'x'", "contiguous"}},
        {"StorageWithoutOutput", {"eval", "1", "--gzip", "1"}, kUsage, {"need an output", "-o"}},
        {"HelpUnknown", {"help", "evall"}, kUsage, {"no help on 'evall'", "did you mean 'eval'?"}},
        {"VersionArgument", {"version", "now"}, kUsage, {"now"}},
        {"StatsNothing", {"stats"}, kUsage, {"heddle stats FILE:PATH"}},
        {"StatsRange", {"stats", "small.h5:/a", "--range", "5"}, kUsage, {"'5' is not a range"}},
        {"StatsRangeOrder", {"stats", "small.h5:/a", "--range", "5,1"}, kUsage, {"'5,1' is not a range"}},
        {"StatsBins", {"stats", "small.h5:/a", "--bins", "1001"}, kUsage, {"--bins"}},
        {"RunNothing", {"run"}, kUsage, {"JOB", "heddle help run"}},
    };
}

std::vector<BadCase> input_cases() {
    return {
        {"InputNoEquals", {"eval", "a", "small.h5"}, kUsage, {"'small.h5' is not an input", "NAME=FILE:PATH"}},
        {"InputNoName", {"eval", "a", "=small.h5:/a"}, kUsage, {"not a name"}},
        {"InputBadName", {"eval", "a", "1a=small.h5:/a"}, kUsage, {"'1a' is not a name"}},
        {"InputEmpty", {"eval", "a", "a="}, kUsage, {"has no value"}},
        {"InputNoPath", {"eval", "a", "a=small.h5"}, kUsage, {"names no dataset", "heddle info small.h5"}},
        {"InputNoPathNoFile", {"eval", "a", "a=smal.h5"}, kUsage, {"neither a dataset nor a number"}},
        {"InputTwice", {"eval", "a", "a=1", "a=2"}, kUsage, {"given twice"}},
        {"InputHuge", {"eval", "a", "a=99999999999999999999"}, kUsage, {"does not fit"}},
        {"InputEmptyAttribute", {"eval", "a", "a=small.h5:/a@"}, kUsage, {"a=small.h5:/a@", "behind the '@'"}},
        {"InputEmptyPath", {"eval", "a", "a=small.h5:"}, kUsage, {"behind the ':'"}},
        {"OutputInADataset", {"eval", "x = 1", "-o", "small.h5:/a/b"}, kFailed, {"'/a' of 'small.h5'", "not a group"}},
        {"InputNoFileAlone", {"eval", "a", "a=:/a"}, kUsage, {"input 'a' names no file", "--files-from"}},
        {"FileMissing", {"eval", "a", "a=nothere.h5:/a"}, kFailed, {"nothere.h5"}},
        {"FileFolder", {"eval", "a", "a=.:/a"}, kFailed, {"'.'"}},
        {"FileText", {"eval", "a", "a=notes.txt:/a"}, kFailed, {"notes.txt", "HDF5"}},
        {"FileTruncated", {"eval", "a", "a=broken.h5:/a"}, kFailed, {"broken.h5"}},
        {"DatasetMissing", {"eval", "a", "a=small.h5:/scan/imag"}, kFailed, {"/scan/imag", "image"}},
        {"DatasetIsGroup", {"eval", "a", "a=small.h5:/scan"}, kFailed, {"/scan", "group"}},
        {"DatasetIsText", {"eval", "a", "a=small.h5:/text"}, kFailed, {"/text", "string"}},
        {"AttributeMissing", {"eval", "g", "g=small.h5:/a@gian"}, kFailed, {"gian", "gain"}},
        {"AttributeText", {"eval", "g", "g=small.h5:/a@units"}, kFailed, {"units"}},
        {"AttributeInText", {"eval", "a * a@gian", "a=small.h5:/a"}, kFailed, {"gian", "gain"}},
        {"ListMissing", {"eval", "a", "a=:/a", "--files-from", "none.txt"}, kFailed, {"none.txt"}},
        {"StatsMissing", {"stats", "small.h5:/x"}, kFailed, {"/x"}},
        {"StatsNoHdf5", {"stats", "notes.txt"}, kFailed, {"notes.txt"}},
        {"StatsText", {"stats", "small.h5:/text"}, kFailed, {"/text"}},
        {"InfoMissing", {"info", "nothere.h5"}, kFailed, {"nothere.h5"}},
        {"InfoText", {"info", "notes.txt"}, kFailed, {"notes.txt"}},
        {"InfoTruncated", {"info", "broken.h5"}, kFailed, {"broken.h5"}},
        {"InfoPath", {"info", "small.h5:/nothing"}, kFailed, {"/nothing"}},
    };
}

std::vector<BadCase> expression_cases() {
    return {
        {"ExpressionEmpty", {"eval", ""}, kUsage, {}},
        {"ExpressionSyntax", {"eval", "a +", "a=small.h5:/a"}, kUsage, {"column 4", "^"}},
        {"ExpressionBracket", {"eval", "mean(a", "a=small.h5:/a"}, kUsage, {"column"}},
        {"ExpressionCharacter", {"eval", "a ? 1", "a=small.h5:/a"}, kUsage, {"column 3"}},
        {"ExpressionDoubleAmpersand", {"eval", "a && a", "a=small.h5:/a"}, kUsage, {"&&"}},
        {"NameUnknown", {"eval", "a + raw", "a=small.h5:/a"}, kUsage, {"'raw'"}},
        {"FunctionUnknown", {"eval", "maen(a)", "a=small.h5:/a"}, kUsage, {"maen", "mean"}},
        {"FunctionArguments", {"eval", "sqrt(a, a)", "a=small.h5:/a"}, kUsage, {"sqrt"}},
        {"FunctionKeyword", {"eval", "mean(a, axes=0)", "a=small.h5:/a"}, kUsage, {"axes", "axis"}},
        {"DivisionByZero", {"eval", "a + 1/0", "a=small.h5:/a"}, kUsage, {"column 6", "division by zero"}},
        {"PowerTooLarge", {"eval", "2**10000"}, kUsage, {"too large"}},
        {"IntegerTooLarge", {"eval", "a + 2**64", "a=small.h5:/a"}, kUsage, {"64 bits"}},
        {"StepZero", {"eval", "a[::0]", "a=small.h5:/a"}, kUsage, {"step"}},
        {"StepZeroByNumber", {"eval", "a[::k]", "a=small.h5:/a", "k=0"}, kUsage, {"step"}},
        {"AxisFraction", {"eval", "sum(a, axis=1.5)", "a=small.h5:/a"}, kUsage, {"axis"}},
        {"AxisTwice", {"eval", "sum(a, (0, 0))", "a=small.h5:/a"}, kUsage, {"axis 0"}},
        {"RowsDiffer", {"eval", "array([[1, 2], [3]])"}, kUsage, {"rows"}},
        {"ResultIsText", {"eval", "y = '3'"}, kUsage, {"column"}},
        {"AxisFarOut", {"eval", "mean(a, 7)", "a=small.h5:/a"}, kFailed, {"axis"}},
        {"IndexFarOut", {"eval", "a[500]", "a=small.h5:/a"}, kFailed, {"500"}},
        {"NumberOfType", {"eval", "a + 70000", "a=small.h5:/scan/image"}, kFailed, {"70000"}},
        {"ShapesDiffer", {"eval", "a + c", "a=small.h5:/a", "c=other.h5:/c"}, kFailed, {"(2, 3)", "(4,)"}},
        {"AxisMissing", {"eval", "mean(a, 2)", "a=small.h5:/a"}, kFailed, {"axis"}},
        {"IndexOutside", {"eval", "a[5]", "a=small.h5:/a"}, kFailed, {"5"}},
        {"MaskLength", {"eval", "a[c > 1]", "a=small.h5:/a", "c=other.h5:/c"}, kFailed, {"4"}},
        {"BitsOfFloats", {"eval", "a & 1", "a=small.h5:/a"}, kFailed, {"float64"}},
        {"MinOfNothing", {"eval", "min(a)", "a=small.h5:/none"}, kFailed, {"min"}},
    };
}

std::vector<BadCase> output_cases() {
    return {
        {"OutputExists", {"eval", "x = a", "a=small.h5:/a", "-o", "other.h5"}, kFailed, {"other.h5", "--overwrite"}},
        {"OutputIsInput",
         {"eval", "x = a", "a=small.h5:/a", "-o", "small.h5", "--overwrite"},
         kUsage,
         {"small.h5", "input"}},
        {"OutputIsInputByPath",
         {"eval", "x = a", "a=small.h5:/a", "-o", "./small.h5:/x", "--overwrite"},
         kUsage,
         {"small.h5", "input"}},
        {"OutputFolderMissing", {"eval", "x = a", "a=small.h5:/a", "-o", "no/out.h5"}, kFailed, {"no"}},
        {"OutputFolderMissingDry",
         {"eval", "x = a", "a=small.h5:/a", "-o", "no/out.h5", "--dry-run"},
         kFailed,
         {"'no/out.h5'", "make the folder first"}},
        {"OutputIsFolderPlain", {"eval", "x = a", "a=small.h5:/a", "-o", "."}, kFailed, {"folder"}},
        {"OutputIsFolder", {"eval", "x = a", "a=small.h5:/a", "-o", ".", "--overwrite"}, kFailed, {"'.'"}},
        {"OutputEmpty", {"eval", "x = a", "a=small.h5:/a", "-o", ""}, kUsage, {}},
        {"OutputIntoText", {"eval", "x = a", "a=small.h5:/a", "-o", "notes.txt:/g"}, kFailed, {"notes.txt"}},
        {"OutputTemplate", {"eval", "x = a", "a=small.h5:/a", "-o", "{stem}.h5"}, kUsage, {"{stem}"}},
        {"ChunksRank",
         {"eval", "x = a", "a=small.h5:/a", "-o", "o.h5", "--chunks", "1,2,3"},
         kFailed,
         {"(1, 2, 3)", "(2, 3)"}},
        {"JobMissing", {"run", "nojob.toml"}, kFailed, {"nojob.toml"}},
        {"JobFolder", {"run", "."}, kFailed, {"folder"}},
        {"JobNotToml", {"run", "notes.txt"}, kUsage, {"notes.txt:1", "not TOML"}},
        {"JobSet", {"run", "job.toml", "small.h5", "--set", "gzip"}, kUsage, {"--set gzip"}},
        {"JobSetUnknown",
         {"run", "job.toml", "small.h5", "--set", "write.zip=1"},
         kUsage,
         {"--set write.zip", "'gzip'"}},
        {"JobNoFiles", {"run", "job.toml"}, kUsage, {"input 'a' names no file"}},
        {"JobPattern", {"run", "pattern.toml"}, kFailed, {"none_*.h5"}},
        {"JobFileMissing", {"run", "job.toml", "nothere.h5"}, kFailed, {"nothere.h5"}},
        {"JobSameOutput", {"run", "fixed.toml", "small.h5", "other.h5"}, kUsage, {"two jobs would write", "{stem}"}},
    };
}

class BadInput : public testing::TestWithParam<BadCase> {};

TEST_P(BadInput, OneMessageAndTheStatus) {
    const Workplace place;
    place.write("job.toml", "[inputs]\na = \"/a\"\n[outputs]\nx = \"a + 1\"\n[write]\nfile = \"{stem}_out.h5\"\n");
    place.write("fixed.toml", "[inputs]\na = \"/a\"\n[outputs]\nx = \"a + 1\"\n[write]\nfile = \"out.h5\"\n");
    place.write(
        "pattern.toml",
        "files = [\"none_*.h5\"]\n[inputs]\na = \"/a\"\n[outputs]\nx = \"a\"\n[write]\nfile = \"{stem}_o.h5\"\n");
    const auto before = place.names();
    const auto small = read_text(place / "small.h5"), other = read_text(place / "other.h5");
    const auto result = place.heddle(GetParam().arguments);
    EXPECT_EQ(result.status, GetParam().status) << result.err;
    EXPECT_TRUE(result.err.starts_with("error: ")) << result.err;
    EXPECT_EQ(result.err.find("\nerror: "), std::string::npos) << "more than one message:\n" << result.err;
    for (const auto& part : GetParam().parts)
        EXPECT_NE(result.err.find(part), std::string::npos) << result.err << "\nlacks " << part;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(place.names(), before);
    EXPECT_EQ(read_text(place / "small.h5"), small);
    EXPECT_EQ(read_text(place / "other.h5"), other);
}

std::string bad_name(const testing::TestParamInfo<BadCase>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(CommandLine, BadInput, testing::ValuesIn(command_line_cases()), bad_name);
INSTANTIATE_TEST_SUITE_P(Inputs, BadInput, testing::ValuesIn(input_cases()), bad_name);
INSTANTIATE_TEST_SUITE_P(Expressions, BadInput, testing::ValuesIn(expression_cases()), bad_name);
INSTANTIATE_TEST_SUITE_P(Outputs, BadInput, testing::ValuesIn(output_cases()), bad_name);

TEST(OutputIsInput, ThroughAnExternalLink) {
    const Workplace place;
    {
        const auto file = new_file(place / "linked.h5");
        io::LibraryLock lock;
        H5Lcreate_external("other.h5", "/c", file.get(), "c", H5P_DEFAULT, H5P_DEFAULT);
    }
    const auto before = read_text(place / "other.h5");
    const auto result = place.heddle({"eval", "x = c", "c=linked.h5:/c", "-o", "other.h5", "--overwrite"});
    EXPECT_EQ(result.status, kUsage) << result.err;
    EXPECT_NE(result.err.find("the output 'other.h5' is an input"), std::string::npos) << result.err;
    EXPECT_EQ(read_text(place / "other.h5"), before);
}

}  // namespace
}  // namespace heddle::test
