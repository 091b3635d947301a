#include "host/pipeline/job_toml.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "heddle/error.hpp"
#include "host/pipeline/inputs.hpp"
#include "host/pipeline/units.hpp"

namespace heddle::pipeline {
namespace {

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a text";
        case toml::node_type::integer:
            return "a whole number";
        case toml::node_type::floating_point:
            return "a number";
        case toml::node_type::boolean:
            return "true or false";
        default:
            return "a date or time";
    }
}

// Keys whose value is always text, so that --set lets.x=2 is the expression 2.
bool holds_text(std::string_view key) {
    return key.starts_with("lets.") || key.starts_with("outputs.") || key == "title" || key == "write.file" ||
           key == "write.group" || key == "write.dtype" || key == "options.memory" || key.starts_with("inputs.");
}

void insert_override(toml::table& root, const Override& change) {
    auto key = change.key.find('.') == std::string::npos && change.key != "title" && change.key != "files"
                   ? "inputs." + change.key
                   : change.key;
    toml::table* table = &root;
    std::string_view rest = key;
    for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        const auto part = rest.substr(0, dot);
        if (!table->contains(part)) table->insert(part, toml::table{});
        table = (*table)[part].as_table();
        if (table == nullptr)
            throw ArgumentError(fmt::format("--set {}={}", change.key, change.value),
                                fmt::format("'{}' is no table in the job file", part), "name a key of a table");
        rest.remove_prefix(dot + 1);
    }
    if (!holds_text(key)) {
        try {
            auto parsed = toml::parse("value = " + change.value);
            if (parsed.size() == 1) {
                table->insert_or_assign(rest, std::move(*parsed.get("value")));
                return;
            }
        } catch (const toml::parse_error&) {
        }
    }
    table->insert_or_assign(rest, change.value);
}

}  // namespace

std::string_view last_key(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

JobReader::JobReader(std::string file, const std::vector<Override>& overrides)
    : file_(std::move(file)), overrides_(overrides) {}

std::string JobReader::place(const Item& item) const {
    if (item.line == 0) return fmt::format("{}: --set {}", file_, item.key);
    return fmt::format("{}:{}: {}", file_, item.line, item.key);
}

void JobReader::fail(const Item& item, std::string_view problem, std::string_view reason,
                     std::string_view remedy) const {
    throw ArgumentError(fmt::format("{}: {}", place(item), problem), std::string(reason), std::string(remedy));
}

toml::table JobReader::parse(std::string_view text) const {
    toml::table root;
    try {
        root = toml::parse(text, file_);
    } catch (const toml::parse_error& error) {
        const auto at = error.source().begin;
        throw ArgumentError(fmt::format("{}:{}:{}: this is not TOML", file_, at.line, at.column),
                            std::string(error.description()), "see `heddle help job` for the form of a job file");
    }
    for (const auto& change : overrides_) insert_override(root, change);
    return root;
}

std::vector<JobReader::Item> JobReader::items(const toml::table& table, const std::string& prefix) const {
    struct Placed {
        toml::source_position at;
        Item item;
    };
    std::vector<Placed> placed;
    for (const auto& [key, node] : table) {
        // What --set put there has no position of its own, but a key that was there before keeps its place.
        const auto line = node.source().begin.line != 0 || node.is_table() ? key.source().begin.line : 0;
        placed.push_back({key.source().begin, {prefix + std::string(key.str()), line, &node}});
    }
    std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.at < b.at; });
    std::vector<Item> items;
    for (auto& entry : placed) items.push_back(std::move(entry.item));
    return items;
}

void JobReader::check_key(const Item& item, std::initializer_list<std::string_view> known) const {
    const auto key = last_key(item.key);
    if (std::find(known.begin(), known.end(), key) != known.end()) return;
    const std::vector<std::string_view> names(known);
    fail(item, "unknown key", fmt::format("'{}' means nothing here", key), near_names(key, names));
}

std::string JobReader::text(const Item& item) const {
    if (const auto value = item.node->value_exact<std::string>()) return *value;
    fail(item, "a text is expected", fmt::format("it is {}", kind_of(*item.node)), "put it in quotes");
}

std::string JobReader::expression(const Item& item) const {
    if (const auto value = item.node->value_exact<std::int64_t>()) return fmt::format("{}", *value);
    if (const auto value = item.node->value_exact<double>()) return fmt::format("{:#}", *value);
    if (const auto value = item.node->value_exact<std::string>()) return *value;
    fail(item, "an expression is expected", fmt::format("it is {}", kind_of(*item.node)), "write it as text in quotes");
}

bool JobReader::flag(const Item& item) const {
    if (const auto value = item.node->value_exact<bool>()) return *value;
    fail(item, "true or false is expected", fmt::format("it is {}", kind_of(*item.node)), "write it without quotes");
}

std::int64_t JobReader::integer(const Item& item, std::int64_t low, std::int64_t high) const {
    const auto value = item.node->value_exact<std::int64_t>();
    if (!value)
        fail(item, "a whole number is expected", fmt::format("it is {}", kind_of(*item.node)),
             fmt::format("write one from {} to {}", low, high));
    if (*value < low || *value > high)
        fail(item, fmt::format("{} is out of range", *value), fmt::format("it goes from {} to {}", low, high),
             "write a number in that range");
    return *value;
}

const toml::table& JobReader::table(const Item& item, std::string_view remedy) const {
    if (const auto* table = item.node->as_table()) return *table;
    fail(item, "a table is expected", fmt::format("it is {}", kind_of(*item.node)), remedy);
}

std::vector<std::string> JobReader::texts(const Item& item) const {
    if (item.node->is_string()) return {text(item)};
    const auto* list = item.node->as_array();
    if (list == nullptr)
        fail(item, "a text or a list of texts is expected", fmt::format("it is {}", kind_of(*item.node)),
             "write it like [\"scans/*.h5\"]");
    std::vector<std::string> found;
    for (const auto& node : *list) found.push_back(text({item.key, node.source().begin.line, &node}));
    return found;
}

Shape JobReader::extents(const Item& item) const {
    const auto* list = item.node->as_array();
    if (list == nullptr)
        fail(item, "a list of whole numbers is expected", fmt::format("it is {}", kind_of(*item.node)),
             "write it like [1, 2048, 2048]");
    if (list->size() > kMaxRank)
        fail(item, fmt::format("{} extents are too many", list->size()),
             fmt::format("an array has at most {} axes", kMaxRank), "write one for each axis of the result");
    Shape shape;
    for (const auto& node : *list)
        shape.push_back(integer({item.key, node.source().begin.line, &node}, 1, std::int64_t{1} << 40));
    if (shape.empty())
        fail(item, "the list is empty", "a chunk has one extent for each axis", "write it like [1, 2048]");
    return shape;
}

}  // namespace heddle::pipeline
