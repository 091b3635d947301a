#pragma once

#include <string>
#include <string_view>

namespace heddle::cli {

// Whether progress may be drawn on standard error.
bool stderr_is_terminal();
// Columns of the terminal on standard error, or of standard output; 80 where neither is one.
int terminal_width();
// Whether the locale of the environment says UTF-8.
bool locale_is_utf8();

// Writes to standard output. A reader that went away is no error: what comes after it is dropped, work goes on.
// IoError for every other failure (a full disk).
void print_out(std::string_view text);
// Writes to standard error; failures are ignored.
void print_err(std::string_view text) noexcept;

// Replaces control characters, which file names and attributes may hold, so that a terminal takes no orders from them.
std::string printable(std::string_view text);

}  // namespace heddle::cli
