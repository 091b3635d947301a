#pragma once

#include <string>
#include <vector>

namespace heddle::array {

// What is said of each function of the language in docs/operations.md and `heddle help ops`.
struct Operation {
    std::string group, name, signature, doc;
    std::string dtypes;  // what it takes: "bool, integers, floats"; "" where its arguments are no arrays
    std::string memory;  // how it goes over data that do not fit the memory
    std::string bits;  // "exact", "≤ 1 ulp", … : how far from the truth, and whether the bits are the same everywhere
    std::string equivalent;  // "numpy.exp"
};
std::vector<Operation> operations();

// The Markdown of docs/operations.md behind its introduction, and the same for a terminal.
std::string operations_markdown();
std::string operations_text();

}  // namespace heddle::array
