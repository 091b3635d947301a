#pragma once

#include <string_view>

namespace heddle::pipeline {

inline constexpr std::string_view kVersion = HEDDLE_VERSION;

}  // namespace heddle::pipeline
