#pragma once

// The only place that includes libhdf5's headers: it fixes the API version whatever the library's default mapping is.
#define H5_USE_110_API
#include <hdf5.h>
#include <hdf5_hl.h>

#include <type_traits>

#include "host/io/handle.hpp"

namespace heddle::io {
static_assert(std::is_same_v<hid_t, Id>);
}
