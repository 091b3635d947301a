#pragma once

#include <algorithm>
#include <cstdint>

#include "heddle/engine.hpp"

namespace heddle::array {

// Pieces of a task over `units` of work: a few for each thread, so that all end at about the same time.
inline std::int64_t pieces_for(std::int64_t units, const Engine& engine) {
    return std::clamp<std::int64_t>(units, 1, std::int64_t{4} * std::max(engine.threads(), 1));
}

template <class F>
void for_each_unit(const Piece& piece, std::int64_t units, F&& f) {
    for (std::int64_t u = units * piece.index / piece.count; u < units * (piece.index + 1) / piece.count; ++u) f(u);
}

}  // namespace heddle::array
