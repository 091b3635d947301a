#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/io/dataset.hpp"

namespace heddle::io {

using InBytes = std::span<const std::byte>;
using OutBytes = std::span<std::byte>;

// Why stored bytes do not decode: "the deflate stream is damaged". Whoever knows the chunk makes an IoError of it.
class Undecodable : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The same, but with more room for what is decoded it might.
class OutputTooSmall : public Undecodable {
    using Undecodable::Undecodable;
};

// Memory that grows and is kept, without being filled: new pages cost more than what is done with them.
class ByteBuffer {
public:
    // At least `bytes`; what was in it is lost where it grows.
    OutBytes reserve(std::size_t bytes);
    std::size_t capacity() const { return size_; }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
};

// One filter of HDF5's pipeline, without libhdf5. Immutable; any thread; blocks on nothing.
class Codec {
public:
    virtual ~Codec() = default;
    // How many bytes `n` bytes become at most when they are encoded, header and checksum included.
    virtual std::size_t most_encoded(std::size_t n) const = 0;
    // Decodes into the front of `out` and returns how much that is. Undecodable: damaged, or more than `out` holds.
    virtual std::size_t decode(InBytes in, OutBytes out) const = 0;
    // How many bytes `in` says that it decodes to, true or not; nothing where it does not say.
    virtual std::optional<std::size_t> decoded_size(InBytes) const { return std::nullopt; }
    // Encodes into the front of `out` (most_encoded(in.size()) bytes) and returns how much that is; 0 where the filter
    // does not make it smaller and may be left out. Those that only decode throw NotBuilt.
    virtual std::size_t encode(InBytes in, OutBytes out) const;
};

// The filter as this process runs it; null for one that only libhdf5 knows, or with parameters that only it handles.
std::unique_ptr<Codec> make_codec(const Filter& filter);

// Lets libhdf5 decode by the codecs too what it has no filter or plug-in for: parts of chunks, steps, lists. Needs the
// library lock; the first call counts.
void register_codecs();

// The filters of a chunked dataset: what decodes and encodes whole chunks beside libhdf5.
class FilterPipeline {
public:
    // `unknown` names the first filter that only libhdf5 can run; then there is no pipeline.
    static std::optional<FilterPipeline> make(const std::vector<Filter>& filters, std::size_t chunk_bytes,
                                              std::string* unknown = nullptr);

    std::size_t chunk_bytes() const { return chunk_bytes_; }
    // What a stored chunk can have at most.
    std::size_t most_stored() const;

    // Memory that calls of one thread share.
    struct Scratch {
        ByteBuffer even, odd;
    };
    // Decodes a stored chunk into `out`, of chunk_bytes(). Bit k of `mask`: filter k was left out when the chunk was
    // written. Undecodable.
    void decode(InBytes stored, unsigned mask, OutBytes out, Scratch& scratch) const;
    // Encodes a chunk; the result lies in `scratch` until its next use. Sets the bits of filters that were left out.
    InBytes encode(InBytes chunk, unsigned& mask, Scratch& scratch) const;

private:
    std::size_t chunk_bytes_ = 0;
    std::vector<std::shared_ptr<const Codec>> codecs_;
};

}  // namespace heddle::io
