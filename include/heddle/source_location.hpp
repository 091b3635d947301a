#pragma once

#include <cstdint>

namespace heddle {

// std::source_location for every supported compiler: clang 14 cannot compile the standard library's own. As a default
// argument, `SourceLocation where = SourceLocation::current()` is the caller's place. The texts live for ever.
class SourceLocation {
public:
    constexpr SourceLocation() = default;

    static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                            const char* function = __builtin_FUNCTION(), int line = __builtin_LINE()) {
        SourceLocation here;
        here.file_ = file;
        here.function_ = function;
        here.line_ = static_cast<std::uint32_t>(line);
        return here;
    }

    constexpr const char* file_name() const { return file_; }
    constexpr const char* function_name() const { return function_; }
    // 0 when the place is not known.
    constexpr std::uint32_t line() const { return line_; }

private:
    const char* file_ = "";
    const char* function_ = "";
    std::uint32_t line_ = 0;
};

}  // namespace heddle
