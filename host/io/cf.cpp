#include "host/io/cf.hpp"

#include <charconv>
#include <cmath>

#include "heddle/error.hpp"

namespace heddle::io {
namespace {

const Attribute* find(const std::vector<Attribute>& attributes, const std::string& name) {
    for (const auto& a : attributes)
        if (a.name == name) return &a;
    return nullptr;
}

[[noreturn]] void throw_bad(const std::string& label, const Attribute& attribute, const std::string& reason) {
    throw IoError("cannot apply attribute '" + attribute.name + "' of " + label, reason,
                  "leave out CF decoding, or mend the attribute");
}

// Some writers store numbers as text; a text that is not wholly a number is an error.
double number_in_text(const std::string& label, const Attribute& attribute) {
    const auto& text = attribute.text.front();
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw_bad(label, attribute, "it is the text '" + text + "', not a number");
    return value;
}

struct Factor {
    double value;
    std::optional<DType> dtype;  // none for a number stored as text
};

std::optional<Factor> factor(const std::vector<Attribute>& attributes, const std::string& name,
                             const std::string& label) {
    const auto* a = find(attributes, name);
    if (a == nullptr) return std::nullopt;
    if (!a->error.empty()) throw_bad(label, *a, a->error);
    if (a->count() != 1) throw_bad(label, *a, "it holds " + std::to_string(a->count()) + " values where one is needed");
    if (a->is_text()) return Factor{number_in_text(label, *a), std::nullopt};
    if (is_complex(*a->dtype)) throw_bad(label, *a, "it is a complex number");
    return Factor{a->as_double(), a->dtype};
}

// The choice of _choose_float_dtype in xarray/coding/variables.py (2025), for at least one of the two.
DType float_for(DType stored, const std::optional<Factor>& scale, const std::optional<Factor>& offset) {
    const auto real = [](const Factor& f) { return f.dtype == DType::float32 ? DType::float32 : DType::float64; };
    if (!offset) return real(*scale);
    const bool alike = scale && scale->dtype == offset->dtype;
    const bool wide_integer = is_integer(stored) && size_of(stored) == 4;
    return alike && !wide_integer ? real(*offset) : DType::float64;
}

// Where NaN must fit and nothing is scaled: floats stay, narrow integers become float32, wide ones float64.
DType float_for_mask(DType stored) {
    if (is_float(stored) || is_complex(stored)) return stored;
    return size_of(stored) <= 2 && !is_bool(stored) ? DType::float32 : DType::float64;
}

std::optional<DType> other_sign(DType stored, const std::vector<Attribute>& attributes, const std::string& label) {
    const auto* a = find(attributes, "_Unsigned");
    if (a == nullptr || !is_integer(stored)) return std::nullopt;
    if (!a->error.empty()) throw_bad(label, *a, a->error);
    std::string flag = a->is_text() && !a->text.empty() ? a->text.front() : "";
    if (a->is_number() && a->count() == 1) flag = a->as_double() != 0.0 ? "true" : "false";
    for (auto& c : flag) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (flag != "true" && flag != "false") throw_bad(label, *a, "it is neither \"true\" nor \"false\"");
    if ((flag == "true") == is_unsigned(stored)) return std::nullopt;
    const int distance = static_cast<int>(DType::uint8) - static_cast<int>(DType::int8);
    return static_cast<DType>(static_cast<int>(stored) + (is_signed(stored) ? distance : -distance));
}

// The same bits in the other signedness.
Number reinterpreted(Number value, DType as) {
    if (std::holds_alternative<double>(value)) return value;
    const auto bits = std::visit([](auto v) { return static_cast<std::uint64_t>(v); }, value);
    switch (as) {
        case DType::uint8:
            return static_cast<std::int64_t>(static_cast<std::uint8_t>(bits));
        case DType::uint16:
            return static_cast<std::int64_t>(static_cast<std::uint16_t>(bits));
        case DType::uint32:
            return static_cast<std::int64_t>(static_cast<std::uint32_t>(bits));
        case DType::uint64:
            return bits;
        case DType::int8:
            return static_cast<std::int64_t>(static_cast<std::int8_t>(bits));
        case DType::int16:
            return static_cast<std::int64_t>(static_cast<std::int16_t>(bits));
        case DType::int32:
            return static_cast<std::int64_t>(static_cast<std::int32_t>(bits));
        default:
            return static_cast<std::int64_t>(bits);
    }
}

void add_fill_values(const std::vector<Attribute>& attributes, const std::string& name, const std::string& label,
                     CfDecoding& out) {
    const auto* a = find(attributes, name);
    if (a == nullptr) return;
    if (!a->error.empty()) throw_bad(label, *a, a->error);
    if (a->is_text() && a->text.empty()) return;
    if (a->dtype && is_complex(*a->dtype)) throw_bad(label, *a, "it is a complex number");
    const auto count = a->is_text() ? 1 : a->count();
    for (std::int64_t i = 0; i < count; ++i) {
        Number value = a->is_text() ? Number(number_in_text(label, *a)) : a->number(i);
        if (const auto* d = std::get_if<double>(&value); d != nullptr && std::isnan(*d)) continue;
        if (out.reinterpret) value = reinterpreted(value, *out.reinterpret);
        out.fill_values.push_back(value);
    }
}

}  // namespace

CfDecoding cf_decoding(DType stored, const std::vector<Attribute>& attributes, const std::string& label) {
    CfDecoding out;
    out.reinterpret = other_sign(stored, attributes, label);
    const auto viewed = out.reinterpret.value_or(stored);
    add_fill_values(attributes, "_FillValue", label, out);
    add_fill_values(attributes, "missing_value", label, out);
    const auto scale = factor(attributes, "scale_factor", label), offset = factor(attributes, "add_offset", label);
    if (scale) out.scale = scale->value;
    if (offset) out.offset = offset->value;
    // As xarray does: a float whose only fill value is NaN keeps its type when it is scaled.
    const bool only_nan = out.fill_values.empty() &&
                          (find(attributes, "_FillValue") != nullptr || find(attributes, "missing_value") != nullptr);
    if ((scale || offset) && !(only_nan && is_float(viewed)))
        out.result = float_for(viewed, scale, offset);
    else
        out.result = out.fill_values.empty() ? viewed : float_for_mask(viewed);
    if (is_complex(viewed)) out.result = viewed;
    return out;
}

CfDecoding cf_decoding(const Dataset& dataset) {
    return cf_decoding(dataset.dtype(), dataset.attributes(), "'" + dataset.label() + "'");
}

std::string packing_of(const Dataset& dataset) {
    const auto attributes = dataset.attributes();
    std::string names;
    try {
        const auto decoding = cf_decoding(dataset.dtype(), attributes, dataset.label());
        const auto add = [&](const char* name) {
            if (find(attributes, name) != nullptr) names += (names.empty() ? "" : ", ") + std::string(name);
        };
        if (decoding.reinterpret) add("_Unsigned");
        if (decoding.scale.value_or(1) != 1) add("scale_factor");
        if (decoding.offset.value_or(0) != 0) add("add_offset");
        if (!decoding.fill_values.empty()) {
            add("_FillValue");
            add("missing_value");
        }
    } catch (const Error&) {
        return {};
    }
    return names;
}

}  // namespace heddle::io
