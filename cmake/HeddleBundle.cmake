# build/portable/bundle: the binaries and every library that is not the C library's, found through $ORIGIN; gpu-check, which
# runs all of it on a machine with a GPU.
get_property(bundled_tests GLOBAL PROPERTY HEDDLE_TEST_EXECUTABLES)
set(bundled ${bundled_tests})
foreach(target heddle_cli heddle_make_scan)
    if(TARGET ${target})
        list(APPEND bundled ${target})
    endif()
endforeach()
get_property(bench_targets DIRECTORY "${PROJECT_SOURCE_DIR}" PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER bench_targets INCLUDE REGEX "^bench_")
list(APPEND bundled ${bench_targets})

find_program(HEDDLE_PATCHELF patchelf REQUIRED)
set(bundle_files)
foreach(target IN LISTS bundled)
    list(APPEND bundle_files "$<TARGET_FILE:${target}>")
endforeach()

# Opened by name while the program runs, so that no binary lists them; found beside it, as the others. NVIDIA's licence
# lets programs carry them along.
if(HEDDLE_CUDA_BUILT)
    set(nvrtc_version "${CUDAToolkit_VERSION_MAJOR}.${CUDAToolkit_VERSION_MINOR}")
    foreach(library "libnvrtc.so.${CUDAToolkit_VERSION_MAJOR}" "libnvrtc-builtins.so.${nvrtc_version}")
        if(EXISTS "${CUDAToolkit_LIBRARY_DIR}/${library}")
            list(APPEND bundle_files "${CUDAToolkit_LIBRARY_DIR}/${library}")
        else()
            message(STATUS "${library} not found: the portable folder compiles kernels only where NVRTC is installed")
        endif()
    endforeach()
    if(TARGET test_device_cuda)
        list(APPEND bundle_files "$<TARGET_FILE:test_device_cuda>")
        list(APPEND bundled test_device_cuda)
    endif()
endif()

add_custom_target(bundle ALL
    COMMAND bash "${PROJECT_SOURCE_DIR}/cmake/bundle.sh" "${CMAKE_BINARY_DIR}/bundle" "${HEDDLE_PATCHELF}"
            "$<TARGET_FILE:heddle>" ${bundle_files}
    DEPENDS heddle ${bundled} "${PROJECT_SOURCE_DIR}/cmake/bundle.sh"
    COMMENT "Gathering the portable folder" VERBATIM)

if(HEDDLE_TESTS)
    add_test(NAME portable.bundle
        COMMAND bash "${PROJECT_SOURCE_DIR}/tests/tree/bundle.sh" "${CMAKE_BINARY_DIR}/bundle")
    set_tests_properties(portable.bundle PROPERTIES LABELS portable)
    # Here the programs are the real ones, and there may be no GPU: whatever it finds, it writes its files, and fails where
    # something is missing.
    add_test(NAME portable.gpu_check
        COMMAND bash "${PROJECT_SOURCE_DIR}/tests/tree/bundle_gpu_check.sh" "${CMAKE_BINARY_DIR}/bundle")
    set_tests_properties(portable.gpu_check PROPERTIES LABELS portable TIMEOUT 300)
endif()
