#include "host/pipeline/carry.hpp"

#include <algorithm>
#include <set>

#include "host/array/node.hpp"
#include "host/array/plan.hpp"
#include "host/io/metadata.hpp"

namespace heddle::pipeline {
namespace {

struct Source {
    const io::Dataset* dataset;
    std::vector<io::AxisOrigin> axes;
};

io::AxisOrigin origin_for_io(const array::AxisOrigin& origin, int result_axis, std::int64_t count) {
    io::AxisOrigin axis{origin.axis, result_axis, origin.start, origin.step, count, std::nullopt};
    if (origin.list) axis.indices = *origin.list;
    return axis;
}

// The datasets that the axes come from, the one with most axes first.
std::vector<Source> sources_of(const Array& array) {
    std::vector<Source> sources;
    const auto origins = array::axis_origins(array);
    for (std::size_t a = 0; a < origins.size(); ++a) {
        if (!origins[a] || !origins[a]->dataset) continue;
        const auto* dataset = static_cast<const io::Dataset*>(origins[a]->dataset.get());
        auto at = std::find_if(sources.begin(), sources.end(), [&](const Source& s) { return s.dataset == dataset; });
        if (at == sources.end()) at = sources.insert(at, Source{dataset, {}});
        const int axis = static_cast<int>(a);
        at->axes.push_back(origin_for_io(*origins[a], axis, array.shape()[axis]));
    }
    std::stable_sort(sources.begin(), sources.end(),
                     [](const Source& a, const Source& b) { return a.axes.size() > b.axes.size(); });
    return sources;
}

}  // namespace

std::vector<std::shared_ptr<io::Dataset>> datasets_of(const Array& array) {
    std::vector<std::shared_ptr<io::Dataset>> found;
    std::set<const array::Node*> seen;
    std::vector<const array::Node*> open{array.node().get()};
    while (!open.empty()) {
        const auto* node = open.back();
        open.pop_back();
        if (!seen.insert(node).second) continue;
        if (const auto* stored = node->as<array::Stored>())
            if (std::find(found.begin(), found.end(), stored->dataset) == found.end()) found.push_back(stored->dataset);
        for (auto input = node->inputs.rbegin(); input != node->inputs.rend(); ++input) open.push_back(input->get());
    }
    return found;
}

std::optional<Shape> chunks_like_input(const Array& array) {
    for (const auto& dataset : datasets_of(array))
        if (dataset->shape() == array.shape()) return dataset->chunk();
    return std::nullopt;
}

std::vector<std::string> carry(const Array& array, io::OutputFile& file, io::OutputDataset to) {
    std::vector<std::string> left_out;
    const auto add = [&](std::vector<std::string> lines) {
        left_out.insert(left_out.end(), lines.begin(), lines.end());
    };
    const auto sources = sources_of(array);
    if (!sources.empty()) {
        add(io::copy_attributes(*sources.front().dataset, file, to));
    } else if (array.rank() == 0) {
        const auto datasets = datasets_of(array);
        if (!datasets.empty()) add(io::copy_attributes(*datasets.front(), file, to));
    }
    for (const auto& source : sources) add(io::copy_dimension_scales(*source.dataset, file, to, source.axes));
    return left_out;
}

}  // namespace heddle::pipeline
