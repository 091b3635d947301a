#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/io/dataset.hpp"
#include "host/io/output.hpp"

namespace heddle::io {

// What one axis of the result took from one axis of the source: `indices`, or every `step`-th of `count` from `start`.
struct AxisOrigin {
    int source_axis = 0;
    int result_axis = 0;
    std::int64_t start = 0, step = 1, count = 0;  // a negative step runs backwards
    std::optional<std::vector<std::int64_t>> indices = std::nullopt;
};

// Copies the source's attributes, except packing (scale_factor, add_offset, _FillValue, missing_value, _Unsigned,
// valid_*), what dimension scales keep for themselves, and object references. Returns a line for each that could not be
// copied.
std::vector<std::string> copy_attributes(const Dataset& from, OutputFile& file, OutputDataset to);

// Copies the dimension scales of the source's axes, cut to the result's selection, with their attributes, beside the
// result and attaches them; a scale that several results share is written once. The axes' labels go along. Returns a
// line for each left out.
std::vector<std::string> copy_dimension_scales(const Dataset& from, OutputFile& file, OutputDataset to,
                                               const std::vector<AxisOrigin>& axes);

struct Provenance {
    std::string expression;
    std::vector<std::string> inputs;  // "raw=scan.h5:/exchange/data"
    std::string version;
    // What else changes the values: the inputs were CF decoded; the results were stored as another type.
    bool cf = false;
    std::optional<DType> dtype = std::nullopt;
};
// Writes attribute `heddle_provenance` (JSON text); cf and dtype only where they are set.
void write_provenance(OutputFile& file, OutputDataset to, const Provenance& provenance);

}  // namespace heddle::io
