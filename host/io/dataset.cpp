#include "host/io/dataset.hpp"

#include <algorithm>

#include "host/io/checked.hpp"

namespace heddle::io {
namespace {

Handle access_properties(std::size_t chunk_cache) {
    auto access = h5::create_properties(H5P_DATASET_ACCESS);
    // About a hundred slots a chunk, as libhdf5 advises, for chunks from 16 KiB on; a prime.
    const std::size_t slots = chunk_cache > (std::size_t{8} << 20) ? 100003 : 10007;
    h5::status("H5Pset_chunk_cache", H5Pset_chunk_cache(access.get(), slots, chunk_cache, H5D_CHUNK_CACHE_W0_DEFAULT));
    return access;
}

[[noreturn]] void throw_not_numeric(const std::string& problem, const std::string& type) {
    const bool text = type.starts_with("string");
    throw IoError(
        problem, "its type is " + type + ", which is not numeric",
        text ? "use a dataset of numbers"
             : "use a dataset of integers, floats, booleans, enumerations, bit fields, complex pairs {r, i}, or "
               "arrays of these");
}

ByteForm byte_form_of(Id stored, const NumericType& type) {
    // Of booleans any byte but 0 becomes 1.
    if (type.extra.rank() > 0 || type.convert_from || type.dtype == DType::boolean) return ByteForm::other;
    if (H5Tequal(stored, type.transfer.get()) > 0) return ByteForm::native;
    const auto kind = h5::type_class(stored);
    if (kind != H5T_INTEGER && kind != H5T_FLOAT) return ByteForm::other;
    const auto turned = h5::copy_type(stored);
    h5::status("H5Tset_order", H5Tset_order(turned.get(), H5Tget_order(type.transfer.get())));
    return H5Tequal(turned.get(), type.transfer.get()) > 0 ? ByteForm::swapped : ByteForm::other;
}

Shape limits_of(const std::vector<hsize_t>& max) {
    Shape shape;
    for (auto m : max) shape.push_back(m == H5S_UNLIMITED ? -1 : static_cast<std::int64_t>(m));
    return shape;
}

}  // namespace

std::shared_ptr<Dataset> Dataset::open(const std::shared_ptr<InputFile>& file, const std::string& path,
                                       std::size_t chunk_cache) {
    auto location = file->locate(path);
    const auto problem = [&] { return "cannot open '" + location.path + "' of '" + location.file->path() + "'"; };
    return guarded(*location.file, problem, [&] {
        const auto kind = h5::object_info_at(location.file->id(), location.path).type;
        if (kind == H5O_TYPE_GROUP)
            throw IoError(
                problem(), "it is a group, not a dataset",
                "name a dataset: " +
                    suggest_names("", h5::link_names(h5::open_group(location.file->id(), location.path).get(), 1000)));
        if (kind != H5O_TYPE_DATASET) throw IoError(problem(), "it is not a dataset", "name a dataset");
        auto id = h5::open_dataset(location.file->id(), location.path, access_properties(chunk_cache).get());
        return std::make_shared<Dataset>(location, std::move(id), chunk_cache);
    });
}

Dataset::Dataset(Location location, Handle id, std::size_t chunk_cache)
    : location_(std::move(location)), id_(std::move(id)), chunk_cache_(chunk_cache) {
    LibraryLock lock;
    const auto words = "cannot use '" + location_.path + "' of '" + location_.file->path() + "'";
    const auto stored = h5::dataset_type(id_.get());
    auto type = numeric_type(stored.get());
    if (!type) throw_not_numeric(words, describe_type(stored.get()));
    type_ = std::move(*type);
    byte_form_ = byte_form_of(stored.get(), type_);
    const auto space = h5::dataset_space(id_.get());
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL)
        throw IoError(words, "it is empty (a null dataspace)", "use a dataset that holds values");
    const auto extents = h5::extents_of(space.get());
    stored_rank_ = static_cast<int>(extents.now.size());
    if (stored_rank_ + type_.extra.rank() > kMaxRank)
        throw ShapeError(words,
                         "it has " + std::to_string(stored_rank_ + type_.extra.rank()) + " dimensions, more than " +
                             std::to_string(kMaxRank),
                         "store it with fewer dimensions");
    std::int64_t bytes = static_cast<std::int64_t>(size_of(type_.dtype)) * type_.extra.count();
    for (auto e : extents.now)
        if (e > INT64_MAX ||
            __builtin_mul_overflow(bytes, std::max<std::int64_t>(1, static_cast<std::int64_t>(e)), &bytes))
            throw IoError(words, "it claims more elements than can be counted", "the file is damaged: fetch it again");
    for (auto e : extents.now) shape_.push_back(static_cast<std::int64_t>(e));
    max_shape_ = limits_of(extents.max);
    storage_ = storage_of(id_.get());
    chunk_ = storage_.chunk;
    for (auto e : type_.extra) {
        shape_.push_back(e);
        max_shape_.push_back(e);
        if (chunk_) chunk_->push_back(e);
    }
    check_filters();
}

std::string Dataset::label() const { return location_.file->path() + ":" + location_.path; }

std::string Dataset::problem() const {
    return "cannot read '" + location_.path + "' of '" + location_.file->path() + "'";
}

// A filter that is missing matters only when a stored chunk went through it, so the first one is tried.
void Dataset::check_filters() const {
    bool missing = false;
    for (const auto& filter : storage_.filters) missing = missing || !filter.available;
    hsize_t chunks = 0;
    if (!missing || H5Dget_num_chunks(id_.get(), H5S_ALL, &chunks) < 0 || chunks == 0) return;
    hsize_t offset[H5S_MAX_RANK];
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t size = 0;
    h5::status("H5Dget_chunk_info", H5Dget_chunk_info(id_.get(), H5S_ALL, 0, offset, &mask, &address, &size));
    Box box{Shape::filled(shape_.rank(), 0), Shape::filled(shape_.rank(), 1)};
    for (int a = 0; a < stored_rank_; ++a) {
        box.lo[a] = static_cast<std::int64_t>(offset[a]);
        box.hi[a] = box.lo[a] + 1;
    }
    std::byte value[16];
    read(box, value);
}

std::optional<std::vector<std::byte>> Dataset::fill_value() const {
    return guarded(
        *location_.file, [&] { return problem(); },
        [&]() -> std::optional<std::vector<std::byte>> {
            const auto creation = h5::dataset_creation(id_.get());
            H5D_fill_value_t state = H5D_FILL_VALUE_UNDEFINED;
            h5::status("H5Pfill_value_defined", H5Pfill_value_defined(creation.get(), &state));
            if (state != H5D_FILL_VALUE_USER_DEFINED || type_.extra.rank() > 0) return std::nullopt;
            std::vector<std::byte> value(size_of(type_.dtype));
            h5::status("H5Pget_fill_value", H5Pget_fill_value(creation.get(), type_.transfer.get(), value.data()));
            finish_transfer(type_, 1, value.data());
            return value;
        });
}

std::vector<Attribute> Dataset::attributes() const {
    return guarded(
        *location_.file, [&] { return problem(); }, [&] { return detail::attributes_of(id_.get()); });
}

std::optional<Attribute> Dataset::attribute(const std::string& name) const {
    return guarded(
        *location_.file, [&] { return problem(); }, [&] { return detail::find_attribute(id_.get(), name); });
}

void Dataset::set_chunk_cache(std::size_t bytes) {
    if (bytes == chunk_cache_) return;
    guarded(
        *location_.file, [&] { return problem(); },
        [&] {
            // The cache of an open dataset is fixed, so the old handle must go first.
            id_.reset();
            id_ = h5::open_dataset(location_.file->id(), location_.path, access_properties(bytes).get());
            chunk_cache_ = bytes;
        });
}

}  // namespace heddle::io
