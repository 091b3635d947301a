#pragma once

#include <cstddef>

#include "heddle/array.hpp"
#include "heddle/engine.hpp"

namespace heddle {

enum class Cf : std::uint8_t { raw, decode };
enum class FileLock : std::uint8_t { yes, no };
struct OpenOptions {
    Cf cf =
        Cf::raw;  // decode: _FillValue, missing_value, _Unsigned, scale_factor and add_offset as xarray applies them
    FileLock lock = FileLock::yes;
};

// The dataset as a lazy array; its values are read when an evaluation needs them. Throws IoError when the file or the
// dataset cannot be opened or its type is not numeric. Any thread.
HEDDLE_API Array open_dataset(const std::string& file, const std::string& path, OpenOptions options = {});
// An attribute of a dataset or group, read now: rank 0 for a scalar.
HEDDLE_API Array open_attribute(const std::string& file, const std::string& path, const std::string& attribute,
                                OpenOptions options = {});

enum class Overwrite : std::uint8_t { refuse, replace };
struct WriteOptions {
    std::string group = "/";           // where the datasets go; made when it is missing
    std::optional<DType> dtype = {};   // converted as astype does; the array's own type by default
    std::optional<Shape> chunks = {};  // those of the first input of the same shape by default
    int gzip = -1;                     // 0 to 9; -1: none
    bool shuffle = false;
    bool fletcher32 = false;
    Overwrite overwrite = Overwrite::refuse;
    std::string provenance = {};  // kept in the attribute heddle_provenance of each dataset
};

// Evaluates the arrays into datasets of a new file: all of them, or nothing. The file appears under its name when it
// is complete and synced; until then, and after any error, what was there before stays. Throws IoError, OutOfMemory
// and whatever the evaluation throws. Any thread; blocks until the file is there.
HEDDLE_API void write_hdf5(Engine& engine, const std::string& file, std::span<const NamedArray> arrays,
                           const WriteOptions& options = {});

}  // namespace heddle
