#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/io/attribute.hpp"
#include "host/io/dataset.hpp"

namespace heddle::io {

// What turns stored values into physical ones under the CF conventions, by xarray's rules (decode_cf with
// mask_and_scale): view as `reinterpret`, cast to `result`, values equal to one of `fill_values` become NaN, then *
// scale, then + offset.
struct CfDecoding {
    std::optional<DType> reinterpret;  // same width, the other signedness (`_Unsigned`)
    std::vector<Number> fill_values;   // already in terms of `reinterpret`; NaN left out
    std::optional<double> scale, offset;
    DType result = DType::float64;  // the stored type when nothing is to be done

    // False when the stored values are the physical ones.
    bool active() const { return reinterpret || !fill_values.empty() || scale || offset; }
};

// Reads `_FillValue`, `missing_value`, `_Unsigned`, `scale_factor` and `add_offset`. IoError: a scale or offset that is
// not one number, a fill value that is text for a numeric dataset.
CfDecoding cf_decoding(const Dataset& dataset);
// The packing attributes that would change values, "scale_factor, _FillValue"; empty where none would, or where they
// cannot be applied.
std::string packing_of(const Dataset& dataset);
// The same on attributes; `label` names the dataset in errors.
CfDecoding cf_decoding(DType stored, const std::vector<Attribute>& attributes, const std::string& label);

}  // namespace heddle::io
