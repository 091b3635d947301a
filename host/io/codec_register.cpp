#include <cstdlib>
#include <cstring>

#include "host/io/checked.hpp"
#include "host/io/codec.hpp"

// The codecs as filters of libhdf5 (H5Zregister), for decoding.
namespace heddle::io {
namespace {

// A chunk is at most as large: the format's limit.
constexpr std::size_t kMostBytes = 0xffffffffu;

// libhdf5 frees the buffer that it gets with its own free().
struct Freed {
    void operator()(void* p) const { H5free_memory(p); }
};
using Owned = std::unique_ptr<void, Freed>;

std::size_t decode(const Codec& codec, InBytes in, Owned& made, std::size_t& capacity) {
    const auto known = codec.decoded_size(in);
    const std::size_t most = std::min(kMostBytes, known.value_or(kMostBytes));
    for (std::size_t bytes = known.value_or(in.size() * 8 + 4096);; bytes *= 4) {
        bytes = std::min(bytes, most);
        made.reset(H5allocate_memory(std::max<std::size_t>(bytes, 1), false));
        if (made == nullptr) throw std::bad_alloc();
        capacity = bytes;
        try {
            return codec.decode(in, OutBytes(static_cast<std::byte*>(made.get()), bytes));
        } catch (const OutputTooSmall&) {
            if (bytes == most) throw;
        }
    }
}

// 0: it failed. No exception may pass through the library.
template <int kId>
std::size_t run(unsigned flags, std::size_t count, const unsigned* parameters, std::size_t bytes, std::size_t* capacity,
                void** buffer) {
    try {
        if ((flags & H5Z_FLAG_REVERSE) == 0) return 0;
        const auto codec = make_codec({kId, "", {parameters, parameters + count}, true});
        if (codec == nullptr) return 0;
        Owned made;
        std::size_t room = 0;
        const std::size_t n = decode(*codec, InBytes(static_cast<const std::byte*>(*buffer), bytes), made, room);
        H5free_memory(*buffer);
        *buffer = made.release();
        *capacity = room;
        return n;
    } catch (...) {
        return 0;
    }
}

template <int kId>
void add(const char* name) {
    if (H5Zfilter_avail(kId) > 0) return;  // the program around us, or a plug-in, has it
    static const H5Z_class2_t filter{H5Z_CLASS_T_VERS, kId, 0, 1, name, nullptr, nullptr, run<kId>};
    h5::status("H5Zregister", H5Zregister(&filter));
}

}  // namespace

void register_codecs() {
    static bool done = false;
    if (std::exchange(done, true)) return;
    add<307>("bzip2");
    add<32000>("lzf");
    add<32001>("blosc");
    add<32004>("lz4");
    add<32008>("bitshuffle");
    add<32015>("zstd");
}

}  // namespace heddle::io
