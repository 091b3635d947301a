#include "host/io/tree.hpp"

#include <map>

#include "host/io/checked.hpp"
#include "host/io/types.hpp"

namespace heddle::io {
namespace {

LinkKind kind_of(H5L_type_t type) {
    switch (type) {
        case H5L_TYPE_HARD:
            return LinkKind::hard;
        case H5L_TYPE_SOFT:
            return LinkKind::soft;
        case H5L_TYPE_EXTERNAL:
            return LinkKind::external;
        default:
            return LinkKind::user;
    }
}

std::string target_words(hid_t file, const std::string& path, const H5L_info_t& info) {
    const auto value = h5::link_value(file, path, info);
    if (info.type == H5L_TYPE_SOFT) return value.substr(0, value.find('\0'));
    const char *name = nullptr, *object = nullptr;
    unsigned flags = 0;
    h5::status("H5Lunpack_elink_val", H5Lunpack_elink_val(value.data(), value.size(), &flags, &name, &object));
    return std::string(name) + ":" + object;
}

std::optional<std::uint64_t> bytes_of(const std::vector<hsize_t>& extents, std::size_t size) {
    std::uint64_t bytes = size;
    for (auto e : extents)
        if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(e), &bytes)) return std::nullopt;
    return bytes;
}

void describe_dataset(hid_t dataset, TreeEntry& entry) {
    const auto type = h5::dataset_type(dataset);
    entry.type = describe_type(type.get());
    auto numeric = numeric_type(type.get());
    if (numeric) entry.dtype = numeric->dtype;
    const auto space = h5::dataset_space(dataset);
    entry.null_space = H5Sget_simple_extent_type(space.get()) == H5S_NULL;
    if (!entry.null_space) {
        const auto extents = h5::extents_of(space.get());
        entry.logical_bytes = bytes_of(extents.now, h5::type_size(type.get()));
        for (auto e : extents.now) entry.shape.push_back(static_cast<std::int64_t>(e));
        for (auto e : extents.max) entry.max_shape.push_back(e == H5S_UNLIMITED ? -1 : static_cast<std::int64_t>(e));
        if (numeric)
            for (auto e : numeric->extra) {
                entry.shape.push_back(e);
                entry.max_shape.push_back(e);
            }
    }
    entry.storage = storage_of(dataset);
}

class Walker {
public:
    Walker(std::shared_ptr<InputFile> file, const TreeOptions& options) : file_(std::move(file)), options_(options) {}

    void visit(const std::string& path, const std::string& name, int depth) {
        if (entries.size() >= options_.max_entries) return;
        const auto at = entries.size();
        entries.emplace_back();
        entries[at].depth = depth;
        entries[at].path = path;
        entries[at].name = name;
        if (entries.size() == options_.max_entries) {
            entries[at].error = "the listing ends here, after " + std::to_string(entries.size()) + " entries";
            return;
        }
        const bool descend = attempt(entries[at], [&](TreeEntry& entry) { return describe(entry); });
        if (descend) visit_children(path, depth, at);
    }

    std::vector<TreeEntry> entries;

private:
    template <class Work>
    bool attempt(TreeEntry& entry, Work&& work) {
        LibraryLock lock;
        try {
            return work(entry);
        } catch (const CallFailure& failure) {
            entry.error = failure.reason();
            note_damage(*file_, failure.reason());
        } catch (const Error& error) {
            entry.error = error.reason();
        }
        return false;
    }

    // Returns true for a group whose content is to be listed.
    bool describe(TreeEntry& entry) {
        Location location{file_, entry.path};
        if (entry.path != "/") {
            const auto link = h5::link_info(file_->id(), entry.path);
            entry.link = kind_of(link.type);
            if (entry.link == LinkKind::user) {
                entry.error = "a user-defined link";
                return false;
            }
            if (entry.link != LinkKind::hard) {
                entry.link_target = target_words(file_->id(), entry.path, link);
                location = file_->locate(entry.path);
            }
        }
        const auto object = h5::open_object(location.file->id(), location.path);
        const auto info = h5::object_info(object.get());
        entry.kind = info.type == H5O_TYPE_GROUP            ? ObjectKind::group
                     : info.type == H5O_TYPE_DATASET        ? ObjectKind::dataset
                     : info.type == H5O_TYPE_NAMED_DATATYPE ? ObjectKind::datatype
                                                            : ObjectKind::unknown;
        const bool first = is_first(entry, info);
        if (entry.kind == ObjectKind::dataset) describe_dataset(object.get(), entry);
        if (entry.kind == ObjectKind::datatype) entry.type = describe_type(object.get());
        if (first && options_.with_attributes) describe_attributes(object.get(), entry);
        return first && entry.kind == ObjectKind::group && entry.link == LinkKind::hard;
    }

    // Damaged attributes do not hide what else the object holds.
    void describe_attributes(hid_t object, TreeEntry& entry) {
        try {
            entry.attributes = detail::attributes_of(object);
        } catch (const CallFailure& failure) {
            entry.error = "its attributes cannot be read: " + failure.reason();
            note_damage(*file_, failure.reason());
        }
    }

    // Hard links can make circles and several names; soft and external ones only point.
    bool is_first(TreeEntry& entry, const H5O_info_t& info) {
        if (entry.link != LinkKind::hard) return false;
        const auto [known, fresh] = seen_.try_emplace({info.fileno, info.addr}, entry.path);
        if (!fresh) entry.same_as = known->second;
        return fresh;
    }

    void visit_children(const std::string& path, int depth, std::size_t at) {
        std::vector<std::string> names;
        attempt(entries[at], [&](TreeEntry& entry) {
            if (depth >= options_.max_depth) {
                entry.error = "its content is not listed: the groups are nested too deeply";
                return false;
            }
            names = h5::link_names(h5::open_group(file_->id(), path).get(), options_.max_entries);
            return true;
        });
        for (const auto& name : names) visit((path == "/" ? "/" : path + "/") + name, name, depth + 1);
    }

    std::shared_ptr<InputFile> file_;
    TreeOptions options_;
    std::map<std::pair<unsigned long, haddr_t>, std::string> seen_;
};

}  // namespace

std::vector<TreeEntry> walk(const std::shared_ptr<InputFile>& file, const std::string& root,
                            const TreeOptions& options) {
    const auto start = file->locate(root);
    Walker walker(start.file, options);
    const auto slash = start.path.rfind('/');
    walker.visit(start.path, start.path == "/" ? "/" : start.path.substr(slash + 1), 0);
    return std::move(walker.entries);
}

}  // namespace heddle::io
