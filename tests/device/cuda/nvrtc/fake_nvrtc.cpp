// A stand-in for NVRTC, found under its name: it compiles the source as C++ for the CPU.
#include <nvrtc.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/device/cuda/nvrtc/fake_binary.hpp"

namespace fs = std::filesystem;

struct _nvrtcProgram {
    std::string source, name, entry, log;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string binary;
};

namespace {

std::atomic<int> compiled{0};

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool compile(_nvrtcProgram& program, const fs::path& folder) {
    for (const auto& [name, text] : program.headers) {
        // The standard headers are the compiler's own.
        if (name.find('/') == std::string::npos) continue;
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
    }
    // How many threads go on together: see cuda_emulation.hpp.
    const auto calls = [&](const char* name) { return program.source.find(name) != std::string::npos; };
    const std::string together = calls("device::leaves<") ? "kWarp" : calls("device::histogram<") ? "kBlock" : "kAlone";
    const auto& entry = program.entry;
    const fs::path unit = folder / "unit.cpp", made = folder / "unit.so", log = folder / "log";
    const bool generated = program.source.find(entry + "_code") != std::string::npos;
    if (generated)
        std::ofstream(unit) << "#include \"" HEDDLE_EMULATION "\"\n"
                            << program.source << "HEDDLE_EMULATE(" << entry << ", " << together << ")\n"
                            << "extern \"C\" const unsigned long parameter_bytes_" << entry
                            << " = sizeof(heddle::kernels::" << entry << "_code::Parameters);\n";
    else
        std::ofstream(unit) << "#include \"" HEDDLE_EMULATION "\"\n"
                            << "#define __host__\n#define __device__\n#include \"heddle/device_view.cuh\"\n"
                            << "#line 1 \"" << program.name << "\"\n"
                            << program.source << "\n#include \"" HEDDLE_USER_KERNEL "\"\nHEDDLE_USER_KERNEL(" << entry
                            << ")\n";
    const std::string command =
        HEDDLE_TEST_CXX " -std=c++20 -O0 -w -shared -fPIC -ffp-contract=off -fno-strict-aliasing -I '" +
        folder.string() + "' -o '" + made.string() + "' '" + unit.string() + "' 2>'" + log.string() + "'";
    const bool worked = std::system(command.c_str()) == 0;
    program.log = read(log);
    if (!worked) return false;
    const std::string code = read(made);
    const heddle::fake_cuda::BinaryHeader header{heddle::fake_cuda::kBinary, code.size()};
    program.binary.assign(reinterpret_cast<const char*>(&header), sizeof header);
    program.binary += code;
    return true;
}

}  // namespace

extern "C" {

nvrtcResult nvrtcVersion(int* major, int* minor) { return *major = 0, *minor = 0, NVRTC_SUCCESS; }
const char* nvrtcGetErrorString(nvrtcResult) { return "as the stand-in says"; }

nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* source, const char* name, int headers,
                               const char* const* texts, const char* const* names) {
    std::string entry = name;
    *program = new _nvrtcProgram{source, name, entry.substr(0, entry.find(".cu")), {}, {}, {}};
    for (int i = 0; i < headers; ++i) (*program)->headers.emplace_back(names[i], texts[i]);
    return NVRTC_SUCCESS;
}
nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program) { return delete *program, NVRTC_SUCCESS; }

nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int, const char* const*) {
    ++compiled;
    if (std::getenv("HEDDLE_FAKE_NVRTC_REFUSES") != nullptr) return program->log = "refused", NVRTC_ERROR_COMPILATION;
    std::string folder = (fs::temp_directory_path() / "heddle-nvrtc-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return NVRTC_ERROR_COMPILATION;
    const bool worked = compile(*program, folder);
    fs::remove_all(folder);
    return worked ? NVRTC_SUCCESS : NVRTC_ERROR_COMPILATION;
}
nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, std::size_t* size) {
    return *size = program->log.size() + 1, NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log) {
    return std::strcpy(log, program->log.c_str()), NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, std::size_t* size) {
    return *size = program->binary.size(), NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* code) {
    return std::memcpy(code, program->binary.data(), program->binary.size()), NVRTC_SUCCESS;
}

// How many programs were compiled.
int heddle_fake_nvrtc_compiled() { return compiled; }

}  // extern "C"
