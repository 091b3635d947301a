#include "host/io/codec.hpp"

#include <algorithm>
#include <cstring>

#include "heddle/error.hpp"
#include "host/io/codec_kinds.hpp"

namespace heddle::io {

OutBytes ByteBuffer::reserve(std::size_t bytes) {
    if (bytes > size_) {
        bytes_.reset();
        bytes_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
        size_ = bytes;
    }
    return {bytes_.get(), bytes};
}

std::size_t Codec::encode(InBytes, OutBytes) const {
    throw NotBuilt("cannot encode with this filter", "Heddle only decodes it", "use gzip, lz4 or zstd");
}

std::unique_ptr<Codec> make_codec(const Filter& filter) {
    switch (filter.id) {
        case 1:
            return make_deflate(filter);
        case 2:
            return make_shuffle(filter);
        case 3:
            return make_fletcher32();
        case 4:
            return make_szip(filter);
        case 5:
            return make_nbit(filter);
        case 6:
            return make_scale_offset(filter);
        case 307:
            return make_bzip2(filter);
        case 32000:
            return make_lzf(filter);
        case 32001:
            return make_blosc();
        case 32004:
            return make_lz4(filter);
        case 32008:
            return make_bitshuffle(filter);
        case 32015:
            return make_zstd(filter);
        default:
            return nullptr;
    }
}

std::optional<FilterPipeline> FilterPipeline::make(const std::vector<Filter>& filters, std::size_t chunk_bytes,
                                                   std::string* unknown) {
    FilterPipeline pipeline;
    pipeline.chunk_bytes_ = chunk_bytes;
    for (const Filter& filter : filters) {
        pipeline.codecs_.push_back(make_codec(filter));
        if (pipeline.codecs_.back() != nullptr) continue;
        if (unknown != nullptr) *unknown = filter.name;
        return std::nullopt;
    }
    return pipeline;
}

std::size_t FilterPipeline::most_stored() const {
    std::size_t n = chunk_bytes_;
    for (const auto& codec : codecs_) n = std::max(n, codec->most_encoded(n));
    return n;
}

void FilterPipeline::decode(InBytes stored, unsigned mask, OutBytes out, Scratch& scratch) const {
    // What a filter's input was when the chunk was written is what decoding it gives: at most so much.
    std::vector<std::size_t> most{chunk_bytes_};
    std::vector<const Codec*> used;
    for (std::size_t k = 0; k < codecs_.size(); ++k) {
        if ((mask >> std::min<std::size_t>(k, 31) & 1u) != 0) continue;
        used.push_back(codecs_[k].get());
        most.push_back(std::max(most.back(), used.back()->most_encoded(most.back())));
    }
    ByteBuffer *next = &scratch.even, *other = &scratch.odd;
    for (std::size_t k = used.size(); k-- > 0;) {
        const OutBytes to = k == 0 ? out : next->reserve(most[k]);
        stored = InBytes(to.data(), used[k]->decode(stored, to));
        std::swap(next, other);
    }
    if (stored.size() != chunk_bytes_)
        throw Undecodable("it decodes to " + std::to_string(stored.size()) + " bytes, not " +
                          std::to_string(chunk_bytes_));
    if (stored.data() != out.data()) std::memcpy(out.data(), stored.data(), chunk_bytes_);
}

InBytes FilterPipeline::encode(InBytes chunk, unsigned& mask, Scratch& scratch) const {
    mask = 0;
    ByteBuffer *next = &scratch.even, *other = &scratch.odd;
    for (std::size_t k = 0; k < codecs_.size(); ++k) {
        const OutBytes to = next->reserve(codecs_[k]->most_encoded(chunk.size()));
        const std::size_t n = codecs_[k]->encode(chunk, to);
        if (n == 0) {
            mask |= 1u << k;
            continue;
        }
        chunk = InBytes(to.data(), n);
        std::swap(next, other);
    }
    return chunk;
}

}  // namespace heddle::io
