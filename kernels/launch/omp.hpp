#pragma once

#include <omp.h>

namespace heddle::kernels {

// Runs body(index, count) on each thread of an OpenMP team; returns when all have. `threads` <= 0 leaves the number to
// OMP_NUM_THREADS. The only place that opens a region.
template <class Body>
void omp_team(int threads, Body&& body) {
    const int wanted = threads > 0 ? threads : omp_get_max_threads();
#pragma omp parallel num_threads(wanted)
    body(omp_get_thread_num(), omp_get_num_threads());
}

}  // namespace heddle::kernels
