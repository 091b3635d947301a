#include "host/device/cuda/library.hpp"

#include <dlfcn.h>

namespace heddle::device::cuda {
namespace {

// RTLD_LOCAL: a program's own copy of the same library keeps its symbols.
void* open(const std::string& path, std::string& reason) {
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr && reason.empty())
        if (const char* text = ::dlerror()) reason = text;
    return handle;
}

}  // namespace

Library::Library(const std::vector<std::string>& names) {
    for (const std::string& folder : {std::string(), std::string(HEDDLE_TOOLKIT_LIBRARIES "/")})
        for (const auto& name : names)
            if ((handle_ = open(folder + name, reason_)) != nullptr) {
                name_ = name;
                reason_.clear();
                return;
            }
}

void* Library::find(const char* symbol) const { return handle_ == nullptr ? nullptr : ::dlsym(handle_, symbol); }

}  // namespace heddle::device::cuda
