# A third of a build with sanitizers was reading headers, and a fifth of a release build. The library and the command take
# precompiled ones with sanitizers alone: their release build shows that each source includes what it uses.
function(heddle_precompile target)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    # Else clang takes a header that ccache has brought for one that changed.
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endfunction()
function(heddle_precompile_sanitized target)
    if(HEDDLE_SANITIZE)
        heddle_precompile(${target} ${ARGN})
    endif()
endfunction()

set(heddle_common_headers <algorithm> <array> <atomic> <chrono> <cmath> <condition_variable> <cstring> <deque>
    <functional> <limits> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread>
    <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
