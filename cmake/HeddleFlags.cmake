set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# The host's code is plumbing; kernels/ gets -O3 below.
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

find_program(HEDDLE_CCACHE ccache)
if(HEDDLE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without these ccache compiles all that takes a precompiled header anew.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${HEDDLE_CCACHE}")
endif()

add_library(heddle_flags INTERFACE)
# -ffp-contract=off: results must be the same bits whatever instructions the machine has.
target_compile_options(heddle_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wconversion;-ffp-contract=off>)
# The same of nvcc: on the device, and, handed on, on the host.
target_compile_options(heddle_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false;-Xcompiler=-Wall,-Wextra,-ffp-contract=off>)
# clang's -Wconversion also warns of signedness, gcc's does not; gcc's meaning holds for both.
target_compile_options(heddle_flags INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-sign-conversion>)
# g++ 12 sees overlapping copies in std::string's own operators (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(heddle_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
target_compile_definitions(heddle_flags INTERFACE
    HEDDLE_VERSION="${PROJECT_VERSION}" HEDDLE_DEBUG_CHECKS=$<BOOL:${HEDDLE_DEBUG_CHECKS}>)
target_link_options(heddle_flags INTERFACE -Wl,--as-needed)
if(HEDDLE_WERROR)
    target_compile_options(heddle_flags INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Werror> $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
endif()

if(HEDDLE_SANITIZE)
    target_compile_options(heddle_flags INTERFACE
        -fsanitize=${HEDDLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(heddle_flags INTERFACE -fsanitize=${HEDDLE_SANITIZE})
    # What the sanitizers insert makes g++ lose track of initialisation, in <regex> for one.
    target_compile_options(heddle_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
# Two thirds of a build with sanitizers were the tests and the command, and of these the optimiser, which they do not need.
add_library(heddle_unoptimised INTERFACE)
if(HEDDLE_SANITIZE)
    target_compile_options(heddle_unoptimised INTERFACE -O0)
endif()
if(HEDDLE_FUZZ)
    target_compile_options(heddle_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Kernels are compiled for speed, and for their instruction set where the file's name says one.
# No errno and no floating-point traps: both only hinder vectorisation, neither changes a result.
function(heddle_kernel_flags)
    foreach(source IN LISTS ARGN)
        set(flags $<$<CONFIG:Release>:-O3> -fno-math-errno -fno-trapping-math)
        # A loop that clang leaves scalar is slower, not wrong.
        list(APPEND flags $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)
        if(source MATCHES "_avx2\\.cpp$")
            list(APPEND flags -mavx2 -mfma -mf16c)
        elseif(source MATCHES "_avx512\\.cpp$")
            list(APPEND flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c)
        endif()
        set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS ${flags})
    endforeach()
endfunction()
