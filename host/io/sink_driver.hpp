#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/io/handle.hpp"

namespace heddle::io {

// What the driver keeps for one file. The first failed write is remembered here, and libhdf5 is told that all went
// well: it cannot close a file whose writes fail without leaking or crashing. Metadata written after that stays in
// memory, so that the library can still read it back while it closes. Needs the library lock.
struct SinkState {
    int descriptor = -1;  // open for reading and writing; not owned
    int error = 0;        // errno of the first failed operation
    std::uint64_t written = 0;
    std::uint64_t limit = UINT64_MAX;  // of the file's size (ulimit -f): beyond it the kernel would send SIGXFSZ
    std::vector<std::pair<std::uint64_t, std::vector<std::byte>>> shadow;
};

// File access properties that send a file's bytes to `state`, which must outlive the file. Needs the library lock.
Handle sink_access(SinkState& state);

}  // namespace heddle::io
