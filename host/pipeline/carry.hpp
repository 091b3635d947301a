#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heddle/array.hpp"
#include "host/io/dataset.hpp"
#include "host/io/output.hpp"

namespace heddle::pipeline {

// The datasets that an array reads, each once, in the order of its text.
std::vector<std::shared_ptr<io::Dataset>> datasets_of(const Array& array);

// The chunks of the first dataset that the array reads which has the array's shape.
std::optional<Shape> chunks_like_input(const Array& array);

// Copies the attributes and dimension scales of the datasets that the array's axes come from, never their packing.
// Returns a line for each that could not be copied.
std::vector<std::string> carry(const Array& array, io::OutputFile& file, io::OutputDataset to);

}  // namespace heddle::pipeline
