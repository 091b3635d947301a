#include "bench/peers/work.hpp"

namespace peers {

void busy(long iterations) {
    double x[16];
    for (int k = 0; k < 16; ++k) x[k] = 0.1 * k;
    for (long i = 0; i < iterations; ++i) {
        for (int pass = 0; pass < 4; ++pass) {
            for (double& v : x) v = v * 0.999 + 1e-3;
        }
    }
    for (double& v : x) asm volatile("" : "+x"(v));
}

}  // namespace peers
