#include "host/io/chunk_encoder.hpp"

#include <algorithm>
#include <cstring>

#include "host/io/checked.hpp"
#include "host/io/chunk_copy.hpp"
#include "host/io/types.hpp"

namespace heddle::io {
namespace {

constexpr std::int64_t kAlign = 64;

// In the order in which the dataset is made with them.
std::vector<Filter> filters_of(const DatasetSpec& spec) {
    std::vector<Filter> filters;
    if (spec.shuffle == Shuffle::on)
        filters.push_back({H5Z_FILTER_SHUFFLE, "shuffle", {static_cast<unsigned>(size_of(spec.dtype))}, true});
    if (spec.gzip >= 0) filters.push_back({H5Z_FILTER_DEFLATE, "gzip", {static_cast<unsigned>(spec.gzip)}, true});
    if (spec.checksum == Checksum::fletcher32) filters.push_back({H5Z_FILTER_FLETCHER32, "fletcher32", {}, true});
    return filters;
}

std::vector<std::byte> fill_of(const DatasetSpec& spec) {
    if (!spec.fill) return {};
    LibraryLock lock;
    std::vector<std::byte> value(16);
    std::memcpy(value.data(), &*spec.fill, sizeof(double));
    h5::convert(H5T_NATIVE_DOUBLE, native_type(spec.dtype).get(), 1, value.data());
    value.resize(size_of(spec.dtype));
    return value;
}

}  // namespace

std::shared_ptr<const ChunkEncoder> ChunkEncoder::make(const DatasetSpec& spec) {
    const auto filters = filters_of(spec);
    if (filters.empty() || is_complex(spec.dtype)) return nullptr;
    const auto chunk = chunk_for(spec);
    if (!chunk) return nullptr;
    auto pipeline = FilterPipeline::make(filters, static_cast<std::size_t>(chunk->count()) * size_of(spec.dtype));
    return pipeline ? std::make_shared<const ChunkEncoder>(spec, *chunk, std::move(*pipeline)) : nullptr;
}

ChunkEncoder::ChunkEncoder(const DatasetSpec& spec, Shape chunk, FilterPipeline pipeline)
    : shape_(spec.shape),
      chunk_(chunk),
      width_(size_of(spec.dtype)),
      fill_(fill_of(spec)),
      pipeline_(std::move(pipeline)) {
    const auto most = static_cast<std::int64_t>(sizeof(Header) + pipeline_.most_stored());
    stored_bytes_ = (most + kAlign - 1) / kAlign * kAlign;
}

bool ChunkEncoder::fits(const Shape& tile) const {
    for (int a = 0; a < tile.rank(); ++a)
        if (tile[a] < shape_[a] && tile[a] % chunk_[a] != 0) return false;
    return true;
}

std::int64_t ChunkEncoder::chunks(const Box& box) const {
    std::int64_t count = 1;
    for (int a = 0; a < box.rank(); ++a) count *= (box.hi[a] - box.lo[a] + chunk_[a] - 1) / chunk_[a];
    return count;
}

Shape ChunkEncoder::offset(const Box& box, std::int64_t i) const {
    Shape at = box.lo;
    for (int a = box.rank() - 1; a >= 0; --a) {
        const auto count = (box.hi[a] - box.lo[a] + chunk_[a] - 1) / chunk_[a];
        at[a] += i % count * chunk_[a];
        i /= count;
    }
    return at;
}

std::int64_t ChunkEncoder::scratch_bytes() const {
    return 2 * stored_bytes_ + static_cast<std::int64_t>(pipeline_.chunk_bytes());
}

void ChunkEncoder::encode(const Box& box, std::int64_t i, const std::byte* values, std::byte* stored,
                          Scratch& scratch) const {
    const Shape lo = offset(box, i);
    Box chunk{lo, lo}, part{lo, lo};
    for (int a = 0; a < box.rank(); ++a) {
        chunk.hi[a] += chunk_[a];
        part.hi[a] = std::min(chunk.hi[a], box.hi[a]);
    }
    const std::size_t bytes = pipeline_.chunk_bytes();
    const bool whole = part.count() == chunk.count();
    InBytes in;
    if (whole && is_run(part, box)) {
        in = InBytes(values + static_cast<std::size_t>(offset_in(part, box)) * width_, bytes);
    } else {
        const OutBytes place = scratch.chunk.reserve(bytes);
        if (!whole && fill_.empty()) std::memset(place.data(), 0, bytes);
        for (std::size_t at = 0; !whole && !fill_.empty() && at < bytes; at += width_)
            std::memcpy(place.data() + at, fill_.data(), width_);
        copy_part(part, values, box, place.data(), chunk, width_);
        in = place;
    }
    unsigned mask = 0;
    const InBytes made = pipeline_.encode(in, mask, scratch.filters);
    std::byte* to = stored + i * stored_bytes_;
    const Header header{made.size(), mask};
    std::memcpy(to, &header, sizeof header);
    std::memcpy(to + sizeof header, made.data(), made.size());
}

ChunkEncoder::Stored ChunkEncoder::stored(const std::byte* stored, std::int64_t i) const {
    Header header;
    std::memcpy(&header, stored + i * stored_bytes_, sizeof header);
    return {stored + i * stored_bytes_ + sizeof header, header.bytes, static_cast<unsigned>(header.mask)};
}

}  // namespace heddle::io
