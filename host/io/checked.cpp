#include "host/io/checked.hpp"

namespace heddle::io::h5 {
namespace {

struct NameList {
    std::vector<std::string> names;
    std::size_t limit;
};

// Exceptions must not pass through libhdf5's frames.
int keep_name(NameList& list, const char* name) noexcept {
    try {
        list.names.emplace_back(name);
    } catch (...) {
        return -1;
    }
    return list.names.size() >= list.limit ? 1 : 0;
}

herr_t keep_link(hid_t, const char* name, const H5L_info_t*, void* list) {
    return keep_name(*static_cast<NameList*>(list), name);
}
herr_t keep_attribute(hid_t, const char* name, const H5A_info_t*, void* list) {
    return keep_name(*static_cast<NameList*>(list), name);
}

}  // namespace

std::string link_value(hid_t at, const std::string& path, const H5L_info_t& info) {
    std::string value(info.u.val_size, '\0');
    if (value.empty()) return value;
    checked("H5Lget_val", H5Lget_val(at, path.c_str(), value.data(), value.size(), H5P_DEFAULT));
    return value;
}

std::vector<std::string> link_names(hid_t group, std::size_t limit) {
    NameList list{{}, limit};
    checked("H5Literate", H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_link, &list));
    return std::move(list.names);
}

std::string object_name(hid_t object) {
    const auto length = H5Iget_name(object, nullptr, 0);
    if (length <= 0) return {};
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    if (H5Iget_name(object, name.data(), name.size()) < 0) return {};
    name.resize(static_cast<std::size_t>(length));
    return name;
}

Extents extents_of(hid_t space) {
    const int rank = checked("H5Sget_simple_extent_ndims", H5Sget_simple_extent_ndims(space));
    Extents extents;
    extents.now.resize(static_cast<std::size_t>(rank));
    extents.max.resize(static_cast<std::size_t>(rank));
    checked("H5Sget_simple_extent_dims", H5Sget_simple_extent_dims(space, extents.now.data(), extents.max.data()));
    return extents;
}

std::string member_name(hid_t type, unsigned member) {
    char* text = H5Tget_member_name(type, member);
    if (text == nullptr) throw_failure("H5Tget_member_name");
    std::string name(text);
    H5free_memory(text);
    return name;
}

std::vector<std::string> attribute_names(hid_t object) {
    NameList list{{}, static_cast<std::size_t>(-1)};
    checked("H5Aiterate2", H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_attribute, &list));
    return std::move(list.names);
}

}  // namespace heddle::io::h5
