#include "host/pipeline/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "heddle/error.hpp"

namespace heddle::pipeline {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool exists(std::string_view file) {
    std::error_code ignored;
    return !file.empty() && std::filesystem::exists(std::filesystem::path(file), ignored);
}

std::size_t separator(std::string_view text, Probe probe) {
    if (probe == Probe::files)
        for (auto at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1))
            if (exists(text.substr(0, at))) return at;
    const auto slash = text.find(":/");
    return slash != std::string_view::npos ? slash : text.rfind(':');
}

template <class T>
std::optional<T> whole(std::string_view text, int base = 10) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_real(std::string_view text) {
    const bool plus = text.starts_with('+');
    if (plus) text.remove_prefix(1);
    if (text.empty() || (plus && (text.front() == '-' || text.front() == '+'))) return std::nullopt;
    // from_chars reads no "1_000" and no hexadecimal floats here: neither is a number of the language.
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range)
        throw ArgumentError(fmt::format("the number '{}' does not fit", text), "float64 ends near 1.8e308 and 4.9e-324",
                            "write a number inside that range");
    return value;
}

std::optional<Constant> parse_integer(std::string_view text) {
    const bool negative = text.starts_with('-');
    auto digits = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
    int base = 10;
    if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) base = 16;
    if (base == 16) digits.remove_prefix(2);
    const auto plain = [base](char c) {
        return is_digit(c) || (base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    };
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), plain)) return std::nullopt;
    const auto magnitude = whole<std::uint64_t>(digits, base);
    constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
    if (!magnitude || (negative && *magnitude > kTop))
        throw ArgumentError(fmt::format("the number '{}' does not fit", text), "it needs more than 64 bits",
                            "write it with a decimal point to have it as float64");
    if (negative) return Constant(static_cast<std::int64_t>(0 - *magnitude));
    if (*magnitude < kTop) return Constant(static_cast<std::int64_t>(*magnitude));
    return Constant(*magnitude);
}

std::optional<Constant> parse_complex(std::string_view text) {
    if (text.size() < 2 || (text.back() != 'j' && text.back() != 'J')) return std::nullopt;
    text.remove_suffix(1);
    // The imaginary part's sign: the last one that is not an exponent's.
    std::size_t split = 0;
    for (std::size_t i = text.size() - 1; i > 0 && split == 0; --i)
        if ((text[i] == '+' || text[i] == '-') && text[i - 1] != 'e' && text[i - 1] != 'E') split = i;
    const auto re = split == 0 ? std::optional<double>(0) : parse_real(text.substr(0, split));
    const auto im = parse_real(text.substr(split));
    if (!re || !im) return std::nullopt;
    return Constant(std::complex<double>(*re, *im));
}

}  // namespace

bool is_identifier(std::string_view text) {
    return !text.empty() && !is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || (c & 0x80) != 0; });
}

std::optional<Constant> parse_constant(std::string_view text) {
    if (text == "True" || text == "true") return Constant(true);
    if (text == "False" || text == "false") return Constant(false);
    if (auto integer = parse_integer(text)) return integer;
    if (const auto real = parse_real(text)) return Constant(*real);
    return parse_complex(text);
}

std::optional<Location> parse_location(std::string_view text, Probe probe) {
    const auto colon = separator(text, probe);
    if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
    Location location{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), std::nullopt};
    if (const auto at = location.path.rfind('@'); at != std::string::npos) {
        location.attribute = location.path.substr(at + 1);
        location.path.resize(at);
        if (location.path.empty()) location.path = "/";
        if (location.attribute->empty()) return std::nullopt;
    }
    return location;
}

std::variant<Location, Constant> parse_source(std::string_view name, std::string_view text) {
    if (text.empty())
        throw ArgumentError(fmt::format("input '{}' has no value", name), "nothing stands behind the '='",
                            fmt::format("write {}=FILE:PATH, {}=FILE:PATH@ATTRIBUTE or {}=NUMBER", name, name, name));
    if (const auto number = parse_constant(text)) return *number;
    if (auto location = parse_location(text)) return *std::move(location);
    if (exists(text))
        throw ArgumentError(fmt::format("input '{}={}' names no dataset", name, text),
                            "a file alone does not say which of its datasets is meant",
                            fmt::format("write {}={}:/PATH; `heddle info {}` lists the paths", name, text, text));
    const char* reason = text.ends_with(':')   ? "no path stands behind the ':'"
                         : text.ends_with('@') ? "no attribute stands behind the '@'"
                                               : "there is no ':' that separates a file from a path";
    throw ArgumentError(fmt::format("input '{}={}' is neither a dataset nor a number", name, text), reason,
                        fmt::format("write {}=FILE:PATH, {}=FILE:PATH@ATTRIBUTE or {}=NUMBER", name, name, name));
}

Input parse_input(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos)
        throw ArgumentError(fmt::format("'{}' is not an input", text), "there is no '=' in it",
                            "write NAME=FILE:PATH, NAME=FILE:PATH@ATTRIBUTE or NAME=NUMBER");
    const auto name = text.substr(0, equals);
    if (!is_identifier(name))
        throw ArgumentError(fmt::format("'{}' is not a name for an input", name),
                            "a name is letters, digits and '_', and does not start with a digit",
                            "write NAME=FILE:PATH, NAME=FILE:PATH@ATTRIBUTE or NAME=NUMBER");
    return {std::string(name), parse_source(name, text.substr(equals + 1))};
}

OutputPlace parse_output(std::string_view text) {
    if (text.empty() || text.starts_with(':'))
        throw ArgumentError(fmt::format("'{}' is not an output", text), "it names no file",
                            "write -o out.h5 or -o out.h5:/group");
    OutputPlace place{std::string(text), "/"};
    auto colon = text.find(":/");
    if (colon == std::string_view::npos && (colon = text.rfind(':')) != std::string_view::npos) {
        constexpr std::array<std::string_view, 6> endings{".h5", ".hdf5", ".nc", ".nc4", ".hdf", ".he5"};
        const auto file = text.substr(0, colon);
        const auto fits = [&](std::string_view ending) { return file.ends_with(ending); };
        if (std::none_of(endings.begin(), endings.end(), fits)) colon = std::string_view::npos;
    }
    if (colon == std::string_view::npos) return place;
    place.file = std::string(text.substr(0, colon));
    place.group = std::string(text.substr(colon + 1));
    if (place.group.empty()) place.group = "/";
    if (!place.group.starts_with('/')) place.group.insert(0, "/");
    return place;
}

std::string describe(const Input& input) {
    struct Visitor {
        std::string operator()(const Location& at) const {
            return at.file + ":" + at.path + (at.attribute ? "@" + *at.attribute : "");
        }
        std::string operator()(const Constant& value) const { return std::visit(*this, value); }
        std::string operator()(bool value) const { return value ? "True" : "False"; }
        std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
        std::string operator()(std::uint64_t value) const { return fmt::format("{}", value); }
        std::string operator()(double value) const { return fmt::format("{}", value); }
        std::string operator()(std::complex<double> value) const {
            return fmt::format("{}{:+}j", value.real(), value.imag());
        }
    };
    return std::visit(Visitor{}, input.source);
}

}  // namespace heddle::pipeline
