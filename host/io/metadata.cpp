#include "host/io/metadata.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "host/io/copy.hpp"
#include "host/io/output_impl.hpp"

namespace heddle::io {
namespace {

// Of another type's packing, these would turn computed values into NaN or scale them again.
constexpr std::array<std::string_view, 9> kPacking{"scale_factor",  "add_offset",  "_FillValue",
                                                   "missing_value", "_Unsigned",   "valid_min",
                                                   "valid_max",     "valid_range", "actual_range"};

// What libraries keep to themselves: references to objects of the source file, and netCDF's numbering.
constexpr std::array<std::string_view, 11> kBookkeeping{
    "DIMENSION_LIST",      "REFERENCE_LIST", "CLASS",       "NAME",        "DIMENSION_LABELS", "_Netcdf4Dimid",
    "_Netcdf4Coordinates", "_NCProperties",  "_nc3_strict", "_ChunkSizes", "heddle_provenance"};

bool is_bookkeeping(std::string_view name) {
    return std::find(kBookkeeping.begin(), kBookkeeping.end(), name) != kBookkeeping.end();
}
bool is_packing(std::string_view name) { return std::find(kPacking.begin(), kPacking.end(), name) != kPacking.end(); }

void copy_one(Id from, const std::string& name, Id to) {
    const auto source = h5::open_attribute(from, name);
    const auto type = h5::copy_type(h5::attribute_type(source.get()).get());
    const auto space = h5::attribute_space(source.get());
    if (h5::attribute_exists(to, name)) h5::remove_attribute(to, name);
    const auto copy = h5::create_attribute(to, name, type.get(), space.get());
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) return;
    const auto count = static_cast<std::size_t>(
        h5::checked("H5Sget_simple_extent_npoints", H5Sget_simple_extent_npoints(space.get())));
    if (count == 0) return;
    if (count > kMaxCopiedBytes / h5::type_size(type.get()))
        throw CallFailure("", "it claims to be larger than any attribute");
    std::vector<std::byte> values(count * h5::type_size(type.get()));
    h5::read_attribute(source.get(), type.get(), values.data());
    const auto written = H5Awrite(copy.get(), type.get(), values.data());
    if (has_variable_parts(type.get())) H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, values.data());
    h5::checked("H5Awrite", written);
}

}  // namespace

bool has_variable_parts(Id type) {
    return H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tis_variable_str(type) > 0 || H5Tdetect_class(type, H5T_STRING) > 0;
}

std::vector<std::string> copy_object_attributes(Id from, Id to, Packing packing) {
    std::vector<std::string> left_out;
    for (const auto& name : h5::attribute_names(from)) {
        if (is_bookkeeping(name) || (packing == Packing::drop && is_packing(name))) continue;
        try {
            const auto type = h5::attribute_type(h5::open_attribute(from, name).get());
            if (H5Tdetect_class(type.get(), H5T_REFERENCE) > 0)
                left_out.push_back("attribute '" + name + "' is left out: it refers to objects of its own file");
            else
                copy_one(from, name, to);
        } catch (const CallFailure& failure) {
            left_out.push_back("attribute '" + name + "' is left out: " + failure.reason());
        }
    }
    return left_out;
}

std::vector<std::string> copy_attributes(const Dataset& from, OutputFile& file, OutputDataset to) {
    auto& impl = file.impl();
    return impl.attempt([&] {
        auto left_out = copy_object_attributes(from.id(), impl.entry(to).id.get(), Packing::drop);
        impl.check_sink();
        return left_out;
    });
}

void write_provenance(OutputFile& file, OutputDataset to, const Provenance& provenance) {
    nlohmann::ordered_json text{{"expression", provenance.expression}, {"inputs", provenance.inputs}};
    if (provenance.cf) text["cf"] = true;
    if (provenance.dtype) text["dtype"] = name_of(*provenance.dtype);
    text["heddle"] = provenance.version;
    // Names of files are bytes: what is not UTF-8 must not make the result fail.
    file.set_attribute(to, "heddle_provenance", text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace heddle::io
