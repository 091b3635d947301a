#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "heddle/error.hpp"

namespace heddle::cli {

// A mistake in the command line, a job file or an expression: exit status 2.
class UsageError : public std::runtime_error {
    using runtime_error::runtime_error;
};

// Whether the text shows the task in which an error came up, and the further errors.
enum class Detail : std::uint8_t { brief, full };
// "problem: reason; remedy".
std::string message_of(const std::exception& error, Detail detail = Detail::brief);

// Runs a part that only reads what the user wrote: its errors are wrong usage, except for files that cannot be read.
template <class Parse>
auto reading_usage(Parse&& parse) {
    try {
        return std::forward<Parse>(parse)();
    } catch (const IoError&) {
        throw;
    } catch (const Error& error) {
        throw UsageError(message_of(error));
    }
}

}  // namespace heddle::cli
