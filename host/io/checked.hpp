#pragma once

// One checked wrapper for each libhdf5 call: same order of arguments, owning results, CallFailure instead of a status.
// Every one needs the library lock.

#include <string>
#include <vector>

#include "heddle/shape.hpp"
#include "host/io/failure.hpp"
#include "host/io/handle.hpp"
#include "host/io/hdf5.hpp"

namespace heddle::io::h5 {

inline Handle own(const char* call, hid_t id) {
    if (id < 0) throw_failure(call);
    return Handle(id);
}
// For statuses, counts and three-valued answers: all of them are negative on failure.
template <class T>
T checked(const char* call, T result) {
    if (result < 0) throw_failure(call);
    return result;
}

// Files
inline Handle open_file(const std::string& path, unsigned flags, hid_t access) {
    return own("H5Fopen", H5Fopen(path.c_str(), flags, access));
}
inline Handle create_file(const std::string& path, unsigned flags, hid_t creation, hid_t access) {
    return own("H5Fcreate", H5Fcreate(path.c_str(), flags, creation, access));
}
inline void flush_file(hid_t file) { checked("H5Fflush", H5Fflush(file, H5F_SCOPE_GLOBAL)); }
inline void close_file(Handle& file) { checked("H5Fclose", H5Fclose(file.release())); }

// Objects and links
inline Handle open_object(hid_t at, const std::string& path) {
    return own("H5Oopen", H5Oopen(at, path.c_str(), H5P_DEFAULT));
}
inline Handle open_group(hid_t at, const std::string& path) {
    return own("H5Gopen2", H5Gopen2(at, path.c_str(), H5P_DEFAULT));
}
inline Handle create_group(hid_t at, const std::string& path, hid_t link_creation) {
    return own("H5Gcreate2", H5Gcreate2(at, path.c_str(), link_creation, H5P_DEFAULT, H5P_DEFAULT));
}
inline H5O_info_t object_info(hid_t object) {
    H5O_info_t info;
    checked("H5Oget_info2", H5Oget_info2(object, &info, H5O_INFO_BASIC));
    return info;
}
inline H5O_info_t object_info_at(hid_t at, const std::string& path) {
    H5O_info_t info;
    checked("H5Oget_info_by_name2", H5Oget_info_by_name2(at, path.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT));
    return info;
}
inline bool link_exists(hid_t at, const std::string& path) {
    return checked("H5Lexists", H5Lexists(at, path.c_str(), H5P_DEFAULT)) > 0;
}
inline H5L_info_t link_info(hid_t at, const std::string& path) {
    H5L_info_t info;
    checked("H5Lget_info", H5Lget_info(at, path.c_str(), &info, H5P_DEFAULT));
    return info;
}
std::string link_value(hid_t at, const std::string& path, const H5L_info_t& info);  // with embedded NULs
inline void remove_link(hid_t at, const std::string& path) {
    checked("H5Ldelete", H5Ldelete(at, path.c_str(), H5P_DEFAULT));
}
std::vector<std::string> link_names(hid_t group, std::size_t limit);
std::string object_name(hid_t object);  // empty when the library knows none

// Datasets
inline Handle open_dataset(hid_t at, const std::string& path, hid_t access) {
    return own("H5Dopen2", H5Dopen2(at, path.c_str(), access));
}
inline Handle create_dataset(hid_t at, const std::string& path, hid_t type, hid_t space, hid_t link_creation,
                             hid_t creation, hid_t access) {
    return own("H5Dcreate2", H5Dcreate2(at, path.c_str(), type, space, link_creation, creation, access));
}
inline Handle dataset_type(hid_t dataset) { return own("H5Dget_type", H5Dget_type(dataset)); }
inline Handle dataset_space(hid_t dataset) { return own("H5Dget_space", H5Dget_space(dataset)); }
inline Handle dataset_creation(hid_t dataset) { return own("H5Dget_create_plist", H5Dget_create_plist(dataset)); }
inline void read(hid_t dataset, hid_t type, hid_t memory, hid_t file, void* dst) {
    checked("H5Dread", H5Dread(dataset, type, memory, file, H5P_DEFAULT, dst));
}
inline void write(hid_t dataset, hid_t type, hid_t memory, hid_t file, const void* src) {
    checked("H5Dwrite", H5Dwrite(dataset, type, memory, file, H5P_DEFAULT, src));
}

// Dataspaces
inline Handle simple_space(const std::vector<hsize_t>& extents) {
    if (extents.empty()) return own("H5Screate", H5Screate(H5S_SCALAR));
    return own("H5Screate_simple", H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr));
}
inline void select_hyperslab(hid_t space, H5S_seloper_t how, const hsize_t* start, const hsize_t* stride,
                             const hsize_t* count) {
    checked("H5Sselect_hyperslab", H5Sselect_hyperslab(space, how, start, stride, count, nullptr));
}
// The first `rank` values.
inline std::vector<hsize_t> to_hsize(const Shape& shape, int rank) {
    std::vector<hsize_t> out(static_cast<std::size_t>(rank));
    for (int a = 0; a < rank; ++a) out[static_cast<std::size_t>(a)] = static_cast<hsize_t>(shape[a]);
    return out;
}
inline void select_none(hid_t space) { checked("H5Sselect_none", H5Sselect_none(space)); }
struct Extents {
    std::vector<hsize_t> now, max;
};
Extents extents_of(hid_t space);

// Types
inline Handle copy_type(hid_t type) { return own("H5Tcopy", H5Tcopy(type)); }
inline Handle super_type(hid_t type) { return own("H5Tget_super", H5Tget_super(type)); }
inline Handle member_type(hid_t type, unsigned member) {
    return own("H5Tget_member_type", H5Tget_member_type(type, member));
}
inline H5T_class_t type_class(hid_t type) { return checked("H5Tget_class", H5Tget_class(type)); }
inline std::size_t type_size(hid_t type) {
    const auto size = H5Tget_size(type);
    if (size == 0) throw_failure("H5Tget_size");
    return size;
}
inline unsigned member_count(hid_t type) {
    return static_cast<unsigned>(checked("H5Tget_nmembers", H5Tget_nmembers(type)));
}
std::string member_name(hid_t type, unsigned member);
inline void convert(hid_t from, hid_t to, std::size_t count, void* values) {
    checked("H5Tconvert", H5Tconvert(from, to, count, values, nullptr, H5P_DEFAULT));
}

// Property lists
inline Handle create_properties(hid_t kind) { return own("H5Pcreate", H5Pcreate(kind)); }
inline void status(const char* call, herr_t result) { checked(call, result); }

// Attributes
inline Handle open_attribute(hid_t object, const std::string& name) {
    return own("H5Aopen", H5Aopen(object, name.c_str(), H5P_DEFAULT));
}
inline Handle create_attribute(hid_t object, const std::string& name, hid_t type, hid_t space) {
    return own("H5Acreate2", H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
}
inline bool attribute_exists(hid_t object, const std::string& name) {
    return checked("H5Aexists", H5Aexists(object, name.c_str())) > 0;
}
inline void remove_attribute(hid_t object, const std::string& name) {
    checked("H5Adelete", H5Adelete(object, name.c_str()));
}
inline Handle attribute_type(hid_t attribute) { return own("H5Aget_type", H5Aget_type(attribute)); }
inline Handle attribute_space(hid_t attribute) { return own("H5Aget_space", H5Aget_space(attribute)); }
inline void read_attribute(hid_t attribute, hid_t type, void* dst) {
    checked("H5Aread", H5Aread(attribute, type, dst));
}
inline void write_attribute(hid_t attribute, hid_t type, const void* src) {
    checked("H5Awrite", H5Awrite(attribute, type, src));
}
std::vector<std::string> attribute_names(hid_t object);

}  // namespace heddle::io::h5
