#pragma once

#include "host/io/output.hpp"
#include "tests/io/make.hpp"

namespace heddle::test {

using io::Overwrite;

class Outputs : public testing::Test {
protected:
    TempDir folder;
    std::filesystem::path path = folder / "out.h5";
    std::vector<double> values = counted<double>(12);

    io::OutputTarget target(Overwrite overwrite = Overwrite::refuse, const std::string& group = "/") const {
        return {path.string(), group, overwrite, {}};
    }
    // One dataset of 3 × 4 numbers, committed.
    void make(const io::OutputTarget& where, const std::string& name = "x", double first = 0.0) {
        io::OutputFile out(where);
        const auto x = out.create({.name = name, .dtype = DType::float64, .shape = {3, 4}});
        const auto numbers = counted<double>(12, first);
        out.write(x, {{0, 0}, {3, 4}}, numbers.data());
        out.commit();
    }
    std::vector<std::string> names() const { return names_in_folder(folder.path()); }
};

}  // namespace heddle::test
