#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "host/io/copy.hpp"
#include "host/io/metadata.hpp"
#include "host/io/output_impl.hpp"

namespace heddle::io {
namespace {

constexpr std::string_view kNetcdfDimension = "This is a netCDF dimension but not a netCDF variable.";

herr_t keep_scale(hid_t, unsigned, hid_t scale, void* list) {
    H5Iinc_ref(scale);
    Handle kept(scale);
    try {
        static_cast<std::vector<Handle>*>(list)->push_back(std::move(kept));
    } catch (...) {
        return -1;
    }
    return 0;
}

std::vector<Handle> scales_of(Id dataset, int axis) {
    std::vector<Handle> scales;
    h5::checked("H5DSiterate_scales",
                H5DSiterate_scales(dataset, static_cast<unsigned>(axis), nullptr, keep_scale, &scales));
    return scales;
}

std::int64_t count_of(const AxisOrigin& axis) {
    return axis.indices ? static_cast<std::int64_t>(axis.indices->size()) : axis.count;
}

// The same words for the same part of the same scale.
std::string key_of(Id scale, const AxisOrigin& axis) {
    const auto info = h5::object_info(scale);
    std::string key = std::to_string(info.fileno) + ":" + std::to_string(info.addr);
    if (!axis.indices)
        return key + ":" + std::to_string(axis.start) + ":" + std::to_string(axis.step) + ":" +
               std::to_string(axis.count);
    for (auto i : *axis.indices) key += "," + std::to_string(i);
    return key;
}

void select_part(Id space, const AxisOrigin& axis) {
    if (axis.indices) {
        std::vector<hsize_t> points(axis.indices->begin(), axis.indices->end());
        h5::status("H5Sselect_elements", H5Sselect_elements(space, H5S_SELECT_SET, points.size(), points.data()));
        return;
    }
    const auto lowest = axis.step > 0 ? axis.start : axis.start + (axis.count - 1) * axis.step;
    const hsize_t start = static_cast<hsize_t>(lowest), count = static_cast<hsize_t>(axis.count);
    const hsize_t stride = static_cast<hsize_t>(axis.step > 0 ? axis.step : -axis.step);
    h5::select_hyperslab(space, H5S_SELECT_SET, &start, &stride, &count);
}

// The selected values in the scale's own stored type, bit by bit.
std::vector<std::byte> read_part(Id scale, Id type, const AxisOrigin& axis) {
    const auto count = static_cast<std::size_t>(count_of(axis)), size = h5::type_size(type);
    std::vector<std::byte> values(count * size);
    if (count == 0) return values;
    const auto space = h5::dataset_space(scale);
    select_part(space.get(), axis);
    const auto memory = h5::simple_space({count});
    h5::read(scale, type, memory.get(), space.get(), values.data());
    if (!axis.indices && axis.step < 0) {
        std::vector<std::byte> turned(values.size());
        for (std::size_t i = 0; i < count; ++i)
            std::memcpy(turned.data() + i * size, values.data() + (count - 1 - i) * size, size);
        return turned;
    }
    return values;
}

std::string leaf_name(Id scale, int axis) {
    const auto path = h5::object_name(scale);
    const auto slash = path.rfind('/');
    const auto leaf = slash == std::string::npos ? path : path.substr(slash + 1);
    return leaf.empty() ? "axis" + std::to_string(axis) : leaf;
}

// The label of the scale; netCDF writes the extent of a dimension without values into it.
std::string scale_label(Id scale, std::int64_t count) {
    const auto length = H5DSget_scale_name(scale, nullptr, 0);
    if (length <= 0) return {};
    std::string label(static_cast<std::size_t>(length) + 1, '\0');
    H5DSget_scale_name(scale, label.data(), label.size());
    label.resize(static_cast<std::size_t>(length));
    if (!label.starts_with(kNetcdfDimension)) return label;
    char extent[16];
    std::snprintf(extent, sizeof extent, "%10lld", static_cast<long long>(count));
    return std::string(kNetcdfDimension) + extent;
}

bool holds_same(Id group, const std::string& name, Id type, const std::vector<std::byte>& values) {
    if (h5::object_info_at(group, name).type != H5O_TYPE_DATASET) return false;
    const auto there = h5::open_dataset(group, name, H5P_DEFAULT);
    const auto extents = h5::extents_of(h5::dataset_space(there.get()).get()).now;
    const auto size = h5::type_size(type);
    if (H5DSis_scale(there.get()) <= 0 || extents.size() != 1 || extents[0] * size != values.size() ||
        H5Tequal(h5::dataset_type(there.get()).get(), type) <= 0)
        return false;
    std::vector<std::byte> present(values.size());
    if (!present.empty()) h5::read(there.get(), type, H5S_ALL, H5S_ALL, present.data());
    return present == values;
}

// The scale's copy in the output's group: made now, or one that holds the same values already.
Handle scale_copy(Id scale, const AxisOrigin& axis, OutputFile::Impl& impl, std::vector<std::string>& left_out) {
    const auto key = key_of(scale, axis);
    if (const auto known = impl.scales.find(key); known != impl.scales.end())
        return h5::open_dataset(impl.group.get(), known->second, H5P_DEFAULT);
    const auto type = h5::copy_type(h5::dataset_type(scale).get());
    const auto values = read_part(scale, type.get(), axis);
    const auto leaf = leaf_name(scale, axis.source_axis);
    auto name = leaf;
    for (int n = 2; h5::link_exists(impl.group.get(), name); ++n) {
        if (holds_same(impl.group.get(), name, type.get(), values)) {
            impl.scales[key] = name;
            return h5::open_dataset(impl.group.get(), name, H5P_DEFAULT);
        }
        name = leaf + "_" + std::to_string(n);
    }
    const auto creation = h5::create_properties(H5P_DATASET_CREATE);
    h5::status("H5Pset_obj_track_times", H5Pset_obj_track_times(creation.get(), false));
    const auto space = h5::simple_space({static_cast<hsize_t>(count_of(axis))});
    auto copy =
        h5::create_dataset(impl.group.get(), name, type.get(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT);
    if (!values.empty()) h5::write(copy.get(), type.get(), H5S_ALL, H5S_ALL, values.data());
    for (auto& line : copy_object_attributes(scale, copy.get(), Packing::keep))
        left_out.push_back("of scale '" + leaf + "', " + line);
    const auto label = scale_label(scale, count_of(axis));
    h5::status("H5DSset_scale", H5DSset_scale(copy.get(), label.empty() ? nullptr : label.c_str()));
    impl.scales[key] = name;
    return copy;
}

// Why the scale cannot go along; empty when it can.
std::string obstacle(Id scale, std::int64_t source_extent, std::int64_t result_extent, const AxisOrigin& axis) {
    const auto extents = h5::extents_of(h5::dataset_space(scale).get()).now;
    if (extents.size() != 1) return "it has " + std::to_string(extents.size()) + " dimensions";
    if (static_cast<std::int64_t>(extents[0]) != source_extent) return "its length is not that of its axis";
    if (count_of(axis) != result_extent) return "the result's axis has another length";
    const auto type = h5::dataset_type(scale);
    if (H5Tdetect_class(type.get(), H5T_REFERENCE) > 0 || H5Tdetect_class(type.get(), H5T_VLEN) > 0 ||
        H5Tis_variable_str(type.get()) > 0)
        return "its type is " + describe_type(type.get());
    return {};
}

// The name that H5DSset_label gave to the axis.
void copy_label(Id from, Id to, const AxisOrigin& axis) {
    if (!h5::attribute_exists(from, "DIMENSION_LABELS")) return;
    const auto source = static_cast<unsigned>(axis.source_axis);
    const auto length = h5::checked("H5DSget_label", H5DSget_label(from, source, nullptr, 0));
    if (length <= 0) return;
    std::string label(static_cast<std::size_t>(length) + 1, '\0');
    h5::checked("H5DSget_label", H5DSget_label(from, source, label.data(), label.size()));
    h5::status("H5DSset_label", H5DSset_label(to, static_cast<unsigned>(axis.result_axis), label.c_str()));
}

void attach_axis(const Dataset& from, OutputFile::Impl& impl, const OutputEntry& entry, const AxisOrigin& axis,
                 std::vector<std::string>& left_out) {
    for (const auto& scale : scales_of(from.id(), axis.source_axis)) {
        const auto reason =
            obstacle(scale.get(), from.shape()[axis.source_axis], entry.spec.shape[axis.result_axis], axis);
        if (!reason.empty()) {
            left_out.push_back("scale '" + leaf_name(scale.get(), axis.source_axis) + "': " + reason);
            continue;
        }
        const auto copy = scale_copy(scale.get(), axis, impl, left_out);
        h5::status("H5DSattach_scale",
                   H5DSattach_scale(entry.id.get(), copy.get(), static_cast<unsigned>(axis.result_axis)));
    }
}

}  // namespace

std::vector<std::string> copy_dimension_scales(const Dataset& from, OutputFile& file, OutputDataset to,
                                               const std::vector<AxisOrigin>& axes) {
    auto& impl = file.impl();
    std::vector<std::string> left_out;
    impl.attempt([&] {
        const auto& entry = impl.entry(to);
        const auto stored_rank = h5::extents_of(h5::dataset_space(from.id()).get()).now.size();
        for (const auto& axis : axes) {
            if (static_cast<std::size_t>(axis.source_axis) >= stored_rank) continue;  // of an array element type
            try {
                copy_label(from.id(), entry.id.get(), axis);
                attach_axis(from, impl, entry, axis, left_out);
            } catch (const CallFailure& failure) {
                left_out.push_back("scales of axis " + std::to_string(axis.source_axis) + ": " + failure.reason());
            }
        }
        impl.check_sink();
    });
    return left_out;
}

}  // namespace heddle::io
