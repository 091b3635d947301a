#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heddle/shape.hpp"
#include "host/pipeline/job.hpp"

namespace heddle::pipeline {

// "4096", "256M", "2GiB", "1.5 GB": K, M, G, T and KiB… count in 1024, KB… in 1000. ArgumentError otherwise.
std::uint64_t parse_bytes(std::string_view text);
// "905.0 KiB".
std::string format_bytes(std::uint64_t bytes);
// "0.02 s", "3.4 s", "2 min 5 s".
std::string format_seconds(double seconds);
// "1,2048,2048" or "1x2048x2048": positive extents. ArgumentError otherwise.
Shape parse_extents(std::string_view text);
// "auto", "contiguous" or extents, into the format's chunk_rule and chunks.
void parse_chunks(std::string_view text, DatasetFormat& format);

// For the remedy of an unknown name: "did you mean 'raw'?", or else "known are: a, b, c".
std::string near_names(std::string_view wanted, std::span<const std::string> known);
std::string near_names(std::string_view wanted, std::span<const std::string_view> known);
// "a, b, c"; after `limit` names "… and 12 more".
std::string join_names(std::span<const std::string> names, std::size_t limit = 12);

}  // namespace heddle::pipeline
