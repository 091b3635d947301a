#pragma once

#include <optional>
#include <string>

#include "heddle/dtype.hpp"
#include "heddle/shape.hpp"
#include "host/io/handle.hpp"

namespace heddle::io {

// How values of a stored type become values of a DType: read as `transfer`, then, where libhdf5 has no conversion of
// its own (enumerations), converted in place from `convert_from` to `convert_to`.
struct NumericType {
    DType dtype = DType::float64;
    Shape extra;  // the dimensions of an array type, appended to the dataset's shape
    std::string description;
    Handle transfer;
    Handle convert_from, convert_to;
};

// The numeric meaning of a stored type, or nothing. Needs the library lock.
std::optional<NumericType> numeric_type(Id stored);

// Finishes `values` values (array members counted one by one) that were read with `transfer`. Needs the library lock.
void finish_transfer(const NumericType& type, std::size_t values, void* data);

// h5py's boolean: an enumeration of one byte with exactly FALSE = 0 and TRUE = 1. Needs the library lock.
bool is_bool_enum(Id stored);

// Words for any stored type: "int16 big-endian", "string of 12", "compound {x: float32, y: float32}", …
std::string describe_type(Id stored);

// The type of a DType in memory and in new files: booleans as h5py's enumeration, complex as {r, i}.
Handle native_type(DType dtype);

}  // namespace heddle::io
