#include "host/cli/file_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/cli/number_format.hpp"
#include "host/cli/print_array.hpp"
#include "host/cli/terminal.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kLongestText = 60;

std::string layout_name(io::Layout layout) {
    switch (layout) {
        case io::Layout::compact:
            return "compact";
        case io::Layout::contiguous:
            return "contiguous";
        case io::Layout::chunked:
            return "chunked";
        case io::Layout::external:
            return "external";
        default:
            return "virtual";
    }
}

std::string filter_name(const io::Filter& filter) {
    auto name = filter.name.empty() ? fmt::format("filter {}", filter.id) : printable(filter.name);
    if (name == "gzip" && !filter.parameters.empty()) name += fmt::format("-{}", filter.parameters[0]);
    return filter.available ? name : name + " (not installed)";
}

double ratio_of(const io::TreeEntry& entry) {
    return static_cast<double>(*entry.logical_bytes) / static_cast<double>(entry.storage.stored_bytes);
}

bool has_ratio(const io::TreeEntry& entry) {
    return entry.logical_bytes && entry.storage.stored_bytes > 0 && !entry.storage.filters.empty();
}

std::string storage_text(const io::TreeEntry& entry) {
    const auto& storage = entry.storage;
    std::string text = storage.chunk ? "chunks " + to_string(*storage.chunk) : layout_name(storage.layout);
    for (const auto& filter : storage.filters)
        text += (&filter == storage.filters.data() ? ", " : "+") + filter_name(filter);
    if (!entry.logical_bytes) return text;
    text += ", " + pipeline::format_bytes(*entry.logical_bytes);
    if (has_ratio(entry))
        text += fmt::format(" in {}, ratio {:.2f}", pipeline::format_bytes(storage.stored_bytes), ratio_of(entry));
    else if (storage.stored_bytes == 0 && *entry.logical_bytes > 0)
        text += ", nothing stored";
    return text;
}

std::string dataset_text(const io::TreeEntry& entry) {
    std::string text = "  " + printable(entry.type);
    if (entry.null_space) return text + ", no values";
    text += " " + to_string(entry.shape);
    if (entry.max_shape.rank() == entry.shape.rank() && entry.max_shape != entry.shape) {
        std::string most;
        for (const auto extent : entry.max_shape)
            most += (most.empty() ? "" : ", ") + (extent < 0 ? "…" : fmt::format("{}", extent));
        text += " of at most (" + most + ")";
    }
    return text + ", " + storage_text(entry);
}

std::string attribute_text(const io::Attribute& attribute) {
    const auto name = "@" + printable(attribute.name);
    if (attribute.is_number() && attribute.count() == 1)
        return name + " = " + format_scalar(*attribute.dtype, attribute.values.data());
    if (attribute.is_text() && attribute.text.size() == 1) {
        auto value = attribute.text.front();
        const bool cut = value.size() > kLongestText;
        if (cut) {
            value.resize(kLongestText);
            // Whole characters only: bytes 10xxxxxx continue one.
            while (!value.empty() && (static_cast<unsigned char>(value.back()) & 0xC0) == 0x80) value.pop_back();
            if (!value.empty() && (static_cast<unsigned char>(value.back()) & 0x80) != 0) value.pop_back();
        }
        return name + " = \"" + printable(value) + (cut ? "…\"" : "\"");
    }
    if (!attribute.error.empty()) return name + ": " + printable(attribute.error);
    return name + ": " + printable(attribute.type) + " " + to_string(attribute.shape);
}

std::string entry_text(const io::TreeEntry& entry) {
    std::string text = entry.depth == 0 ? printable(entry.path) : printable(entry.name);
    if (entry.kind == io::ObjectKind::group && entry.path != "/") text += "/";
    if (!entry.link_target.empty()) text += " -> " + printable(entry.link_target);
    if (entry.kind == io::ObjectKind::dataset)
        text += dataset_text(entry);
    else if (entry.kind == io::ObjectKind::datatype)
        text += "  named type " + printable(entry.type);
    if (!entry.same_as.empty()) text += "  (the same as " + printable(entry.same_as) + ")";
    if (!entry.error.empty()) text += "  (" + printable(entry.error) + ")";
    return text;
}

std::string kind_name(io::ObjectKind kind) {
    switch (kind) {
        case io::ObjectKind::group:
            return "group";
        case io::ObjectKind::dataset:
            return "dataset";
        case io::ObjectKind::datatype:
            return "datatype";
        default:
            return "unknown";
    }
}

Json extents(const Shape& shape) {
    auto list = Json::array();
    for (const auto extent : shape) list.push_back(extent);
    return list;
}

Json attributes_json(const std::vector<io::Attribute>& attributes) {
    auto json = Json::object();
    for (const auto& attribute : attributes) {
        if (attribute.is_number())
            json[attribute.name] = json_values({*attribute.dtype, attribute.shape, attribute.shape, attribute.values});
        else if (attribute.is_text())
            json[attribute.name] = attribute.text.size() == 1 && attribute.shape.empty() ? Json(attribute.text.front())
                                                                                         : Json(attribute.text);
        else
            json[attribute.name] = {{"type", attribute.type}, {"error", attribute.error}};
    }
    return json;
}

void add_dataset(Json& json, const io::TreeEntry& entry) {
    json["type"] = entry.type;
    if (entry.dtype) json["dtype"] = std::string(name_of(*entry.dtype));
    if (entry.null_space) return;
    json["shape"] = extents(entry.shape);
    json["layout"] = layout_name(entry.storage.layout);
    if (entry.storage.chunk) json["chunks"] = extents(*entry.storage.chunk);
    auto filters = Json::array();
    for (const auto& filter : entry.storage.filters)
        filters.push_back({{"name", filter.name}, {"id", filter.id}, {"available", filter.available}});
    json["filters"] = std::move(filters);
    json["stored_bytes"] = entry.storage.stored_bytes;
    if (entry.logical_bytes) json["bytes"] = *entry.logical_bytes;
    if (has_ratio(entry)) json["ratio"] = ratio_of(entry);
}

}  // namespace

std::string tree_text(const std::vector<io::TreeEntry>& tree, Attributes attributes) {
    std::string text;
    for (const auto& entry : tree) {
        const std::string indent(2 * static_cast<std::size_t>(entry.depth), ' ');
        text += indent + entry_text(entry);
        if (attributes == Attributes::listed) {
            text += "\n";
            for (const auto& attribute : entry.attributes) text += indent + "    " + attribute_text(attribute) + "\n";
            continue;
        }
        if (!entry.attributes.empty())
            text += fmt::format("  [{} attribute{}]", entry.attributes.size(), entry.attributes.size() == 1 ? "" : "s");
        text += "\n";
    }
    return text;
}

Json tree_json(const std::vector<io::TreeEntry>& tree) {
    auto list = Json::array();
    for (const auto& entry : tree) {
        Json json{{"path", entry.path}, {"kind", kind_name(entry.kind)}};
        if (entry.kind == io::ObjectKind::dataset) add_dataset(json, entry);
        if (!entry.link_target.empty()) json["link"] = entry.link_target;
        if (!entry.same_as.empty()) json["same_as"] = entry.same_as;
        if (!entry.error.empty()) json["error"] = entry.error;
        if (!entry.attributes.empty()) json["attributes"] = attributes_json(entry.attributes);
        list.push_back(std::move(json));
    }
    return list;
}

}  // namespace heddle::cli
