#include <cstdio>
#include <heddle/heddle.hpp>
#include <vector>

int main() {
    heddle::Engine engine;
    const std::vector<float> raw{3, 5, 9, 2, 4, 8};
    const heddle::Array counts = heddle::from_values(raw, {2, 3});
    const heddle::Array ratio = (counts - 1) / heddle::mean(counts - 1, 0);
    for (const double value : heddle::values<double>(engine, heddle::sum(ratio, 1))) std::printf("%.6f\n", value);
    try {
        const heddle::Array wrong = counts + heddle::full<float>({4}, 1.0F);
    } catch (const heddle::ShapeError&) {
        std::puts("ShapeError");
    }
}
