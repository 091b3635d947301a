#include "host/cli/print_array.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/cli/number_format.hpp"

namespace heddle::cli {
namespace {

// numpy/core/arrayprint.py, _formatArray.
class Printer {
public:
    explicit Printer(const pipeline::Preview& preview)
        : preview_(preview), strides_(dense_strides(preview.kept)), format_(preview.dtype, preview.values) {}

    std::string print() { return level(0, 0, " ", kWidth); }

private:
    static constexpr int kWidth = 75;

    bool cut(int axis) const { return preview_.kept[axis] != preview_.shape[axis]; }

    std::string level(int axis, std::int64_t offset, const std::string& indent, int width) {
        const auto count = preview_.kept[axis];
        std::string text =
            axis + 1 == preview_.shape.rank() ? row(axis, offset, indent, width) : rows(axis, offset, indent, width);
        if (count == 0) return "[]";
        return "[" + text.substr(indent.size()) + "]";
    }

    std::string row(int axis, std::int64_t offset, const std::string& indent, int width) {
        const auto element_width = static_cast<std::size_t>(width - 1);
        std::string text, line = indent;
        const auto add = [&](const std::string& word) {
            if (line.size() + word.size() > element_width && line.size() > indent.size()) {
                text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
                line = indent;
            }
            line += word;
        };
        for (std::int64_t i = 0; i < preview_.kept[axis]; ++i) {
            if (i > 0) line += ' ';
            if (cut(axis) && i == pipeline::Preview::kEdge) {
                add("...");
                line += ' ';
            }
            const auto at = static_cast<std::size_t>(offset + i) * size_of(preview_.dtype);
            add(format_(preview_.values.data() + at));
        }
        return text + line;
    }

    std::string rows(int axis, std::int64_t offset, const std::string& indent, int width) {
        const std::string gap(static_cast<std::size_t>(preview_.shape.rank() - axis - 1), '\n');
        std::string text;
        for (std::int64_t i = 0; i < preview_.kept[axis]; ++i) {
            if (i > 0) text += gap;
            if (cut(axis) && i == pipeline::Preview::kEdge) text += indent + "..." + gap;
            text += indent + level(axis + 1, offset + i * strides_[axis], indent + " ", width - 1);
        }
        return text;
    }

    const pipeline::Preview& preview_;
    Shape strides_;
    ElementFormat format_;
};

nlohmann::ordered_json json_real(double value) {
    if (std::isfinite(value)) return value;
    return std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
}

nlohmann::ordered_json json_element(DType dtype, const std::byte* value) {
    if (is_bool(dtype)) return as_double(dtype, value) != 0;
    if (is_integer(dtype)) return nlohmann::ordered_json::parse(format_scalar(dtype, value));
    if (is_complex(dtype)) return {json_real(as_double(dtype, value)), json_real(as_double(dtype, value, 1))};
    return json_real(as_double(dtype, value));
}

nlohmann::ordered_json json_level(const pipeline::Preview& preview, const Shape& strides, int axis,
                                  std::int64_t offset) {
    if (axis == preview.shape.rank())
        return json_element(preview.dtype,
                            preview.values.data() + static_cast<std::size_t>(offset) * size_of(preview.dtype));
    auto list = nlohmann::ordered_json::array();
    for (std::int64_t i = 0; i < preview.shape[axis]; ++i)
        list.push_back(json_level(preview, strides, axis + 1, offset + i * strides[axis]));
    return list;
}

}  // namespace

std::string print_array(const pipeline::Preview& preview) {
    if (preview.shape.rank() == 0) return format_scalar(preview.dtype, preview.values.data());
    if (preview.shape.count() == 0) return "[]";
    return Printer(preview).print();
}

nlohmann::ordered_json json_values(const pipeline::Preview& preview) {
    return json_level(preview, dense_strides(preview.shape), 0, 0);
}

}  // namespace heddle::cli
