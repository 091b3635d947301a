#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "host/io/handle.hpp"

namespace heddle::io {

enum class Packing { keep, drop };

inline constexpr std::size_t kMaxCopiedBytes = std::size_t{256} << 20;

// Copies attributes between open objects, without object references and libraries' bookkeeping; a line for each that
// could not be copied. Needs the library lock.
std::vector<std::string> copy_object_attributes(Id from, Id to, Packing packing);

// True when values of the type hold pointers in memory.
bool has_variable_parts(Id type);

}  // namespace heddle::io
