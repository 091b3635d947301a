#pragma once

#include <span>
#include <string>

#include "heddle/array.hpp"
#include "host/io/output.hpp"
#include "host/pipeline/job.hpp"

namespace heddle::pipeline {

// The settings for one result: its own on top of those for all.
DatasetFormat format_of(const OutputSpec& output, const std::string& result);

// True where NaN, or an imaginary part, has no place in the stored type.
bool loses_non_finite(DType computed, DType stored);
// What storing the result in that type may lose, for a warning; empty where nothing but precision is.
std::string storage_warning(const std::string& name, DType computed, DType stored);

// How the array is stored under the settings; it is already of the format's dtype. The chunks are those of the first
// input of the same shape unless the settings say otherwise; chunks for all results count where their rank fits.
io::DatasetSpec dataset_spec(const std::string& name, const Array& array, const DatasetFormat& format);

// ArgumentError for filters without chunks to apply them to, in what is written of these results (or of all).
void check_filters(const OutputSpec& output, const std::vector<std::string>& results);

// ArgumentError for chunks that fit none of the results.
void check_formats(const OutputSpec& output, std::span<const NamedArray> arrays);

}  // namespace heddle::pipeline
