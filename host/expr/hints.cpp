#include "host/expr/hints.hpp"

#include <array>
#include <utility>

namespace heddle::expr {
namespace {

struct Replacement {
    std::string_view slip, remedy;
};

constexpr std::array<Replacement, 23> kOperators{{
    {"**=", "write a new name: y = x ** 2"},
    {"//=", "write a new name: y = x // 2"},
    {"===", "write '=='"},
    {"!==", "write '!='"},
    {"&&", "write 'and' or '&' for a logical and of two arrays"},
    {"||", "write 'or' or '|' for a logical or of two arrays"},
    {"<>", "write '!='"},
    {"=>", "write '>='"},
    {"=<", "write '<='"},
    {":=", "write the assignment as a statement of its own: name = expression"},
    {"->", "write a statement as: name = expression"},
    {"+=", "write a new name: y = x + 1"},
    {"-=", "write a new name: y = x - 1"},
    {"*=", "write a new name: y = x * 2"},
    {"/=", "write a new name: y = x / 2"},
    {"%=", "write a new name: y = x % 2"},
    {"&=", "write a new name: y = x & z"},
    {"|=", "write a new name: y = x | z"},
    {"^=", "write a new name: y = x ^ z"},
    {"!", "write 'not' or '~' for a logical not, '!=' for unequal"},
    {"?", "write where(condition, a, b) to choose between values"},
    {"{", "use ( ) for grouping, [ ] for lists and indexing"},
    {"}", "use ( ) for grouping, [ ] for lists and indexing"},
}};

struct Confusable {
    char32_t first, last;
    std::string_view name, remedy;
};

constexpr std::array<Confusable, 27> kCharacters{{
    {0x2010, 0x2015, "a typographic dash", "write a plain '-'"},
    {0x2212, 0x2212, "a typographic minus", "write a plain '-'"},
    {0xFE58, 0xFE63, "a typographic dash", "write a plain '-'"},
    {0x2018, 0x201F, "a typographic quote", "write a plain ' or \""},
    {0xAB, 0xAB, "a typographic quote", "write a plain ' or \""},
    {0xBB, 0xBB, "a typographic quote", "write a plain ' or \""},
    {0xB4, 0xB4, "an accent", "write a plain '"},
    {0xD7, 0xD7, "a multiplication sign", "write '*'"},
    {0xB7, 0xB7, "a multiplication dot", "write '*'"},
    {0x22C5, 0x22C5, "a multiplication dot", "write '*'"},
    {0x2217, 0x2219, "a typographic operator", "write '*'"},
    {0xF7, 0xF7, "a division sign", "write '/'"},
    {0x2044, 0x2044, "a typographic slash", "write '/'"},
    {0x2215, 0x2215, "a typographic slash", "write '/'"},
    {0x2264, 0x2264, "a typographic operator", "write '<='"},
    {0x2265, 0x2265, "a typographic operator", "write '>='"},
    {0x2260, 0x2260, "a typographic operator", "write '!='"},
    {0xB2, 0xB3, "a superscript", "write a power as x**2"},
    {0xB9, 0xB9, "a superscript", "write a power as x**1"},
    {0x221A, 0x221B, "a root sign", "write sqrt(x) or cbrt(x)"},
    {0x221E, 0x221E, "an infinity sign", "write inf"},
    {0x2227, 0x2228, "a logical sign", "write 'and' or 'or'"},
    {0xAC, 0xAC, "a logical sign", "write 'not'"},
    {0xA0, 0xA0, "a no-break space", "write a plain space"},
    {0x2000, 0x200F, "a typographic space", "write a plain space, or remove it"},
    {0x202F, 0x2060, "a typographic sign", "write a plain space, or remove it"},
    {0xFEFF, 0xFEFF, "an invisible space", "remove it"},
}};

constexpr std::array<Replacement, 26> kWords{{
    {"if", "write where(condition, a, b) for a if condition else b"},
    {"else", "write where(condition, a, b) for a if condition else b"},
    {"elif", "write where(condition, a, b)"},
    {"in", "compare with == and combine with '|': (x == 1) | (x == 2)"},
    {"is", "write '==' or '!='; isnan(x) finds NaN"},
    {"lambda", "write the operation itself; every operator works on whole arrays"},
    {"for", "write the operation on the whole array; there are no loops"},
    {"while", "write the operation on the whole array; there are no loops"},
    {"def", "assign a name to the expression: name = expression"},
    {"return", "write the expression alone, as the last line"},
    {"import", "remove it; NumPy's functions are here already, without a prefix"},
    {"from", "remove it; NumPy's functions are here already, without a prefix"},
    {"as", "remove it"},
    {"del", "remove it; memory is freed by itself"},
    {"assert", "remove it"},
    {"with", "remove it"},
    {"pass", "remove it"},
    {"yield", "remove it"},
    {"await", "remove it"},
    {"async", "remove it"},
    {"try", "remove it"},
    {"raise", "remove it"},
    {"class", "remove it"},
    {"global", "remove it"},
    {"break", "remove it"},
    {"continue", "remove it"},
}};

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

Slip slip_of_operator(std::string_view text) {
    // "!=" and "==" are right; "x[a:-1]" and "f(a=-1)" hold no slip because only these exact pairs count.
    if (text.starts_with("!=") && !text.starts_with("!==")) return {};
    for (auto [slip, remedy] : kOperators) {
        if (!text.starts_with(slip)) continue;
        bool changes = slip.size() > 1 && slip.back() == '=' && slip != "===" && slip != "!==" && slip != ":=";
        return {slip.size(),
                {"there is no operator " + in_quotes(slip), changes ? "arrays never change once they exist" : "",
                 std::string(remedy)}};
    }
    return {};
}

Message slip_of_character(char32_t c, const std::string& shown) {
    for (const auto& known : kCharacters)
        if (c >= known.first && c <= known.last)
            return {"'" + shown + "' is " + std::string(known.name), "", std::string(known.remedy)};
    if (c >= 0xFF01 && c <= 0xFF5E)
        return {"'" + shown + "' is a full-width character", "",
                std::string("write a plain '") + static_cast<char>(c - 0xFF01 + 0x21) + "'"};
    if (c == U'\\')
        return {"'\\' must be the last character of its line", "it continues the statement on the next line",
                "remove it, or what follows it"};
    if (c < 0x20 || c == 0x7F) {
        constexpr std::string_view hex = "0123456789abcdef";
        return {std::string("control character 0x") + hex[(c >> 4) & 15] + hex[c & 15] + " in the expression", "",
                "remove it"};
    }
    return {"'" + shown + "' has no meaning in an expression", "", "remove it, or quote it in a string"};
}

Message slip_of_word(std::string_view word) {
    for (auto [slip, remedy] : kWords)
        if (word == slip)
            return {in_quotes(word) + " is a reserved word", "an expression has no Python statements in it",
                    std::string(remedy)};
    return {};
}

}  // namespace heddle::expr
