#pragma once

#include <memory>
#include <string>

#include "host/array/whole.hpp"
#include "kernels/group.hpp"

namespace heddle::array {

// Says where each element of a scattered reduction goes: by its label, or the bin that it lies in.
class Places {
public:
    virtual ~Places() = default;
    virtual std::string key() const = 0;
    // How many operands it looks at; those come first.
    virtual int operands() const = 0;
    // Whether an operand has an entry for each element.
    virtual bool is_of_elements(int operand) const = 0;
    // Throws for operands that make no sense; called once, before load.
    virtual void check(const void* const* in) const = 0;
    // The places, in [0, groups], of n elements; place `groups` is nowhere. Returns the first that is wrong, or -1.
    virtual std::int64_t load(const void* const* in, std::int64_t first, std::int64_t n,
                              std::int64_t* places) const = 0;
    // Throws what says why the element is wrong: in[] holds it at `at`, and it is the operands' `element`th in C order.
    virtual void fail(const void* const* /*in*/, std::int64_t /*at*/, std::int64_t /*element*/) const {}
};

// At most so many elements are given to Places at a time.
inline constexpr std::int64_t kScattered = 1024;

// What a scattered reduction works over: an array of `shape` whose axis (-1: all of them) becomes one of `groups`.
struct Scatter {
    std::string name;
    kernels::Group group;
    Shape shape;
    int axis;
    std::int64_t groups;
    bool along;  // places are those of the axis, the same for all lines, not of each element
    std::shared_ptr<const Places> places;
};

// The shape with `groups` as the axis's extent, or alone.
Shape scattered_shape(const Scatter& scatter);
// ArgumentError for a result of too many elements to count with.
void check_results(const std::string& name, const Shape& result);
// The reduction over the operands of `places` and, but for a count, the values, which come last. `result` has as many
// elements as the scattered shape.
NodePtr make_scatter(const Scatter& scatter, std::vector<NodePtr> operands, DType values, const Shape& result);

}  // namespace heddle::array
