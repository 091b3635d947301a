#include "tests/expr/cuda_support.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "host/device/nvrtc.hpp"
#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

struct Nvrtc {
    using Program = void*;
    int (*version)(int*, int*) = nullptr;
    int (*create)(Program*, const char*, const char*, int, const char* const*, const char* const*) = nullptr;
    int (*compile)(Program, int, const char* const*) = nullptr;
    int (*destroy)(Program*) = nullptr;
    int (*log_size)(Program, std::size_t*) = nullptr;
    int (*log)(Program, char*) = nullptr;
    int (*ptx_size)(Program, std::size_t*) = nullptr;
    int (*ptx)(Program, char*) = nullptr;
    std::string problem;

    Nvrtc() {
        const std::string toolkit = HEDDLE_TEST_NVRTC;
        if (toolkit.empty()) {
            problem = "this build has no CUDA";
            return;
        }
        void* library = nullptr;
        // First what lies beside the program, then the toolkit's; as the library does, which also opens the second
        // library that NVRTC needs.
        for (const std::string& folder : {std::string(), toolkit + "/"}) {
            for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12"}) {
                if (library == nullptr) library = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL);
            }
        }
        if (library == nullptr || !device::nvrtc_available()) {
            problem = "NVRTC is not found";
            return;
        }
        const auto get = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
            if (function == nullptr) problem = std::string("no ") + name;
        };
        get(version, "nvrtcVersion");
        get(create, "nvrtcCreateProgram");
        get(compile, "nvrtcCompileProgram");
        get(destroy, "nvrtcDestroyProgram");
        get(log_size, "nvrtcGetProgramLogSize");
        get(log, "nvrtcGetProgramLog");
        get(ptx_size, "nvrtcGetPTXSize");
        get(ptx, "nvrtcGetPTX");
    }
};

const Nvrtc& nvrtc() {
    static const Nvrtc opened;
    return opened;
}

}  // namespace

std::optional<Emulation> Emulation::compile(const std::vector<EmulatedKernel>& kernels) {
    const fs::path prelude = source_path("tests/expr/cuda_emulation.hpp");
    if (access(HEDDLE_TEST_CXX, X_OK) != 0 || !fs::exists(prelude)) return std::nullopt;
    const TempDir folder;
    // The standard headers are the compiler's own.
    for (const auto& [name, text] : expr::cuda_headers())
        if (name.find('/') != std::string::npos) write(folder.path() / name, text);
    std::vector<std::string> units(std::min<std::size_t>(4, kernels.size()), "#include \"" + prelude.string() + "\"\n");
    for (std::size_t k = 0; k < kernels.size(); ++k) {
        const auto& [kernel, together] = kernels[k];
        units[k % units.size()] += kernel->source + "HEDDLE_EMULATE(" + kernel->entry + ", " + together + ")\n";
    }
    std::vector<int> failed(units.size());
    const auto build = [&](std::size_t u) {
        const std::string path = (folder.path() / ("unit" + std::to_string(u))).string();
        write(path + ".cpp", units[u]);
        const std::string command = HEDDLE_TEST_CXX
                                    " -std=c++20 -O0 -w -shared -fPIC -ffp-contract=off "
                                    "-fno-strict-aliasing -I '" +
                                    folder.path().string() + "' -o '" + path + ".so' '" + path + ".cpp'";
        failed[u] = std::system(command.c_str());
    };
    std::vector<std::thread> builders;
    for (std::size_t half : {0u, 1u}) {
        builders.emplace_back([&, half] {
            for (std::size_t u = half; u < units.size(); u += 2) build(u);
        });
    }
    for (std::thread& builder : builders) builder.join();
    Emulation result;
    for (std::size_t u = 0; u < units.size(); ++u) {
        const std::string path = (folder.path() / ("unit" + std::to_string(u) + ".so")).string();
        void* library = failed[u] == 0 ? dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
        if (library == nullptr) throw std::runtime_error("a unit of generated kernels is not C++");
        result.libraries_.push_back(library);
    }
    return result;
}

Emulated Emulation::find(const std::string& entry) const {
    for (void* library : libraries_) {
        void* found = dlsym(library, ("emulated_" + entry).c_str());
        if (found != nullptr) return reinterpret_cast<Emulated>(found);
    }
    throw std::runtime_error("no kernel " + entry);
}

std::string why_no_nvrtc() { return nvrtc().problem; }

std::string compile_with_nvrtc(const std::string& source, int architecture, Effort effort, std::string* ptx) {
    const Nvrtc& n = nvrtc();
    const auto headers = expr::cuda_headers();
    std::vector<const char*> names, texts, options;
    for (const auto& [name, text] : headers) {
        names.push_back(name.c_str());
        texts.push_back(text.c_str());
    }
    std::vector<std::string> all = expr::cuda_options();
    all.push_back((ptx != nullptr ? "--gpu-architecture=compute_" : "--gpu-architecture=sm_") +
                  std::to_string(architecture));
    int major = 0, minor = 0;
    if (effort == Effort::quick && n.version(&major, &minor) == 0 && major >= 13) all.push_back("--Ofast-compile=max");
    for (const std::string& option : all) options.push_back(option.c_str());
    Nvrtc::Program program = nullptr;
    if (n.create(&program, source.c_str(), "generated.cu", static_cast<int>(names.size()), texts.data(), names.data()))
        return "cannot make a program";
    std::string log;
    if (n.compile(program, static_cast<int>(options.size()), options.data()) != 0) {
        std::size_t size = 0;
        n.log_size(program, &size);
        log.resize(size);
        n.log(program, log.data());
    } else if (ptx != nullptr) {
        std::size_t size = 0;
        n.ptx_size(program, &size);
        ptx->resize(size);
        n.ptx(program, ptx->data());
    }
    n.destroy(&program);
    return log;
}

void expect_nvrtc_takes(const std::vector<expr::CudaKernel>& kernels, int part) {
    // Several a text, for the headers take time too, but few enough to tell which one the messages are about.
    constexpr std::size_t kTogether = 16;
    std::size_t count = 0, texts = 0;
    const auto compile = [&](const std::string& text) {
        if (text.empty()) return;
        const std::size_t turn = texts++ % 4;
        EXPECT_EQ(compile_with_nvrtc(text, 80, turn == 0 ? Effort::full : Effort::quick), "");
        EXPECT_EQ(compile_with_nvrtc(text, 90, turn == 2 ? Effort::full : Effort::quick), "");
    };
    std::string text;
    for (auto k = static_cast<std::size_t>(part); k < kernels.size(); k += kNvrtcParts) {
        text += kernels[k].source;
        if (++count % kTogether != 0) continue;
        compile(text);
        text.clear();
    }
    compile(text);
    std::printf("%zu of %zu kernels for sm_80 and sm_90\n", count, kernels.size());
}

}  // namespace heddle::test
