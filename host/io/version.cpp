#include "host/io/version.hpp"

#include "host/io/hdf5.hpp"

namespace heddle::io {

std::string library_version() {
    const LibraryLock lock;
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace heddle::io
