#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/sort.hpp"
#include "kernels/sort_radix.hpp"

// One radix sort: its scratch, its loops and its steps.
namespace heddle::kernels::radix {

// Where in the scratch what lies, and how keys are cut into digits.
struct Plan {
    std::int64_t n;
    std::uint64_t flip;
    int parts, key_bits, digit_bits, digits;
    bool lines;
    std::size_t bins, counts, starts, line_bytes, lines_at, records, more_records, bytes;

    Digit digit(int i) const { return {i * digit_bits, std::min(digit_bits, key_bits - i * digit_bits)}; }
    Range range(int part) const {
        const std::int64_t each = n / parts, rest = n % parts;
        return {part * each + std::min<std::int64_t>(part, rest),
                (part + 1) * each + std::min<std::int64_t>(part + 1, rest)};
    }
    // How many elements a part has with each value of a digit; then, where the next of them goes.
    std::int64_t* cells(std::byte* scratch, int part, int digit) const {
        const auto row =
            static_cast<std::size_t>(part) * static_cast<std::size_t>(digits) + static_cast<std::size_t>(digit);
        return reinterpret_cast<std::int64_t*>(scratch + counts) + row * bins;
    }
};

// One pass: which of the digits, and from where to where.
struct Pass {
    int digit;
    const std::byte* from;
    std::byte* to;
    bool first, last;
};

// The loops of one kind of key and result.
struct Loops {
    void (*count)(const Plan&, std::byte* scratch, int part, int digit, const std::byte* from, bool first);
    void (*scatter)(const Plan&, std::byte* scratch, int part, const Pass&);
    void (*copy)(const Plan&, int part, const std::byte* in, std::byte* out);
    void (*few)(const Plan&, const std::byte* in, std::byte* out, std::byte* scratch);
    std::uint64_t (*key)(const Plan&, const std::byte* in, std::int64_t i);
    std::size_t key_bytes, record_bytes, out_bytes, line_bytes;
};

// A sort under way: for each digit count (all parts), place (one thread) and scatter (all parts).
struct State {
    const Loops* loops;
    Plan plan;
    std::byte* scratch;           // plan.bytes of them, 64-aligned
    int passes = 0;               // how many digits differ between keys,
    std::array<int, 8> digits{};  // and which

    State(DType dtype, RadixSort::Result result, std::int64_t n, int parts);

    static constexpr int kStepsPerDigit = 3;
    int steps() const { return plan.digits * kStepsPerDigit; }
    void run(int step, int part, const std::byte* in, std::byte* out);

private:
    void choose(const std::byte* in);
    void place(int pass);
    std::byte* target(int pass, std::byte* out) const;
};

}  // namespace heddle::kernels::radix
