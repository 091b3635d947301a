#include "host/io/chunk_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "host/io/checked.hpp"
#include "host/io/chunk_copy.hpp"

namespace heddle::io {
namespace {

// Chunks that a box touches along an axis.
std::int64_t touched(std::int64_t lo, std::int64_t hi, std::int64_t chunk) {
    return hi <= lo ? 0 : (hi - 1) / chunk - lo / chunk + 1;
}

template <class T>
void swap_all(std::byte* values, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += sizeof(T)) {
        T value;
        std::memcpy(&value, values + at, sizeof(T));
        if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
        if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
        if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
        std::memcpy(values + at, &value, sizeof(T));
    }
}

}  // namespace

std::shared_ptr<const ChunkReader> ChunkReader::make(std::shared_ptr<const Dataset> dataset, std::string* why) {
    const auto refuse = [&](std::string reason) {
        if (why != nullptr) *why = std::move(reason);
        return nullptr;
    };
    if (!dataset->chunk() || dataset->shape().count() == 0) return refuse("it has no chunks");
    // Of those libhdf5 itself reads each in one piece; what its index says of their size is not to be trusted.
    if (dataset->storage().filters.empty()) return refuse("it has no filters");
    if (dataset->byte_form() == ByteForm::other) return refuse("its type " + dataset->stored_type() + " is converted");
    std::string filter;
    auto pipeline =
        FilterPipeline::make(dataset->storage().filters,
                             static_cast<std::size_t>(dataset->chunk()->count()) * size_of(dataset->dtype()), &filter);
    if (!pipeline) return refuse("its filter " + filter + " is libhdf5's alone");
    return std::make_shared<const ChunkReader>(std::move(dataset), std::move(*pipeline));
}

ChunkReader::ChunkReader(std::shared_ptr<const Dataset> dataset, FilterPipeline pipeline)
    : dataset_(std::move(dataset)),
      pipeline_(std::move(pipeline)),
      chunk_(*dataset_->chunk()),
      width_(size_of(dataset_->dtype())) {
    const auto most = static_cast<std::int64_t>(sizeof(Header) + pipeline_.most_stored());
    stored_bytes_ = (most + kAlign - 1) / kAlign * kAlign;
}

std::int64_t ChunkReader::chunks(const Box& box) const {
    std::int64_t count = 1;
    for (int a = 0; a < box.rank(); ++a) count *= touched(box.lo[a], box.hi[a], chunk_[a]);
    return count;
}

std::int64_t ChunkReader::most_chunks(const Shape& start, const Shape& extents) const {
    std::int64_t count = 1;
    for (int a = 0; a < extents.rank(); ++a) {
        const auto all = (dataset_->shape()[a] + chunk_[a] - 1) / chunk_[a];
        const bool aligned = start[a] % chunk_[a] == 0 && extents[a] % chunk_[a] == 0;
        const auto parts = aligned ? extents[a] / chunk_[a] : (extents[a] + chunk_[a] - 2) / chunk_[a] + 1;
        count *= std::min(all, std::max<std::int64_t>(parts, 1));
    }
    return count;
}

std::int64_t ChunkReader::scratch_bytes() const {
    return 2 * stored_bytes_ + static_cast<std::int64_t>(pipeline_.chunk_bytes());
}

Box ChunkReader::chunk_at(const Box& box, std::int64_t i) const {
    Box chunk = box;
    for (int a = box.rank() - 1; a >= 0; --a) {
        const auto count = touched(box.lo[a], box.hi[a], chunk_[a]);
        chunk.lo[a] = (box.lo[a] / chunk_[a] + i % count) * chunk_[a];
        chunk.hi[a] = chunk.lo[a] + chunk_[a];
        i /= count;
    }
    return chunk;
}

// Both calls answer -1 for a chunk that was never written as for one that cannot be read.
ChunkReader::Header ChunkReader::fetch_chunk(const Box& chunk, std::byte* to) const {
    Header header{0, 0, 0};
    const auto offset = h5::to_hsize(chunk.lo, chunk.rank());
    LibraryLock lock;
    hsize_t bytes = 0;
    if (H5Dget_chunk_storage_size(dataset_->id(), offset.data(), &bytes) < 0 || bytes == 0) return header;
    if (bytes > static_cast<hsize_t>(stored_bytes_) - sizeof(Header)) return header;
    std::uint32_t mask = 0;
    if (H5Dread_chunk(dataset_->id(), H5P_DEFAULT, offset.data(), &mask, to) < 0) return header;
    bool edge = false;
    for (int a = 0; a < chunk.rank(); ++a) edge = edge || chunk.hi[a] > dataset_->shape()[a];
    if (edge && !dataset_->storage().filters_edges) mask = UINT32_MAX;
    return {bytes, mask, 1};
}

void ChunkReader::fetch(const Box& box, std::byte* stored) const {
    const auto count = chunks(box);
    for (std::int64_t i = 0; i < count; ++i) {
        std::byte* place = stored + i * stored_bytes_;
        const Header header = fetch_chunk(chunk_at(box, i), place + sizeof(Header));
        std::memcpy(place, &header, sizeof header);
    }
}

void ChunkReader::finish(std::byte* values, std::size_t bytes) const {
    if (dataset_->byte_form() != ByteForm::swapped) return;
    switch (is_complex(dataset_->dtype()) ? width_ / 2 : width_) {
        case 2:
            return swap_all<std::uint16_t>(values, bytes);
        case 4:
            return swap_all<std::uint32_t>(values, bytes);
        case 8:
            return swap_all<std::uint64_t>(values, bytes);
        default:
            return;
    }
}

void ChunkReader::damaged(const Box& chunk, const std::string& why) const {
    throw IoError("cannot read '" + dataset_->location().path + "' of '" + dataset_->location().file->path() + "'",
                  "its chunk at " + to_string(chunk.lo) + " does not decode: " + why,
                  "the stored data is damaged: fetch or make the file again");
}

void ChunkReader::decode(const Box& box, std::int64_t i, const std::byte* stored, std::byte* values,
                         Scratch& scratch) const {
    const Box chunk = chunk_at(box, i);
    Box part = box;
    for (int a = 0; a < box.rank(); ++a) {
        part.lo[a] = std::max(box.lo[a], chunk.lo[a]);
        part.hi[a] = std::min(box.hi[a], chunk.hi[a]);
    }
    Header header;
    std::memcpy(&header, stored + i * stored_bytes_, sizeof header);
    const std::size_t bytes = pipeline_.chunk_bytes();
    if (header.fetched == 0) {
        const OutBytes place = scratch.chunk.reserve(static_cast<std::size_t>(part.count()) * width_);
        dataset_->read(part, place.data());
        return copy_part(part, place.data(), part, values, box, width_);
    }
    // A chunk that is one run of the block is decoded in its place.
    const bool direct = part.count() == chunk_.count() && is_run(part, box);
    const OutBytes out = direct ? OutBytes(values + static_cast<std::size_t>(offset_in(part, box)) * width_, bytes)
                                : scratch.chunk.reserve(bytes);
    try {
        pipeline_.decode(InBytes(stored + i * stored_bytes_ + sizeof header, header.bytes), header.mask, out,
                         scratch.filters);
    } catch (const Undecodable& error) {
        damaged(chunk, error.what());
    }
    finish(out.data(), bytes);
    if (!direct) copy_part(part, out.data(), chunk, values, box, width_);
}

}  // namespace heddle::io
