#pragma once

#include <string>
#include <vector>

namespace heddle::device::cuda {

// A shared library that is opened while the program runs, because it is missing where there is no CUDA. Never closed.
class Library {
public:
    // The first that opens of `names`. Looked for beside this binary and where the loader looks, and at last in the
    // toolkit that this build was made with.
    explicit Library(const std::vector<std::string>& names);

    explicit operator bool() const { return handle_ != nullptr; }
    const std::string& name() const { return name_; }      // of the one that opened
    const std::string& reason() const { return reason_; }  // why none did

    // Fills in one entry of a function table; false when the library has no such function.
    template <class Function>
    bool get(Function*& function, const char* symbol) const {
        function = reinterpret_cast<Function*>(find(symbol));
        return function != nullptr;
    }

private:
    void* find(const char* symbol) const;

    void* handle_ = nullptr;
    std::string name_, reason_;
};

}  // namespace heddle::device::cuda
