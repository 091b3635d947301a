#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::expr {

// A piece of a source text, in bytes: [begin, end), and where a caret belongs in it (an operator, a function's name).
struct Span {
    std::size_t begin = 0, end = 0, mark = 0;
};

// The three parts of a message (see heddle::Error).
struct Message {
    std::string problem, reason, remedy;
};

// A statement of a text that was put together from several places: where it and its expression begin, and the place
// that messages give for it.
struct Piece {
    std::size_t begin = 0, expression = 0;
    std::string label;
};

// The text of an expression, kept for messages that point into it. Immutable; any thread may read it.
class Source {
public:
    // Throws ParseError for a text that is too long or is not valid UTF-8.
    explicit Source(std::string text, std::vector<Piece> pieces = {});

    std::string_view text() const { return text_; }

    struct Place {
        int line, column;  // from 1; columns count characters
    };
    Place place(std::size_t offset) const;
    // "column 7", or "line 2, column 7" where the text has several lines; in a piece, these of its expression behind
    // its label.
    std::string where(std::size_t offset) const;
    // The message with the place in front of it, and the line with a caret under the place behind it.
    Message point(const Span& span, Message message) const;
    // Throws the ParseError that points there.
    [[noreturn]] void fail(const Span& span, Message message) const;
    // The same for one byte offset.
    [[noreturn]] void fail(std::size_t offset, Message message) const;

private:
    const Piece* piece_at(std::size_t offset) const;
    std::string picture(const Span& span) const;
    std::string text_;
    std::vector<Piece> pieces_;  // ascending
};

inline constexpr std::size_t kMaxSourceBytes = std::size_t{1} << 18;

// The code point that starts at `offset` of valid UTF-8, and its length in bytes; {0, 0} at the end.
struct CodePoint {
    char32_t value;
    std::size_t length;
};
CodePoint code_point_at(std::string_view text, std::size_t offset);
// The offset of the first byte that is not part of valid UTF-8, or text.size().
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace heddle::expr
