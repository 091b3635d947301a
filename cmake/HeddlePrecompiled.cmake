# A third of a build with sanitizers was reading headers. The release build takes no precompiled ones: it shows that each
# source includes what it uses, and g++ 12 warns of the standard library's own code when it comes out of one.
function(heddle_precompile target)
    if(HEDDLE_SANITIZE)
        target_precompile_headers(${target} PRIVATE ${ARGN})
        # Else clang takes a header that ccache has brought for one that changed.
        target_compile_options(${target} PRIVATE "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    endif()
endfunction()

set(heddle_common_headers <algorithm> <array> <atomic> <chrono> <cmath> <condition_variable> <cstring> <deque>
    <functional> <limits> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread>
    <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
