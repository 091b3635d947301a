#include "host/io/sink_driver.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/io/checked.hpp"

// A libhdf5 virtual file driver, after its own H5FDsec2.c.
namespace heddle::io {
namespace {

struct SinkFile {
    H5FD_t base;  // first, as the library casts between the two
    SinkState* state;
    haddr_t eoa, eof;
};
struct SinkInfo {
    SinkState* state;
};

constexpr haddr_t kMaxAddress = (haddr_t{1} << 62) - 1;

SinkFile* sink(H5FD_t* file) { return reinterpret_cast<SinkFile*>(file); }
const SinkFile* sink(const H5FD_t* file) { return reinterpret_cast<const SinkFile*>(file); }

H5FD_t* open_sink(const char*, unsigned flags, hid_t access, haddr_t) {
    const auto* info = static_cast<const SinkInfo*>(H5Pget_driver_info(access));
    struct stat now;
    if (info == nullptr || ::fstat(info->state->descriptor, &now) != 0) return nullptr;
    if ((flags & H5F_ACC_TRUNC) != 0 && ::ftruncate(info->state->descriptor, 0) != 0) return nullptr;
    auto* file = static_cast<SinkFile*>(std::calloc(1, sizeof(SinkFile)));
    if (file == nullptr) return nullptr;
    file->state = info->state;
    file->eof = (flags & H5F_ACC_TRUNC) != 0 ? 0 : static_cast<haddr_t>(now.st_size);
    return &file->base;
}

herr_t close_sink(H5FD_t* file) {
    std::free(sink(file));
    return 0;
}

int compare_sinks(const H5FD_t* a, const H5FD_t* b) {
    const auto *left = sink(a)->state, *right = sink(b)->state;
    return left < right ? -1 : (left > right ? 1 : 0);
}

herr_t query_sink(const H5FD_t*, unsigned long* flags) {
    if (flags != nullptr)
        *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
                 H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

haddr_t get_eoa(const H5FD_t* file, H5FD_mem_t) { return sink(file)->eoa; }
haddr_t get_eof(const H5FD_t* file, H5FD_mem_t) { return sink(file)->eof; }
herr_t set_eoa(H5FD_t* file, H5FD_mem_t, haddr_t address) {
    sink(file)->eoa = address;
    return 0;
}

void read_shadow(const SinkState& state, haddr_t address, std::size_t size, std::byte* out) {
    for (const auto& [at, bytes] : state.shadow) {
        const auto lo = std::max<std::uint64_t>(at, address), hi = std::min(at + bytes.size(), address + size);
        if (lo < hi) std::memcpy(out + (lo - address), bytes.data() + (lo - at), hi - lo);
    }
}

herr_t read_sink(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* buffer) {
    const auto& state = *sink(base)->state;
    auto* out = static_cast<std::byte*>(buffer);
    std::size_t done = 0;
    while (done < size) {
        const auto n = ::pread(state.descriptor, out + done, size - done, static_cast<off_t>(address + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && state.error == 0) return -1;
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    std::memset(out + done, 0, size - done);  // past the end of the file the library expects zeros
    read_shadow(state, address, size, out);
    return 0;
}

// Returns 0 or the errno.
int write_all(const SinkState& state, haddr_t address, std::size_t size, const std::byte* bytes) {
    if (address + size > state.limit) return EFBIG;
    for (std::size_t done = 0; done < size;) {
        const auto n = ::pwrite(state.descriptor, bytes + done, size - done, static_cast<off_t>(address + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return ENOSPC;
        done += static_cast<std::size_t>(n);
    }
    return 0;
}

herr_t write_sink(H5FD_t* base, H5FD_mem_t kind, hid_t, haddr_t address, std::size_t size, const void* buffer) {
    auto* file = sink(base);
    auto& state = *file->state;
    const auto* bytes = static_cast<const std::byte*>(buffer);
    if (state.error == 0) {
        state.error = write_all(state, address, size, bytes);
        if (state.error == 0) state.written += size;
    }
    if (state.error != 0 && kind != H5FD_MEM_DRAW) {
        try {
            state.shadow.emplace_back(address, std::vector<std::byte>(bytes, bytes + size));
        } catch (...) {
            return -1;  // out of memory as well: exceptions must not pass through the library
        }
    }
    file->eof = std::max(file->eof, address + size);
    return 0;
}

// Sets the file's length to what the library allocated: it checks this when it opens the file.
herr_t truncate_sink(H5FD_t* base, hid_t, hbool_t) {
    auto* file = sink(base);
    auto& state = *file->state;
    if (file->eoa == file->eof || state.error != 0) return 0;
    if (file->eoa > state.limit)
        state.error = EFBIG;
    else if (::ftruncate(state.descriptor, static_cast<off_t>(file->eoa)) != 0)
        state.error = errno;
    file->eof = file->eoa;
    return 0;
}

herr_t get_descriptor(H5FD_t* file, hid_t, void** descriptor) {
    *descriptor = &sink(file)->state->descriptor;
    return 0;
}

// The descriptor is private to this process and locked by its owner already.
herr_t lock_nothing(H5FD_t*, hbool_t) { return 0; }
herr_t unlock_nothing(H5FD_t*) { return 0; }

H5FD_class_t sink_class() {
    H5FD_class_t c{};
#if H5_VERSION_GE(1, 14, 0)
    c.version = H5FD_CLASS_VERSION;
    c.value = static_cast<H5FD_class_value_t>(600);  // 512 and up are free for own use
#endif
    c.name = "heddle_sink";
    c.maxaddr = kMaxAddress;
    c.fc_degree = H5F_CLOSE_STRONG;
    c.fapl_size = sizeof(SinkInfo);
    c.open = open_sink;
    c.close = close_sink;
    c.cmp = compare_sinks;
    c.query = query_sink;
    c.get_eoa = get_eoa;
    c.set_eoa = set_eoa;
    c.get_eof = get_eof;
    c.get_handle = get_descriptor;
    c.read = read_sink;
    c.write = write_sink;
    c.truncate = truncate_sink;
    c.lock = lock_nothing;
    c.unlock = unlock_nothing;
    const H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), std::begin(c.fl_map));
    return c;
}

}  // namespace

Handle sink_access(SinkState& state) {
    static const H5FD_class_t driver = sink_class();
    // Registered for each file: the id is freed with the last property list and file that use it.
    const auto id = h5::own("H5FDregister", H5FDregister(&driver));
    auto access = h5::create_properties(H5P_FILE_ACCESS);
    const SinkInfo info{&state};
    h5::status("H5Pset_driver", H5Pset_driver(access.get(), id.get(), &info));
    h5::status("H5Pset_fclose_degree", H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG));
    return access;
}

}  // namespace heddle::io
