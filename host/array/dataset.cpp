#include "host/io/dataset.hpp"
#include "heddle/error.hpp"
#include "heddle/functions.hpp"
#include "heddle/hdf5.hpp"
#include "host/array/node.hpp"
#include "host/io/attribute.hpp"
#include "host/io/cf.hpp"
#include "host/io/file.hpp"

namespace heddle {
namespace {

io::Locking locking(const OpenOptions& options) {
    return options.lock == FileLock::no ? io::Locking::off : io::Locking::automatic;
}

Array weak_number(const io::Number& number) {
    return std::visit([](auto value) { return Array(value); }, number);
}

// xarray's decode_cf as ordinary operations, which fuse with what follows.
Array decode(const Array& stored, const io::CfDecoding& cf) {
    const Array raw = cf.reinterpret ? stored.astype(*cf.reinterpret) : stored;
    Array values = raw.astype(cf.result);
    for (const auto& fill : cf.fill_values)
        values = where(raw == weak_number(fill), std::numeric_limits<double>::quiet_NaN(), values);
    if (cf.scale) values = values * *cf.scale;
    if (cf.offset) values = values + *cf.offset;
    return values;
}

}  // namespace

Array open_dataset(const std::string& file, const std::string& path, OpenOptions options) {
    auto dataset = io::Dataset::open(io::InputFile::open(file, locking(options)), path);
    const auto dtype = dataset->dtype();
    const auto shape = dataset->shape();
    const auto cf = options.cf == Cf::decode ? io::cf_decoding(*dataset) : io::CfDecoding{};
    const Array stored(array::make_node(array::Stored{std::move(dataset)}, dtype, shape));
    return cf.active() ? decode(stored, cf) : stored;
}

Array open_attribute(const std::string& file, const std::string& path, const std::string& attribute,
                     OpenOptions options) {
    const auto value = io::attribute_of(io::InputFile::open(file, locking(options))->locate(path), attribute);
    if (!value.is_number())
        throw IoError("attribute '" + attribute + "' of " + file + ":" + path + " is no number",
                      value.error.empty() ? "its type is " + value.type : value.error,
                      "use a numeric attribute, or give the number itself");
    if (value.shape.empty())
        return Array(array::make_constant(expr::Scalar::load(value.values.data(), *value.dtype), false));
    const auto count = static_cast<std::size_t>(value.count());
    return detail::array_from_bytes(*value.dtype, value.values.data(), count, value.shape, true);
}

}  // namespace heddle
