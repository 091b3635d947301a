#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heddle {

// The candidate that `word` was probably meant to be, for "did you mean": fewest edits, at most a third of its length;
// "" where none is close. Upper and lower case count as the same letter here.
std::string nearest_name(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace heddle
