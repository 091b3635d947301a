#include <deque>
#include <filesystem>

#include "host/io/checked.hpp"
#include "host/io/file.hpp"

namespace heddle::io {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxHops = 64;  // links followed for one path: a longer way is a circle

std::deque<std::string> split(std::string_view path) {
    std::deque<std::string> parts;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (!part.empty() && part != ".") parts.emplace_back(part);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return parts;
}

std::string child(const std::string& group, const std::string& name) {
    return group == "/" ? "/" + name : group + "/" + name;
}

bool is_inside(const fs::path& folder, const fs::path& file) {
    const auto rest = file.lexically_relative(folder);
    return !rest.empty() && *rest.begin() != "..";
}

// One way from a path to its object; kept as an object because links change the file and the rest of the path.
class Walk {
public:
    Walk(std::shared_ptr<InputFile> file, std::string_view path)
        : asked_("'" + std::string(path) + "' of '" + file->path() + "'"), file_(std::move(file)), rest_(split(path)) {}

    Location run() {
        while (!rest_.empty()) {
            const auto name = rest_.front();
            rest_.pop_front();
            step(name);
        }
        return {file_, at_};
    }

private:
    void step(const std::string& name) {
        const auto full = child(at_, name);
        require_group();
        if (!h5::link_exists(file_->id(), full)) {
            const auto present = h5::link_names(h5::open_group(file_->id(), at_).get(), 5000);
            throw IoError(problem(), "group '" + at_ + "' of '" + file_->path() + "' has nothing named '" + name + "'",
                          suggest_names(name, present));
        }
        const auto info = h5::link_info(file_->id(), full);
        if (info.type == H5L_TYPE_HARD) {
            at_ = full;
            return;
        }
        if (++hops_ > kMaxHops)
            throw IoError(problem(), "its links go round in a circle (at '" + full + "')", "name the object itself");
        const auto value = h5::link_value(file_->id(), full, info);
        if (info.type == H5L_TYPE_SOFT) return redirect(value.c_str());
        if (info.type == H5L_TYPE_EXTERNAL) return follow_external(full, value);
        throw IoError(problem(), "'" + full + "' is a user-defined link", "name the object that it stands for");
    }

    void require_group() {
        if (at_ == "/") return;
        if (h5::object_info_at(file_->id(), at_).type == H5O_TYPE_GROUP) return;
        throw IoError(problem(), "'" + at_ + "' of '" + file_->path() + "' is not a group", "shorten the path");
    }

    // A soft link's target is relative to the group that holds the link, unless it starts with a slash.
    void redirect(std::string_view target) {
        if (target.starts_with('/')) at_ = "/";
        const auto parts = split(target);
        rest_.insert(rest_.begin(), parts.begin(), parts.end());
    }

    void follow_external(const std::string& full, const std::string& value) {
        const char *name = nullptr, *object = nullptr;
        unsigned flags = 0;
        h5::status("H5Lunpack_elink_val", H5Lunpack_elink_val(value.data(), value.size(), &flags, &name, &object));
        const auto target = external_file(full, name);
        const std::string inside(object);
        file_ = InputFile::open(target, file_->locking());
        at_ = "/";
        redirect(inside);
    }

    std::string external_file(const std::string& full, const std::string& name) {
        std::error_code error;
        const auto folder = fs::canonical(file_->path(), error).parent_path();
        const fs::path wanted(name);
        auto file = fs::weakly_canonical(wanted.is_absolute() ? wanted : folder / wanted, error);
        // As libhdf5 does: an absolute name that is gone is looked for beside the file.
        if (wanted.is_absolute() && !fs::exists(file, error))
            file = fs::weakly_canonical(folder / wanted.filename(), error);
        const auto where = "'" + full + "' of '" + file_->path() + "' is an external link to '" + name + "', which ";
        if (!is_inside(folder, file))
            throw IoError(problem(), where + "lies outside the file's folder",
                          "copy that file into the folder, or name it directly");
        if (!fs::exists(file, error))
            throw IoError(problem(), where + "does not exist", "put that file into the folder");
        return file.string();
    }

    std::string problem() const { return "cannot find " + asked_; }

    std::string asked_;
    std::shared_ptr<InputFile> file_;
    std::deque<std::string> rest_;
    std::string at_ = "/";
    int hops_ = 0;
};

}  // namespace

Location InputFile::locate(std::string_view object_path) {
    return guarded(
        *this, [&] { return "cannot find '" + std::string(object_path) + "' of '" + path_ + "'"; },
        [&] { return Walk(shared_from_this(), object_path).run(); });
}

}  // namespace heddle::io
