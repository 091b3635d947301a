#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "host/pipeline/job_file.hpp"

namespace heddle::pipeline {

// A place in a job file, and the errors that name it.
class JobReader {
public:
    JobReader(std::string file, const std::vector<Override>& overrides);

    // One value, with its dotted key.
    struct Item {
        std::string key;
        std::uint32_t line;  // 0: it came from --set
        const toml::node* node;
    };
    [[noreturn]] void fail(const Item& item, std::string_view problem, std::string_view reason,
                           std::string_view remedy) const;
    std::string place(const Item& item) const;

    toml::table parse(std::string_view text) const;
    // The entries of a table in the order of the file; those of --set come first.
    std::vector<Item> items(const toml::table& table, const std::string& prefix) const;
    // fail() unless the item's last key is one of these.
    void check_key(const Item& item, std::initializer_list<std::string_view> known) const;

    std::string text(const Item& item) const;
    std::string expression(const Item& item) const;
    bool flag(const Item& item) const;
    std::int64_t integer(const Item& item, std::int64_t low, std::int64_t high) const;
    const toml::table& table(const Item& item, std::string_view remedy) const;
    std::vector<std::string> texts(const Item& item) const;
    Shape extents(const Item& item) const;

private:
    std::string file_;
    const std::vector<Override>& overrides_;
};

std::string_view last_key(std::string_view dotted);

}  // namespace heddle::pipeline
