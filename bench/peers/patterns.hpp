#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

// Dependency patterns after Task Bench (Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating
// Parallel Runtime Performance", SC20): a grid of `steps` rows of up to `width` points; a point reads some points of
// the row above.
namespace peers {

enum class Pattern { kTrivial, kChain, kStencil1dPeriodic, kTree, kFft, kNearest, kSpread, kRandom };

inline constexpr std::array<std::string_view, 8> kPatternNames = {
    "trivial", "chain", "stencil_1d_periodic", "tree", "fft", "nearest", "spread", "random"};

struct Shape {
    Pattern pattern = Pattern::kStencil1dPeriodic;
    int width = 64;
    int steps = 1563;
    int radius = 2;  // nearest reads 2*radius+1 columns; spread and random read as many
};

constexpr std::uint64_t mix(std::uint64_t x) {  // splitmix64's finaliser
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

constexpr int width_at(const Shape& shape, int step) {
    if (shape.pattern != Pattern::kTree || step >= 30) return shape.width;
    return std::min(1 << step, shape.width);
}

// The columns of row step-1 that (step, column) reads: ascending, distinct; none in row 0.
inline std::vector<int> dependencies(const Shape& shape, int step, int column) {
    std::vector<int> out;
    if (step == 0) return out;
    const int width = shape.width;
    const int degree = 2 * shape.radius + 1;
    const auto add = [&](int c) {
        if (c >= 0 && c < width) out.push_back(c);
    };
    switch (shape.pattern) {
        case Pattern::kTrivial:
            break;
        case Pattern::kChain:
            add(column);
            break;
        case Pattern::kStencil1dPeriodic:
            for (int d = -1; d <= 1; ++d) add((column + d + width) % width);
            break;
        case Pattern::kTree:
            add(column / 2);
            break;
        case Pattern::kFft: {
            int levels = 1;
            while ((1 << levels) < width) ++levels;
            const int distance = 1 << ((step - 1) % levels);
            for (int d : {-distance, 0, distance}) add(column + d);
            break;
        }
        case Pattern::kNearest:
            for (int d = -shape.radius; d <= shape.radius; ++d) add(column + d);
            break;
        case Pattern::kSpread:
            for (int k = 0; k < degree; ++k) add((column + k * width / degree + (k > 0 ? step % 3 : 0)) % width);
            break;
        case Pattern::kRandom:
            for (int k = 0; k < degree; ++k) {
                const auto seed = static_cast<std::uint64_t>(step) << 32 | static_cast<std::uint64_t>(column) << 8;
                add(static_cast<int>(mix(seed | static_cast<std::uint64_t>(k)) % static_cast<std::uint64_t>(width)));
            }
            break;
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

// The pattern written out as tasks in row order, so that no system pays for computing it. A point writes one cell of
// two alternating rows of `width` cells and reads cells of the other row; a point of `trivial` touches no cell.
class Graph {
public:
    static constexpr int kNoCell = -1;

    explicit Graph(const Shape& shape) : shape_(shape) {
        begin_.push_back(0);
        for (int t = 0; t < shape.steps; ++t) {
            for (int i = 0; i < width_at(shape, t); ++i) {
                for (int c : dependencies(shape, t, i)) inputs_.push_back((t + 1) % 2 * shape.width + c);
                begin_.push_back(inputs_.size());
                output_.push_back(shape.pattern == Pattern::kTrivial ? kNoCell : t % 2 * shape.width + i);
            }
        }
    }

    const Shape& shape() const { return shape_; }
    int tasks() const { return static_cast<int>(output_.size()); }
    int cells() const { return 2 * shape_.width; }
    int output(int task) const { return output_[static_cast<std::size_t>(task)]; }
    std::span<const int> inputs(int task) const {
        const auto k = static_cast<std::size_t>(task);
        return std::span(inputs_).subspan(begin_[k], begin_[k + 1] - begin_[k]);
    }

private:
    Shape shape_;
    std::vector<int> inputs_;
    std::vector<int> output_;
    std::vector<std::size_t> begin_;
};

// The edges a programmer would write by hand for a system that infers none: for each task the earlier tasks that it
// must follow (RAW, WAR, WAW over the cells), ascending and distinct.
inline std::vector<std::vector<int>> predecessors(const Graph& graph) {
    std::vector<int> writer(static_cast<std::size_t>(graph.cells()), -1);
    std::vector<std::vector<int>> readers(static_cast<std::size_t>(graph.cells()));
    std::vector<std::vector<int>> out(static_cast<std::size_t>(graph.tasks()));
    for (int task = 0; task < graph.tasks(); ++task) {
        auto& edges = out[static_cast<std::size_t>(task)];
        for (int cell : graph.inputs(task)) {
            edges.push_back(writer[static_cast<std::size_t>(cell)]);
            readers[static_cast<std::size_t>(cell)].push_back(task);
        }
        if (graph.output(task) == Graph::kNoCell) continue;
        const auto cell = static_cast<std::size_t>(graph.output(task));
        if (readers[cell].empty() && writer[cell] >= 0) edges.push_back(writer[cell]);
        edges.insert(edges.end(), readers[cell].begin(), readers[cell].end());
        std::sort(edges.begin(), edges.end());
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
        readers[cell].clear();
        writer[cell] = task;
    }
    return out;
}

}  // namespace peers
