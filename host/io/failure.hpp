#pragma once

#include <exception>
#include <string>
#include <utility>

#include "heddle/error.hpp"
#include "host/io/handle.hpp"

namespace heddle::io {

// A libhdf5 call failed: which one, and the innermost useful line of its error stack. Stays inside this folder.
class CallFailure : public std::exception {
public:
    CallFailure(std::string call, std::string reason) : call_(std::move(call)), reason_(std::move(reason)) {}
    const char* what() const noexcept override { return reason_.c_str(); }
    const std::string& call() const { return call_; }
    const std::string& reason() const { return reason_; }

private:
    std::string call_, reason_;
};

// Throws CallFailure for `call`, with the reason from libhdf5's error stack, which is cleared.
[[noreturn]] void throw_failure(const char* call);

// What a user can do about a reason that libhdf5 gave; `file` is named in it where that helps.
std::string remedy_for(const std::string& reason, const std::string& file);

class InputFile;

// Keeps the file from being closed when the reason tells of damaged metadata: libhdf5 may crash on closing such a file.
void note_damage(InputFile& file, const std::string& reason);
const std::string& path_of(const InputFile& file);

// Runs `work` under the library lock; a CallFailure becomes an IoError whose problem is `problem()`.
template <class Problem, class Work>
auto guarded(const std::string& file, Problem&& problem, Work&& work) -> decltype(work()) {
    LibraryLock lock;
    try {
        return work();
    } catch (const CallFailure& failure) {
        throw IoError(problem(), failure.reason(), remedy_for(failure.reason(), file));
    }
}

// The same about an input file.
template <class Problem, class Work>
auto guarded(InputFile& file, Problem&& problem, Work&& work) -> decltype(work()) {
    return guarded(path_of(file), problem, [&] {
        try {
            return work();
        } catch (const CallFailure& failure) {
            note_damage(file, failure.reason());
            throw;
        }
    });
}

}  // namespace heddle::io
