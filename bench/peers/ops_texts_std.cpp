#include <tbb/global_control.h>
#include <algorithm>
#include <cstring>
#include <execution>
#include <numeric>
#include <parallel/algorithm>

#include "bench/peers/ops_main.hpp"
#include "bench/peers/ops_texts.hpp"

// The C++ library's own: with std::execution::par over oneTBB, and libstdc++'s parallel mode over OpenMP.
namespace {

using Floats = std::vector<float>;

Floats inputs(std::int64_t n) { return peers::filled<float>(n, peers::share); }

void run(const peers::TextCase& c, int repeat) {
    const bool sorts = c.name == "sort_2", copies = c.name == "copy_2", adds = c.name == "sum_2",
               scans = c.name == "cumsum_2";
    if (!sorts && !copies && !adds && !scans) return;
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                      static_cast<std::size_t>(c.threads));
    const Floats z = inputs(c.n);
    Floats out(z.size());
    volatile float total = 0;
    const auto par = std::execution::par_unseq;
    peers::time_text("std-par", c, repeat, [&] {
        if (copies) std::copy(par, z.begin(), z.end(), out.begin());
        if (adds) total = std::reduce(par, z.begin(), z.end());
        if (scans) std::inclusive_scan(par, z.begin(), z.end(), out.begin());
        if (!sorts) return;
        std::copy(par, z.begin(), z.end(), out.begin());
        std::sort(par, out.begin(), out.end());
    });
    if (sorts)
        peers::time_text("gnu-parallel", c, repeat, [&] {
            std::copy(par, z.begin(), z.end(), out.begin());
            __gnu_parallel::sort(
                out.begin(), out.end(),
                __gnu_parallel::default_parallel_tag(static_cast<__gnu_parallel::_ThreadIndex>(c.threads)));
        });
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const peers::OpsOptions options = peers::parse_ops_options(argc, argv);
        for (const peers::TextCase& c : peers::read_text_cases(options.texts, options.n)) run(c, options.repeat);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
