#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "host/pipeline/sinks.hpp"

namespace heddle::cli {

// The values as numpy.array2string prints them with its default settings; one value as str() prints it.
std::string print_array(const pipeline::Preview& preview);

// The values of an array that is not summarised, nested by axis; NaN and infinities are the texts "NaN", "Infinity"
// and "-Infinity", a complex number is [re, im].
nlohmann::ordered_json json_values(const pipeline::Preview& preview);

}  // namespace heddle::cli
