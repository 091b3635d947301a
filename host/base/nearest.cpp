#include "host/base/nearest.hpp"

#include <algorithm>
#include <cstddef>

namespace heddle {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Edits (insert, remove, replace, swap two neighbours) between the words: the optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t kLongestWord = 64;  // the cost is the product of the lengths
    if (word.size() > kLongestWord) return "";
    std::string_view best;
    auto least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (auto candidate : candidates) {
        if (candidate.size() > kLongestWord) continue;
        auto edits = distance(word, candidate);
        if (edits >= least || edits >= candidate.size()) continue;
        least = edits;
        best = candidate;
    }
    return std::string(best);
}

}  // namespace heddle
