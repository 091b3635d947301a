# build/portable/bundle: the binaries and every library that is not the C library's, found through $ORIGIN.
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

add_custom_target(bundle ALL
    COMMAND bash "${PROJECT_SOURCE_DIR}/cmake/bundle.sh" "${CMAKE_BINARY_DIR}/bundle" "${HEDDLE_PATCHELF}"
            "$<TARGET_FILE:heddle>" ${bundle_files}
    DEPENDS heddle ${bundled} "${PROJECT_SOURCE_DIR}/cmake/bundle.sh"
    COMMENT "Gathering the portable folder" VERBATIM)

if(HEDDLE_TESTS)
    add_test(NAME portable.bundle
        COMMAND bash "${PROJECT_SOURCE_DIR}/tests/tree/bundle.sh" "${CMAKE_BINARY_DIR}/bundle")
    set_tests_properties(portable.bundle PROPERTIES LABELS portable)
endif()
