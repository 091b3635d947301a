# HEDDLE_CUDA: AUTO builds the CUDA device where the toolkit is found, ON requires it, OFF leaves it out.
# Sets HEDDLE_CUDA_BUILT and cuda_sources; absence is host/device/no_cuda, so that no source asks. HEDDLE_CUDA_LANGUAGE says
# whether .cu files compile: with the toolkit's nvcc, the C++ compiler as its host compiler, C++20, for sm_80 and sm_90.
set(HEDDLE_CUDA AUTO CACHE STRING "The CUDA device: AUTO (where the toolkit is found), ON, OFF")
set_property(CACHE HEDDLE_CUDA PROPERTY STRINGS AUTO ON OFF)
# The first version whose runtime loads cubins by itself (cudaLibraryLoadData).
set(HEDDLE_CUDA_OLDEST 12.8)

set(HEDDLE_CUDA_BUILT OFF)
set(HEDDLE_CUDA_LANGUAGE OFF)
set(wanted "${HEDDLE_CUDA}")
# The driver maps address ranges that the sanitizers' shadow memory wants, and is not instrumented; what the sanitizers
# look at, the simulated device runs as well.
if(wanted STREQUAL AUTO AND (HEDDLE_SANITIZE OR HEDDLE_FUZZ))
    set(wanted OFF)
endif()
if(wanted)
    find_package(CUDAToolkit ${HEDDLE_CUDA_OLDEST} QUIET)
    # What scripts/setup-cuda has fetched comes last.
    file(GLOB fetched "${PROJECT_SOURCE_DIR}/build/cuda/nvidia/cu*")
    if(NOT CUDAToolkit_FOUND AND fetched AND NOT DEFINED CUDAToolkit_ROOT AND NOT DEFINED ENV{CUDAToolkit_ROOT})
        foreach(of_another IN ITEMS CUDAToolkit_BIN_DIR CUDAToolkit_NVCC_EXECUTABLE CUDAToolkit_SENTINEL_FILE CUDA_CUDART)
            unset(${of_another} CACHE)
        endforeach()
        unset(CUDAToolkit_TARGET_DIR)
        set(CUDAToolkit_ROOT "${fetched}")
        find_package(CUDAToolkit ${HEDDLE_CUDA_OLDEST} QUIET)
    endif()
    if(CUDAToolkit_FOUND AND TARGET CUDA::cudart_static)
        set(HEDDLE_CUDA_BUILT ON)
    elseif(NOT wanted STREQUAL AUTO)
        message(FATAL_ERROR "HEDDLE_CUDA=${HEDDLE_CUDA}, but no CUDA toolkit ${HEDDLE_CUDA_OLDEST} or newer with its "
            "static runtime was found (found: '${CUDAToolkit_VERSION}'); CUDAToolkit_ROOT says where to look")
    else()
        message(STATUS "No CUDA toolkit ${HEDDLE_CUDA_OLDEST} or newer: built without the CUDA device")
    endif()
endif()

set(cuda_sources)
if(HEDDLE_CUDA_BUILT)
    message(STATUS "CUDA ${CUDAToolkit_VERSION}: ${CUDAToolkit_BIN_DIR}")
    file(GLOB cuda_sources CONFIGURE_DEPENDS host/device/cuda/*.cpp)
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
        set(CMAKE_CUDA_ARCHITECTURES "80-real;90")  # 90: the cubin and PTX, from which newer devices compile
    endif()
    set(host_compiler "${CMAKE_CXX_COMPILER}")
    if(CMAKE_CUDA_HOST_COMPILER)
        set(host_compiler "${CMAKE_CUDA_HOST_COMPILER}")
    endif()
    # Of the same toolkit, whatever the environment names. A toolkit whose compiler does not work still makes the device.
    include(CheckLanguage)
    set(ENV{CUDACXX} "${CUDAToolkit_NVCC_EXECUTABLE}")
    set(ENV{CUDAHOSTCXX} "${host_compiler}")
    check_language(CUDA)
    # check_language leaves its own behind.
    set(CMAKE_CUDA_HOST_COMPILER "${host_compiler}")
    if(CMAKE_CUDA_COMPILER)
        enable_language(CUDA)
        set(HEDDLE_CUDA_LANGUAGE ON)
        # CMake 3.25 does not know that nvcc has C++20.
        if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
            set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
        endif()
        set(CMAKE_CUDA_STANDARD 20)
        set(CMAKE_CUDA_STANDARD_REQUIRED ON)
        set(CMAKE_CUDA_EXTENSIONS OFF)
        set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
        set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
    else()
        message(STATUS "${CUDAToolkit_NVCC_EXECUTABLE} does not compile with ${CMAKE_CUDA_HOST_COMPILER}: scans, sorts and "
            "what else is not generated run on the CPU alone; CMAKE_CUDA_HOST_COMPILER names another compiler")
    endif()
    # Where the toolkit lies is the last place that its libraries are looked for in; see library.cpp.
    set_property(SOURCE host/device/cuda/library.cpp APPEND PROPERTY
        COMPILE_DEFINITIONS "HEDDLE_TOOLKIT_LIBRARIES=\"${CUDAToolkit_LIBRARY_DIR}\"")
else()
    file(GLOB cuda_sources CONFIGURE_DEPENDS host/device/no_cuda/*.cpp)
endif()

# The kernels that are not generated; absence is kernels/no_cuda.
if(HEDDLE_CUDA_LANGUAGE)
    file(GLOB cuda_kernel_sources CONFIGURE_DEPENDS kernels/*.cu kernels/cuda/*.cpp)
else()
    file(GLOB cuda_kernel_sources CONFIGURE_DEPENDS kernels/no_cuda/*.cpp)
endif()
add_library(heddle_cuda_kernels OBJECT ${cuda_kernel_sources})
target_include_directories(heddle_cuda_kernels PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
target_link_libraries(heddle_cuda_kernels PRIVATE heddle_flags)
# The headers that device code shares with the host call constexpr functions of the standard library.
target_compile_options(heddle_cuda_kernels PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>)

# Objects of their own: no other source sees CUDA's headers.
add_library(heddle_cuda_objects OBJECT ${cuda_sources})
target_include_directories(heddle_cuda_objects PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
target_link_libraries(heddle_cuda_objects PRIVATE heddle_flags heddle_dependencies)

add_library(heddle_cuda INTERFACE)
if(HEDDLE_CUDA_BUILT)
    target_include_directories(heddle_cuda_objects SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
    # Its symbols stay out of what libheddle exports: a program may link a runtime of its own.
    target_link_libraries(heddle_cuda INTERFACE $<LINK_ONLY:CUDA::cudart_static> ${CMAKE_DL_LIBS})
    target_link_options(heddle_cuda INTERFACE -Wl,--exclude-libs,libcudart_static.a)
endif()
