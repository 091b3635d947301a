# The headers that generated device code includes, as strings in the library: no file is looked for at run time.
# Included by CMakeLists.txt it defines the build step; run as a script (-P) it writes the file.
set(HEDDLE_DEVICE_HEADERS
    include/heddle/half.hpp include/heddle/device_view.cuh kernels/fn.hpp kernels/math.hpp kernels/math_wide.hpp kernels/math_exp.hpp kernels/math_log.hpp kernels/math_power.hpp
    kernels/math_trig.hpp kernels/math_arc.hpp kernels/math_hyperbolic.hpp kernels/math_erf.hpp kernels/math_single.hpp kernels/math_via_double.hpp kernels/complex.hpp kernels/half.hpp kernels/cast.hpp
    kernels/elementwise_fn.hpp kernels/reduce_state.hpp kernels/device_std.hpp kernels/device_access.hpp
    kernels/device_reduce.hpp kernels/histogram_bins.hpp kernels/device_histogram.hpp)
set(HEDDLE_DEVICE_STD cstdint cmath bit limits concepts type_traits numbers complex)

if(NOT CMAKE_SCRIPT_MODE_FILE)
    set(embedded "${CMAKE_BINARY_DIR}/generated/device_headers.cpp")
    list(TRANSFORM HEDDLE_DEVICE_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE embedded_headers)
    add_custom_command(OUTPUT "${embedded}"
        COMMAND "${CMAKE_COMMAND}" -D "ROOT=${PROJECT_SOURCE_DIR}" -D "OUTPUT=${embedded}" -P "${CMAKE_CURRENT_LIST_FILE}"
        DEPENDS ${embedded_headers} "${CMAKE_CURRENT_LIST_FILE}"
        COMMENT "Embedding the headers of device code" VERBATIM)
    return()
endif()

set(text "#include \"kernels/device_headers.hpp\"\n\n#include <array>\n\n")
string(APPEND text "namespace heddle::kernels {\nnamespace {\n\nconstexpr std::array kHeaders{\n")
foreach(header IN LISTS HEDDLE_DEVICE_HEADERS)
    file(READ "${ROOT}/${header}" content)
    string(REGEX REPLACE "^include/" "" name "${header}")
    string(APPEND text "DeviceHeader{\"${name}\", R\"header(${content})header\"},\n")
endforeach()
foreach(name IN LISTS HEDDLE_DEVICE_STD)
    string(APPEND text "DeviceHeader{\"${name}\", \"#include \\\"kernels/device_std.hpp\\\"\\n\"},\n")
endforeach()
string(APPEND text "};\n\n}  // namespace\n\n")
string(APPEND text "std::span<const DeviceHeader> device_headers() { return kHeaders; }\n\n}  // namespace heddle::kernels\n")
file(WRITE "${OUTPUT}" "${text}")
