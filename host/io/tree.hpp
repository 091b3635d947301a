#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/io/attribute.hpp"
#include "host/io/dataset.hpp"
#include "host/io/file.hpp"

namespace heddle::io {

enum class ObjectKind { group, dataset, datatype, unknown };
enum class LinkKind { hard, soft, external, user };

// One link of a file and what it leads to.
struct TreeEntry {
    int depth = 0;
    std::string path, name;
    LinkKind link = LinkKind::hard;
    std::string link_target;  // soft and external links: as written in the file
    ObjectKind kind = ObjectKind::unknown;
    std::string same_as;  // path under which this object was listed before: its content is not listed again
    std::string error;    // why the object, or a part of it, cannot be described; dangling links among them
    // datasets
    std::string type;  // in words, also for types that cannot be computed with
    std::optional<DType> dtype;
    Shape shape, max_shape;
    bool null_space = false;
    Storage storage;
    std::optional<std::uint64_t> logical_bytes;
    std::vector<Attribute> attributes;
};

struct TreeOptions {
    std::size_t max_entries = 100000;  // the walk ends there, with an entry that says so
    int max_depth = 128;
    bool with_attributes = true;
};

// Every object below `root` in pre-order, the root first. Throws only when `root` itself is not there: whatever cannot
// be read is listed with its error. External links are followed for their description, never descended. Any thread.
std::vector<TreeEntry> walk(const std::shared_ptr<InputFile>& file, const std::string& root = "/",
                            const TreeOptions& options = {});

}  // namespace heddle::io
