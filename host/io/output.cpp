#include "host/io/output.hpp"

#include <sys/resource.h>

#include <cerrno>

#include "host/io/chunk_encoder.hpp"
#include "host/io/output_impl.hpp"
#include "host/io/types.hpp"

namespace heddle::io {
namespace {

std::uint64_t file_size_limit() {
    struct rlimit limit;
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + (1u << 20) - 1) >> 20) + " MiB"; }

}  // namespace

OutputEntry& OutputFile::Impl::entry(OutputDataset dataset) {
    if (dataset.index < 0 || static_cast<std::size_t>(dataset.index) >= entries.size())
        throw ArgumentError(problem(), "there is no dataset number " + std::to_string(dataset.index),
                            "use what create() returned");
    return entries[static_cast<std::size_t>(dataset.index)];
}

void OutputFile::Impl::check_sink() const {
    if (sink.error == 0) return;
    throw IoError(problem(), disk_reason(sink.error) + " (after " + mebibytes(sink.written) + ")",
                  disk_remedy(sink.error));
}

void OutputFile::Impl::check_space(std::uint64_t needed) const {
    if (needed > sink.limit) throw IoError(problem(), disk_reason(EFBIG), disk_remedy(EFBIG));
    const auto available = free_bytes(resolved.path);
    if (available && needed > *available)
        throw IoError(problem(),
                      "it needs " + mebibytes(needed) + ", and " + mebibytes(*available) + " are free on the disk",
                      disk_remedy(ENOSPC));
}

// Compressed output has no size beforehand: what was stored so far tells how the rest will go.
void OutputFile::Impl::check_trend(const OutputEntry& entry) const {
    constexpr std::uint64_t kEnough = std::uint64_t{64} << 20;
    if (entry.spec.gzip < 0 || entry.written_bytes < kEnough || entry.written_bytes * 20 < entry.logical_bytes) return;
    const auto available = free_bytes(resolved.path);
    const double rest = static_cast<double>(entry.logical_bytes - entry.written_bytes) *
                        static_cast<double>(sink.written) / static_cast<double>(entry.written_bytes);
    if (!available || rest <= 1.25 * static_cast<double>(*available)) return;
    throw IoError(problem(),
                  "the rest needs about " + mebibytes(static_cast<std::uint64_t>(rest)) + ", and " +
                      mebibytes(*available) + " are free on the disk",
                  disk_remedy(ENOSPC));
}

void OutputFile::Impl::open_file() {
    auto access = sink_access(sink);
    if (keeps_content(target) && resolved.present) {
        file = h5::open_file(temporary->path(), H5F_ACC_RDWR, access.get());
    } else {
        auto creation = h5::create_properties(H5P_FILE_CREATE);
        // netCDF-4 lists variables in the order in which they were made.
        h5::status("H5Pset_link_creation_order",
                   H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
        file = h5::create_file(temporary->path(), H5F_ACC_TRUNC, creation.get(), access.get());
    }
    auto links = h5::create_properties(H5P_LINK_CREATE);
    h5::status("H5Pset_create_intermediate_group", H5Pset_create_intermediate_group(links.get(), 1));
    if (!keeps_content(target)) {
        group = h5::open_group(file.get(), "/");
        return;
    }
    std::string path;
    for (std::size_t at = 0; at < target.group.size();) {
        const auto slash = std::min(target.group.find('/', at), target.group.size());
        if (slash > at) {
            path += "/" + target.group.substr(at, slash - at);
            const bool exists = h5::link_exists(file.get(), path);
            if (exists && h5::object_info_at(file.get(), path).type != H5O_TYPE_GROUP)
                throw IoError("cannot write into '" + path + "' of '" + target.file + "'",
                              "there is something of that name, and it is not a group",
                              "name a group, or one that does not exist yet");
            group = exists ? h5::open_group(file.get(), path) : h5::create_group(file.get(), path, links.get());
        }
        at = slash + 1;
    }
}

void OutputFile::Impl::close_handles() {
    entries.clear();
    group.reset();
}

OutputFile::OutputFile(OutputTarget target) : impl_(std::make_unique<Impl>()) {
    auto& impl = *impl_;
    impl.target = std::move(target);
    impl.resolved = resolve_target(impl.target);
    const auto& present = impl.resolved.present;
    impl.sink.limit = file_size_limit();
    if (present && keeps_content(impl.target)) {
        const auto looks = what_it_looks_like(impl.resolved.path);
        if (!looks.empty())
            throw IoError(impl.problem(),
                          "a group of it was asked for, and it is not an HDF5 file but looks like " + looks,
                          "name an HDF5 file, or leave out the group");
        impl.check_space(static_cast<std::uint64_t>(present->st_size));
    }
    impl.temporary = std::make_unique<Temporary>(impl.resolved.path, 0666);
    impl.sink.descriptor = impl.temporary->descriptor();
    if (present) ::fchmod(impl.sink.descriptor, present->st_mode & 07777);
    if (present && keeps_content(impl.target))
        if (const int error = copy_file(impl.resolved.path, impl.sink.descriptor); error != 0)
            throw IoError(impl.problem(), "copying its content: " + disk_reason(error), disk_remedy(error));
    impl.attempt([&] { impl.open_file(); });
    impl.check_sink();
}

OutputFile::~OutputFile() { discard(); }

const OutputTarget& OutputFile::target() const { return impl_->target; }

std::uint64_t OutputFile::stored_bytes() const {
    LibraryLock lock;
    return impl_->sink.written;
}

void OutputFile::write(OutputDataset dataset, const Box& box, const void* src) {
    auto& impl = *impl_;
    auto& entry = impl.entry(dataset);
    const auto& shape = entry.spec.shape;
    bool inside = box.rank() == shape.rank();
    for (int a = 0; inside && a < shape.rank(); ++a)
        inside = box.lo[a] >= 0 && box.lo[a] <= box.hi[a] && box.hi[a] <= shape[a];
    if (!inside)
        throw ShapeError(
            "cannot write dataset '" + entry.spec.name + "'",
            "the box from " + to_string(box.lo) + " to " + to_string(box.hi) + " is not inside " + to_string(shape),
            "write within the dataset's shape");
    if (box.count() == 0) return;
    impl.attempt([&] {
        impl.check_sink();
        const auto count = h5::to_hsize(box.extents(), box.rank());
        const auto memory = h5::simple_space(count);
        const auto file_space = h5::dataset_space(entry.id.get());
        if (box.rank() > 0)
            h5::select_hyperslab(file_space.get(), H5S_SELECT_SET, h5::to_hsize(box.lo, box.rank()).data(), nullptr,
                                 count.data());
        h5::write(entry.id.get(), entry.memory_type.get(), memory.get(), file_space.get(), src);
        entry.written_bytes += static_cast<std::uint64_t>(box.count()) * size_of(entry.spec.dtype);
        impl.check_sink();
        impl.check_trend(entry);
    });
}

void OutputFile::write_chunks(OutputDataset dataset, const ChunkEncoder& encoder, const Box& box,
                              const std::byte* stored) {
    auto& impl = *impl_;
    auto& entry = impl.entry(dataset);
    const auto count = encoder.chunks(box);
    for (std::int64_t i = 0; i < count; ++i)
        impl.attempt([&] {
            impl.check_sink();
            const auto chunk = encoder.stored(stored, i);
            h5::checked("H5Dwrite_chunk", H5Dwrite_chunk(entry.id.get(), H5P_DEFAULT, chunk.mask,
                                                         h5::to_hsize(encoder.offset(box, i), box.rank()).data(),
                                                         chunk.bytes, chunk.data));
            impl.check_sink();
        });
    impl.attempt([&] {
        entry.written_bytes += static_cast<std::uint64_t>(box.count()) * size_of(entry.spec.dtype);
        impl.check_trend(entry);
    });
}

void OutputFile::commit() {
    auto& impl = *impl_;
    try {
        impl.attempt([&] {
            if (!impl.file)
                throw IoError(impl.problem(), "it was committed or discarded before", "make another OutputFile");
            impl.check_sink();
            h5::flush_file(impl.file.get());
            impl.close_handles();
            h5::close_file(impl.file);
            impl.check_sink();
        });
        struct stat now;
        const auto& was = impl.resolved.present;
        const bool keeps = keeps_content(impl.target) && was;
        if (keeps && (::stat(impl.resolved.path.c_str(), &now) != 0 || now.st_ino != was->st_ino ||
                      now.st_size != was->st_size || now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
                      now.st_mtim.tv_nsec != was->st_mtim.tv_nsec))
            throw IoError(impl.problem(), "another program changed it meanwhile", "run again");
        // Synced without the library lock: readers go on.
        const bool replace = keeps || impl.target.overwrite == Overwrite::replace;
        impl.temporary->publish(replace ? Publish::replace : Publish::refuse_existing);
    } catch (...) {
        discard();
        throw;
    }
}

void OutputFile::discard() noexcept {
    auto& impl = *impl_;
    if (impl.file || !impl.entries.empty()) {
        LibraryLock lock;
        if (impl.sink.error == 0) impl.sink.error = ECANCELED;  // what is closed now need not reach the disk
        impl.close_handles();
        impl.file.reset();
    }
    if (impl.temporary) impl.temporary->discard();
}

}  // namespace heddle::io
