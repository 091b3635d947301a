#include "host/io/metadata.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

#include "host/io/output_impl.hpp"
#include "tests/io/make.hpp"

namespace heddle::test {
namespace {

// A netCDF-4 like source: t(time, lat) with its two scales, packing and text.
class Metadata : public testing::Test {
protected:
    Metadata() {
        const auto file = new_file(source);
        const auto values = counted<float>(12);
        const auto hours = counted<std::int32_t>(4, 100);
        const auto degrees = counted<double>(3, -1.0);
        put(file.get(), "t", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {4, 3}, values.data());
        put(file.get(), "time", H5T_STD_I32BE, H5T_NATIVE_INT32, {4}, hours.data());
        put(file.get(), "lat", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {3}, degrees.data());
        const auto t = io::h5::open_dataset(file.get(), "t", H5P_DEFAULT);
        const auto time = io::h5::open_dataset(file.get(), "time", H5P_DEFAULT);
        const auto lat = io::h5::open_dataset(file.get(), "lat", H5P_DEFAULT);
        const float fill = -99, scale = 0.5;
        put_attribute(t.get(), "_FillValue", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {1}, &fill);
        put_attribute(t.get(), "scale_factor", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {}, &scale);
        io::write_text_attribute(t.get(), "units", "K");
        io::write_text_attribute(t.get(), "long", std::string(100000, 'x'));
        io::write_text_attribute(time.get(), "units", "hours since 2000-01-01");
        H5DSset_scale(time.get(), "time");
        H5DSset_scale(lat.get(), "This is a netCDF dimension but not a netCDF variable.         3");
        H5DSattach_scale(t.get(), time.get(), 0);
        H5DSattach_scale(t.get(), lat.get(), 1);
        H5DSset_label(t.get(), 1, "latitude");
    }

    io::OutputDataset add(io::OutputFile& out, const std::string& name, const Shape& shape,
                          const std::vector<io::AxisOrigin>& axes) {
        const auto result = out.create({.name = name, .dtype = DType::float64, .shape = shape});
        EXPECT_TRUE(io::copy_attributes(*t, out, result).empty());
        EXPECT_EQ(io::copy_dimension_scales(*t, out, result, axes), std::vector<std::string>{});
        return result;
    }
    // The path of the scale of an axis in the output.
    std::string scale_of(const std::string& name, unsigned axis) {
        const auto x = open(target, name);
        std::string found;
        io::LibraryLock lock;
        H5DSiterate_scales(
            x->id(), axis, nullptr,
            [](hid_t, unsigned, hid_t scale, void* out) {
                *static_cast<std::string*>(out) = io::h5::object_name(scale);
                return 0;
            },
            &found);
        return found;
    }

    std::string label_of(const std::string& name, unsigned axis) {
        const auto x = open(target, name);
        char label[32] = "";
        io::LibraryLock lock;
        H5DSget_label(x->id(), axis, label, sizeof label);
        return label;
    }

    TempDir folder;
    std::filesystem::path source = folder / "in.nc", target = folder / "out.h5";
    std::shared_ptr<io::Dataset> t{nullptr};
    void SetUp() override { t = open(source, "t"); }
};

TEST_F(Metadata, AttributesComeAlongWithoutPacking) {
    io::OutputFile out({target.string()});
    add(out, "r", {4, 3}, {});
    out.commit();
    const auto r = open(target, "r");
    std::vector<std::string> names;
    for (const auto& a : r->attributes()) names.push_back(a.name);
    EXPECT_EQ(names, (std::vector<std::string>{"long", "units"}));
    EXPECT_EQ(r->attribute("units")->text, std::vector<std::string>{"K"});
    EXPECT_EQ(r->attribute("long")->text[0].size(), 100000u);
}

TEST_F(Metadata, ScalesFollowTheSelection) {
    io::OutputFile out({target.string()});
    add(out, "r", {3, 2},
        {{.source_axis = 1, .result_axis = 0, .start = 2, .step = -1, .count = 3},
         {.source_axis = 0, .result_axis = 1, .start = 1, .step = 2, .count = 2}});
    out.commit();
    EXPECT_EQ(scale_of("r", 0), "/lat");
    EXPECT_EQ(scale_of("r", 1), "/time");
    EXPECT_EQ(label_of("r", 0), "latitude");
    EXPECT_EQ(label_of("r", 1), "");
    EXPECT_EQ(read_all<double>(*open(target, "lat")), (std::vector<double>{1, 0, -1}));
    EXPECT_EQ(read_all<std::int32_t>(*open(target, "time")), (std::vector<std::int32_t>{101, 103}));
    EXPECT_EQ(open(target, "time")->stored_type(), "int32 big-endian");
    EXPECT_EQ(open(target, "time")->attribute("units")->text[0], "hours since 2000-01-01");
    EXPECT_EQ(open(target, "lat")->attribute("NAME")->text[0],
              "This is a netCDF dimension but not a netCDF variable.         3");
}

TEST_F(Metadata, SharedScaleIsWrittenOnceAndAnotherSelectionApart) {
    io::OutputFile out({target.string()});
    const io::AxisOrigin all{.source_axis = 0, .result_axis = 0, .start = 0, .step = 1, .count = 4};
    add(out, "a", {4}, {all});
    add(out, "b", {4}, {all});
    io::AxisOrigin some{.source_axis = 0, .result_axis = 0};
    some.indices = {3, 0, 3};
    add(out, "c", {3}, {some});
    out.commit();
    EXPECT_EQ(scale_of("a", 0), "/time");
    EXPECT_EQ(scale_of("b", 0), "/time");
    EXPECT_EQ(scale_of("c", 0), "/time_2");
    EXPECT_EQ(read_all<std::int32_t>(*open(target, "time_2")), (std::vector<std::int32_t>{103, 100, 103}));
}

TEST_F(Metadata, ScaleThatIsThereAlreadyIsUsedAgain) {
    const io::AxisOrigin all{.source_axis = 0, .result_axis = 0, .start = 0, .step = 1, .count = 4};
    for (const auto* name : {"a", "b"}) {
        io::OutputFile out({target.string(), "/g", io::Overwrite::refuse, {}});
        add(out, name, {4}, {all});
        out.commit();
    }
    EXPECT_EQ(scale_of("/g/a", 0), "/g/time");
    EXPECT_EQ(scale_of("/g/b", 0), "/g/time");
}

TEST_F(Metadata, ScaleOfAnotherLengthIsReported) {
    io::OutputFile out({target.string()});
    const auto r = out.create({.name = "r", .dtype = DType::float64, .shape = {5}});
    const auto lines = io::copy_dimension_scales(*t, out, r, {{.source_axis = 0, .result_axis = 0, .count = 4}});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("'time'"), std::string::npos) << lines[0];
}

TEST_F(Metadata, ProvenanceNamesWhatChangesTheValues) {
    io::OutputFile out({target.string()});
    const auto r = out.create({.name = "r", .dtype = DType::float32, .shape = {1}});
    io::write_provenance(out, r, {"t", {"t=in.nc:/t"}, "0.1.0", true, DType::float32});
    out.commit();
    const auto json = nlohmann::json::parse(open(target, "r")->attribute("heddle_provenance")->text[0]);
    EXPECT_EQ(json["cf"], true);
    EXPECT_EQ(json["dtype"], "float32");
}

TEST_F(Metadata, ProvenanceIsJson) {
    io::OutputFile out({target.string()});
    const auto r = out.create({.name = "r", .dtype = DType::float64, .shape = {1}});
    io::write_provenance(out, r, {"-log(\"a\")", {"a=in\xff.nc:/t"}, "0.1.0"});
    const double gain = 2.5;
    out.set_attribute(std::nullopt, "gain", DType::float64, {}, &gain);
    out.commit();
    const auto json = nlohmann::json::parse(open(target, "r")->attribute("heddle_provenance")->text[0]);
    EXPECT_EQ(json["expression"], "-log(\"a\")");
    EXPECT_EQ(json["heddle"], "0.1.0");
    EXPECT_EQ(json["inputs"].size(), 1u);
    EXPECT_FALSE(json.contains("cf"));
    EXPECT_FALSE(json.contains("dtype"));
    EXPECT_EQ(io::attribute_of(io::InputFile::open(target.string())->locate("/"), "gain").as_double(), 2.5);
}

}  // namespace
}  // namespace heddle::test
