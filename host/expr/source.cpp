#include "host/expr/source.hpp"

#include <algorithm>
#include <utility>

#include "heddle/error.hpp"

namespace heddle::expr {
namespace {

// A longer line is cut to this many characters around the caret.
constexpr std::size_t kMaxShown = 100;

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

// One entry for each character, so that a cut never splits one; what a terminal would act on becomes a space.
std::u32string characters(std::string_view line) {
    std::u32string out;
    for (std::size_t i = 0; i < line.size();) {
        auto [value, length] = code_point_at(line, i);
        out.push_back(value < 0x20 || (value >= 0x7F && value < 0xA0) ? U' ' : value);
        i += length;
    }
    return out;
}

void append(std::string& out, char32_t c) {
    auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80U | ((c >> shift) & 0x3FU))); };
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        out.push_back(static_cast<char>(0xC0U | (c >> 6)));
        tail(0);
    } else if (c < 0x10000) {
        out.push_back(static_cast<char>(0xE0U | (c >> 12)));
        tail(6), tail(0);
    } else {
        out.push_back(static_cast<char>(0xF0U | (c >> 18)));
        tail(12), tail(6), tail(0);
    }
}

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t offset) {
    if (offset >= text.size()) return {0, 0};
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
    auto length = sequence_length(byte(0));
    if (length <= 1 || offset + length > text.size()) return {byte(0), 1};
    char32_t value = byte(0) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (byte(i) & 0x3FU);
    return {value, length};
}

std::size_t first_invalid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        auto length = sequence_length(static_cast<unsigned char>(text[i]));
        if (length == 0 || i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k)
            if (starts_character(text[i + k])) return i;
        auto value = code_point_at(text, i).value;
        bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
        if (overlong || (value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF) return i;
        i += length;
    }
    return text.size();
}

Source::Source(std::string text, std::vector<Piece> pieces) : text_(std::move(text)), pieces_(std::move(pieces)) {
    if (text_.size() > kMaxSourceBytes) {
        auto size = text_.size();
        text_.clear();
        throw ParseError("the expression is too long",
                         std::to_string(size) + " bytes are more than the limit of " + std::to_string(kMaxSourceBytes),
                         "split the work over several runs", 1, 1);
    }
    auto bad = first_invalid_utf8(text_);
    if (bad == text_.size()) return;
    auto [line, column] = place(bad);
    throw ParseError(where(bad) + ": the expression is not text",
                     "byte " + std::to_string(bad) + " is not part of valid UTF-8", "save the text as UTF-8", line,
                     column);
}

Source::Place Source::place(std::size_t offset) const {
    auto before = text().substr(0, offset);
    auto line_start = before.rfind('\n') + 1;  // npos + 1 == 0
    auto column = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(),
                                [](char c) { return starts_character(c); });
    return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1, static_cast<int>(column) + 1};
}

const Piece* Source::piece_at(std::size_t offset) const {
    const auto next = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                       [](std::size_t at, const Piece& piece) { return at < piece.begin; });
    return next == pieces_.begin() ? nullptr : &*std::prev(next);
}

std::string Source::where(std::size_t offset) const {
    if (const auto* piece = piece_at(offset)) {
        if (offset < piece->expression) return piece->label;
        const auto* next = piece + 1 == pieces_.data() + pieces_.size() ? nullptr : piece + 1;
        auto own = text().substr(0, next ? next->begin : text_.size()).substr(piece->expression);
        while (own.ends_with('\n')) own.remove_suffix(1);
        return piece->label + ": " + Source(std::string(own)).where(offset - piece->expression);
    }
    auto [line, column] = place(offset);
    auto text = "column " + std::to_string(column);
    return text_.find('\n') == std::string::npos ? text : "line " + std::to_string(line) + ", " + text;
}

std::string Source::picture(const Span& span) const {
    auto start = span.mark == 0 ? 0 : text_.rfind('\n', span.mark - 1) + 1;
    if (const auto* piece = piece_at(span.mark))
        start = std::max(start, span.mark < piece->expression ? piece->begin : piece->expression);
    auto stop = std::min(text_.find('\n', span.mark), text_.size());
    auto line = characters(text().substr(start, stop - start));
    auto caret = characters(text().substr(start, span.mark - start)).size();
    auto length = std::min(span.end, stop) > span.mark
                      ? characters(text().substr(span.mark, std::min(span.end, stop) - span.mark)).size()
                      : 1;
    std::size_t first = 0;
    if (line.size() > kMaxShown) first = std::min(caret - std::min(caret, kMaxShown / 2), line.size() - kMaxShown);
    auto shown = line.substr(first, kMaxShown);
    length = std::min(length, std::max<std::size_t>(1, first + shown.size() - std::min(caret, first + shown.size())));
    std::string out = first > 0 ? "\n  …" : "\n  ";
    auto indent = caret - first + (first > 0 ? 3 : 2);
    for (auto c : shown) append(out, c);
    if (first + shown.size() < line.size()) out += "…";
    return out + "\n" + std::string(indent, ' ') + "^" + std::string(length - 1, '~');
}

Message Source::point(const Span& span, Message message) const {
    message.problem = where(span.mark) + ": " + message.problem;
    auto& last = !message.remedy.empty() ? message.remedy : !message.reason.empty() ? message.reason : message.problem;
    last += picture(span);
    return message;
}

void Source::fail(const Span& span, Message message) const {
    auto [line, column] = place(span.mark);
    auto m = point(span, std::move(message));
    throw ParseError(std::move(m.problem), std::move(m.reason), std::move(m.remedy), line, column);
}

void Source::fail(std::size_t offset, Message message) const { fail(Span{offset, offset, offset}, std::move(message)); }

}  // namespace heddle::expr
