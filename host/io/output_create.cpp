#include <cmath>
#include <cstring>

#include "host/io/output_impl.hpp"
#include "host/io/types.hpp"

namespace heddle::io {
namespace {

constexpr std::int64_t kAutomaticChunkBytes = 1 << 20;
constexpr std::uint64_t kMaxChunkBytes = 0xffffffffu;  // the format's limit

bool is_filtered(const DatasetSpec& spec) {
    return spec.gzip >= 0 || spec.shuffle == Shuffle::on || spec.checksum == Checksum::fletcher32;
}

// A scalar and a dataset without elements have nothing to cut into chunks or to compress.
bool can_be_chunked(const DatasetSpec& spec) { return spec.shape.rank() > 0 && spec.shape.count() > 0; }

[[noreturn]] void reject(const DatasetSpec& spec, const std::string& reason, const std::string& remedy) {
    throw ArgumentError("cannot create dataset '" + spec.name + "'", reason, remedy);
}

void check_spec(const DatasetSpec& spec) {
    if (spec.name.find_first_not_of("/.") == std::string::npos) reject(spec, "it has no name", "give it one");
    if (spec.gzip < -1 || spec.gzip > 9)
        reject(spec, "there is no gzip level " + std::to_string(spec.gzip), "use a level from 0 to 9");
    if (!spec.chunk) return;
    if (spec.chunk->rank() != spec.shape.rank())
        reject(spec, "its chunk " + to_string(*spec.chunk) + " has not the rank of its shape " + to_string(spec.shape),
               "give one extent for each axis");
    for (auto e : *spec.chunk)
        if (e < 1) reject(spec, "its chunk " + to_string(*spec.chunk) + " has an empty axis", "use extents from 1 on");
}

template <class T>
bool fits(double value) {
    return std::nearbyint(value) == value && value >= static_cast<double>(std::numeric_limits<T>::min()) &&
           value < std::ldexp(1.0, std::numeric_limits<T>::digits);
}

bool fits(DType dtype, double value) {
    switch (dtype) {
        case DType::int8:
            return fits<std::int8_t>(value);
        case DType::int16:
            return fits<std::int16_t>(value);
        case DType::int32:
            return fits<std::int32_t>(value);
        case DType::int64:
            return fits<std::int64_t>(value);
        case DType::uint8:
            return fits<std::uint8_t>(value);
        case DType::uint16:
            return fits<std::uint16_t>(value);
        case DType::uint32:
            return fits<std::uint32_t>(value);
        case DType::uint64:
            return fits<std::uint64_t>(value);
        default:
            return is_float(dtype);
    }
}

void set_fill(hid_t creation, const DatasetSpec& spec) {
    if (!spec.fill) return;
    if (!fits(spec.dtype, *spec.fill))
        reject(spec, "its type " + std::string(name_of(spec.dtype)) + " has no value " + std::to_string(*spec.fill),
               "use a fill value of that type");
    const double value = *spec.fill;
    h5::status("H5Pset_fill_value", H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &value));
}

Handle creation_properties(const DatasetSpec& spec, const std::optional<Shape>& chunk) {
    auto creation = h5::create_properties(H5P_DATASET_CREATE);
    h5::status("H5Pset_obj_track_times", H5Pset_obj_track_times(creation.get(), false));  // same job, same bytes
    set_fill(creation.get(), spec);
    if (!chunk) return creation;
    h5::status("H5Pset_chunk", H5Pset_chunk(creation.get(), chunk->rank(), h5::to_hsize(*chunk, chunk->rank()).data()));
    if (spec.shuffle == Shuffle::on) h5::status("H5Pset_shuffle", H5Pset_shuffle(creation.get()));
    if (spec.gzip >= 0) h5::status("H5Pset_deflate", H5Pset_deflate(creation.get(), static_cast<unsigned>(spec.gzip)));
    if (spec.checksum == Checksum::fletcher32) h5::status("H5Pset_fletcher32", H5Pset_fletcher32(creation.get()));
    return creation;
}

void make_room(Id group, const OutputTarget& target, const DatasetSpec& spec, bool made_here) {
    const auto problem = "cannot create dataset '" + spec.name + "' in '" + target.file + "'";
    if (made_here) throw IoError(problem, "two results have that name", "rename one of them");
    const auto info = h5::link_info(group, spec.name);
    if (info.type == H5L_TYPE_HARD && h5::object_info_at(group, spec.name).type == H5O_TYPE_GROUP)
        throw IoError(problem, "there is a group of that name", "use another name");
    if (target.overwrite == Overwrite::refuse)
        throw IoError(problem, "it exists", "ask for it to be replaced (--overwrite), or use another name");
    h5::remove_link(group, spec.name);
}

// H5Lexists answers only for the last part of a path, so each part is asked for.
bool path_exists(Id group, const std::string& path) {
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        if (!h5::link_exists(group, path.substr(0, slash))) return false;
        if (slash == std::string::npos) return true;
    }
}

}  // namespace

std::optional<Shape> chunk_for(const DatasetSpec& spec) {
    if (!can_be_chunked(spec) || (!spec.chunk && !is_filtered(spec))) return std::nullopt;
    if (!spec.chunk) return automatic_chunk(spec.shape, spec.dtype);
    auto chunk = *spec.chunk;
    for (int a = 0; a < chunk.rank(); ++a) chunk[a] = std::min(chunk[a], spec.shape[a]);
    if (static_cast<std::uint64_t>(chunk.count()) * size_of(spec.dtype) > kMaxChunkBytes)
        reject(spec, "its chunk " + to_string(chunk) + " is larger than 4 GiB", "use smaller chunks");
    return chunk;
}

Shape automatic_chunk(const Shape& shape, DType dtype) {
    auto chunk = Shape::filled(shape.rank(), 1);
    std::int64_t room = kAutomaticChunkBytes / static_cast<std::int64_t>(size_of(dtype));
    for (int a = shape.rank() - 1; a >= 0 && room > 1; --a) {
        chunk[a] = std::max<std::int64_t>(1, std::min(shape[a], room));
        room /= chunk[a];
    }
    return chunk;
}

OutputDataset OutputFile::create(const DatasetSpec& spec) {
    auto& impl = *impl_;
    check_spec(spec);
    OutputEntry entry;
    entry.spec = spec;
    while (entry.spec.name.starts_with('/')) entry.spec.name.erase(0, 1);
    entry.logical_bytes = static_cast<std::uint64_t>(spec.shape.count()) * size_of(spec.dtype);
    const auto chunk = chunk_for(spec);
    impl.attempt([&] {
        impl.check_sink();
        if (!chunk) impl.check_space(impl.planned_bytes + entry.logical_bytes);
        bool made_here = false;
        for (const auto& other : impl.entries) made_here = made_here || other.spec.name == entry.spec.name;
        if (path_exists(impl.group.get(), entry.spec.name))
            make_room(impl.group.get(), impl.target, entry.spec, made_here);
        auto links = h5::create_properties(H5P_LINK_CREATE);
        h5::status("H5Pset_create_intermediate_group", H5Pset_create_intermediate_group(links.get(), 1));
        auto access = h5::create_properties(H5P_DATASET_ACCESS);
        h5::status("H5Pset_chunk_cache", H5Pset_chunk_cache(access.get(), 10007, spec.chunk_cache, 1.0));
        entry.memory_type = native_type(spec.dtype);
        entry.id = h5::create_dataset(impl.group.get(), entry.spec.name, entry.memory_type.get(),
                                      h5::simple_space(h5::to_hsize(spec.shape, spec.shape.rank())).get(), links.get(),
                                      creation_properties(spec, chunk).get(), access.get());
        if (!chunk) impl.planned_bytes += entry.logical_bytes;
        impl.check_sink();
    });
    impl.entries.push_back(std::move(entry));
    return {static_cast<int>(impl.entries.size()) - 1};
}

}  // namespace heddle::io
