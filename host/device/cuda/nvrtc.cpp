#include "host/device/nvrtc.hpp"

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <nvrtc.h>

#include "heddle/error.hpp"
#include "host/device/cuda/library.hpp"

namespace heddle::device {
namespace {

constexpr int kToolkitMajor = CUDART_VERSION / 1000;

// The toolkit's own major version first; the functions used here are the same in both.
std::vector<std::string> library_names() {
    std::vector<std::string> names{"libnvrtc.so." + std::to_string(kToolkitMajor)};
    for (const int major : {13, 12})
        if (major != kToolkitMajor) names.push_back("libnvrtc.so." + std::to_string(major));
    return names;
}

struct Nvrtc {
    cuda::Library library{library_names()};
    decltype(nvrtcVersion)* version = nullptr;
    decltype(nvrtcGetErrorString)* error_string = nullptr;
    decltype(nvrtcCreateProgram)* create = nullptr;
    decltype(nvrtcDestroyProgram)* destroy = nullptr;
    decltype(nvrtcCompileProgram)* compile = nullptr;
    decltype(nvrtcGetProgramLogSize)* log_size = nullptr;
    decltype(nvrtcGetProgramLog)* log = nullptr;
    decltype(nvrtcGetCUBINSize)* cubin_size = nullptr;
    decltype(nvrtcGetCUBIN)* cubin = nullptr;
    bool complete = library.get(version, "nvrtcVersion") && library.get(error_string, "nvrtcGetErrorString") &&
                    library.get(create, "nvrtcCreateProgram") && library.get(destroy, "nvrtcDestroyProgram") &&
                    library.get(compile, "nvrtcCompileProgram") && library.get(log_size, "nvrtcGetProgramLogSize") &&
                    library.get(log, "nvrtcGetProgramLog") && library.get(cubin_size, "nvrtcGetCUBINSize") &&
                    library.get(cubin, "nvrtcGetCUBIN");
};

// NVRTC opens a second library by its name. Where the first one was opened by its path, the loader does not search that
// folder, but takes one of that name which is already open.
bool open_builtins(const Nvrtc& found) {
    int major = 0, minor = 0;
    Dl_info place{};
    if (!found.complete || found.version(&major, &minor) != NVRTC_SUCCESS ||
        ::dladdr(reinterpret_cast<void*>(found.version), &place) == 0)
        return false;
    const std::string path = place.dli_fname;
    const std::string builtins = path.substr(0, path.rfind('/') + 1) + "libnvrtc-builtins.so." + std::to_string(major) +
                                 "." + std::to_string(minor);
    return ::dlopen(builtins.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr;
}

const Nvrtc& nvrtc() {
    static const Nvrtc table;
    [[maybe_unused]] static const bool with_builtins = open_builtins(table);
    return table;
}

[[noreturn]] void throw_result(const char* call, nvrtcResult result, const std::string& kernel, std::string reason,
                               std::string remedy) {
    throw DeviceError("the kernel '" + kernel + "' does not compile (" + call + ")", std::move(reason),
                      std::move(remedy), "nvrtc", result, nvrtc().error_string(result), DeviceError::State::usable);
}

class Program {
public:
    explicit Program(const CompileRequest& request) : name_(request.name) {
        std::vector<const char*> texts, names;
        for (const auto& [name, text] : request.headers) {
            names.push_back(name.c_str());
            texts.push_back(text.c_str());
        }
        check("nvrtcCreateProgram", nvrtc().create(&program_, request.source.c_str(), request.name.c_str(),
                                                   static_cast<int>(texts.size()), texts.data(), names.data()));
    }
    ~Program() { nvrtc().destroy(&program_); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void compile(const std::vector<std::string>& options) {
        std::vector<const char*> texts;
        for (const auto& option : options) texts.push_back(option.c_str());
        const auto result = nvrtc().compile(program_, static_cast<int>(texts.size()), texts.data());
        if (result == NVRTC_SUCCESS) return;
        const auto said = log();
        throw_result("nvrtcCompileProgram", result, name_,
                     std::string(nvrtc().error_string(result)) + (said.empty() ? "" : "\n" + said),
                     result == NVRTC_ERROR_COMPILATION
                         ? "correct the source where the log points"
                         : "see that NVRTC " + nvrtc_version() + " knows this architecture and these options");
    }

    std::vector<char> cubin() {
        std::size_t size = 0;
        check("nvrtcGetCUBINSize", nvrtc().cubin_size(program_, &size));
        std::vector<char> code(size);
        check("nvrtcGetCUBIN", nvrtc().cubin(program_, code.data()));
        return code;
    }

private:
    void check(const char* call, nvrtcResult result) const {
        if (result != NVRTC_SUCCESS)
            throw_result(call, result, name_, nvrtc().error_string(result),
                         "reinstall NVRTC (" + nvrtc().library.name() + " and libnvrtc-builtins of the same version)");
    }

    std::string log() const {
        std::size_t size = 0;  // with the closing NUL
        if (nvrtc().log_size(program_, &size) != NVRTC_SUCCESS || size <= 1) return {};
        std::string text(size, '\0');
        if (nvrtc().log(program_, text.data()) != NVRTC_SUCCESS) return {};
        text.resize(size - 1);
        while (!text.empty() && text.back() == '\n') text.pop_back();
        return text;
    }

    std::string name_;
    nvrtcProgram program_ = nullptr;
};

}  // namespace

bool nvrtc_available() { return nvrtc().complete; }

std::string nvrtc_version() {
    int major = 0, minor = 0;
    if (!nvrtc_available() || nvrtc().version(&major, &minor) != NVRTC_SUCCESS) return {};
    return std::to_string(major) + "." + std::to_string(minor);
}

std::vector<char> compile_cubin(const CompileRequest& request) {
    if (!nvrtc_available())
        throw NotBuilt("the kernel '" + request.name + "' cannot be compiled",
                       nvrtc().library ? nvrtc().library.name() + " lacks functions of NVRTC"
                                       : "the compiler NVRTC is not found (" + nvrtc().library.reason() + ")",
                       "install it (CUDA's package cuda-nvrtc, or pip's nvidia-cuda-nvrtc) where the loader finds "
                       "libnvrtc.so." +
                           std::to_string(kToolkitMajor));
    auto options = compile_options(request.architecture);
    options.insert(options.end(), request.options.begin(), request.options.end());
    Program program(request);
    program.compile(options);
    return program.cubin();
}

}  // namespace heddle::device
