#include "kernels/sort_plan.hpp"

#include <limits>
#include <utility>

namespace heddle::kernels::radix {
namespace {

using Result = RadixSort::Result;

// The bits of a digit: few keys are not worth many bins, and 16 bits are two digits anyhow.
constexpr int kNarrow = 8, kWide = 11;
constexpr std::int64_t kManyKeys = 1 << 14;
// A scatter goes through lines when its records outgrow the caches.
constexpr std::size_t kCached = std::size_t{1} << 20;

template <class Kind>
struct LoopsOf {
    using Key = typename Kind::Key;
    using Record = typename Kind::Record;
    using Out = typename Kind::Out;

    static Record begin(const Plan& plan, const std::byte* in, std::int64_t i) {
        return Kind::begin(load<Key>(in, i), i, static_cast<Key>(plan.flip));
    }
    static std::uint64_t key(const Plan& plan, const std::byte* in, std::int64_t i) { return begin(plan, in, i).key; }

    // All digits of the input at once, unrolled. Neighbours often share the highest digit, and a counter that was just
    // written is slow to read: two take turns.
    template <int kBits>
    static void count_digits(const Plan& plan, std::int64_t* cells, Range range, const std::byte* in) {
        constexpr int kKeyBits = static_cast<int>(sizeof(Key)) * 8;
        constexpr std::size_t kBins = std::size_t{1} << kBits, kDigits = (kKeyBits + kBits - 1) / kBits;
        std::fill_n(cells, kDigits * kBins, 0);
        std::int64_t others[kBins] = {};
        std::int64_t *const high = cells + (kDigits - 1) * kBins, *const turns[] = {high, others};
        for (std::int64_t i = range.begin; i < range.end; ++i) {
            const std::uint64_t key = begin(plan, in, i).key;
            [&]<std::size_t... kDigit>(std::index_sequence<kDigit...>) {
                (++cells[kDigit * kBins + (key >> (kDigit * kBits)) % kBins], ...);
            }
            (std::make_index_sequence<kDigits - 1>());
            ++turns[i & 1][(key >> ((kDigits - 1) * kBits)) % kBins];
        }
        for (std::size_t bin = 0; bin < kBins; ++bin) high[bin] += others[bin];
    }

    // Of records only the next digit, since a pass changed what is in each part.
    static void count(const Plan& plan, std::byte* scratch, int part, int digit, const std::byte* from, bool first) {
        const Range range = plan.range(part);
        if (first) {
            const auto all = plan.digit_bits == kNarrow ? count_digits<kNarrow> : count_digits<kWide>;
            return all(plan, plan.cells(scratch, part, 0), range, from);
        }
        std::int64_t* cells = plan.cells(scratch, part, digit);
        const Digit at = plan.digit(digit);
        std::fill_n(cells, plan.bins, 0);
        for (std::int64_t i = range.begin; i < range.end; ++i) ++cells[at.of(load<Record>(from, i).key)];
    }

    template <class T, class Load, class Finish>
    static void move(const Plan& plan, std::byte* scratch, int part, const Pass& pass, Load&& load, Finish&& finish) {
        const auto at = plan.digit(pass.digit);
        const auto make = [&, at](std::int64_t i) {
            const Record record = load(i);
            return std::pair{at.of(record.key), finish(record)};
        };
        std::int64_t* next = plan.cells(scratch, part, pass.digit);
        if (!plan.lines) return move_each<T>(plan.range(part), next, pass.to, make);
        const auto own = static_cast<std::size_t>(part) * plan.bins;
        move_lines<T>(plan.range(part), at.bins(), next, reinterpret_cast<std::int64_t*>(scratch + plan.starts) + own,
                      scratch + plan.lines_at + own * plan.line_bytes, pass.to, make);
    }

    static void scatter(const Plan& plan, std::byte* scratch, int part, const Pass& pass) {
        const auto flip = static_cast<Key>(plan.flip);
        const auto source = [&plan, from = pass.from](std::int64_t i) { return begin(plan, from, i); };
        const auto middle = [from = pass.from](std::int64_t i) { return load<Record>(from, i); };
        const auto same = [](Record record) { return record; };
        const auto end = [flip](Record record) { return Kind::end(record, flip); };
        if (pass.first && pass.last) return move<Out>(plan, scratch, part, pass, source, end);
        if (pass.first) return move<Record>(plan, scratch, part, pass, source, same);
        if (pass.last) return move<Out>(plan, scratch, part, pass, middle, end);
        move<Record>(plan, scratch, part, pass, middle, same);
    }

    static void copy(const Plan& plan, int part, const std::byte* in, std::byte* out) {
        const auto range = plan.range(part);
        for (std::int64_t i = range.begin; i < range.end; ++i)
            store<Out>(out, i, Kind::end(begin(plan, in, i), static_cast<Key>(plan.flip)));
    }

    static void few(const Plan& plan, const std::byte* in, std::byte* out, std::byte* scratch) {
        auto* records = reinterpret_cast<Record*>(scratch);
        for (std::int64_t i = 0; i < plan.n; ++i) records[i] = begin(plan, in, i);
        std::sort(records, records + plan.n);
        for (std::int64_t i = 0; i < plan.n; ++i)
            store<Out>(out, i, Kind::end(records[i], static_cast<Key>(plan.flip)));
    }

    static constexpr Loops loops() {
        return {count,
                scatter,
                copy,
                few,
                key,
                sizeof(Key),
                sizeof(Record),
                sizeof(Out),
                std::max(kLine<Record> * sizeof(Record), kLine<Out> * sizeof(Out))};
    }
};
template <class Kind>
constexpr Loops kLoops = LoopsOf<Kind>::loops();

template <class Code>
const Loops& loops_of(Result result, std::int64_t n) {
    if (result == Result::values) return kLoops<Values<Code>>;
    if (n <= std::numeric_limits<std::uint32_t>::max()) return kLoops<Positions<Code, std::uint32_t>>;
    return kLoops<Positions<Code, std::uint64_t>>;
}

const Loops& loops_of(DType dtype, Result result, std::int64_t n) {
    switch (size_of(dtype)) {
        case 1:
            return loops_of<IntegerCode<std::uint8_t>>(result, n);
        case 2:
            return is_float(dtype) ? loops_of<FloatCode<std::uint16_t>>(result, n)
                                   : loops_of<IntegerCode<std::uint16_t>>(result, n);
        case 4:
            return is_float(dtype) ? loops_of<FloatCode<std::uint32_t>>(result, n)
                                   : loops_of<IntegerCode<std::uint32_t>>(result, n);
        default:
            return is_float(dtype) ? loops_of<FloatCode<std::uint64_t>>(result, n)
                                   : loops_of<IntegerCode<std::uint64_t>>(result, n);
    }
}

Plan plan_of(const Loops& loops, DType dtype, std::int64_t n, int parts) {
    Plan plan{};
    plan.n = n;
    plan.parts = parts;
    plan.key_bits = static_cast<int>(loops.key_bytes) * 8;
    plan.flip = is_signed(dtype) ? std::uint64_t{1} << (plan.key_bits - 1) : 0;
    plan.digit_bits = n < kManyKeys || loops.key_bytes < 4 ? kNarrow : kWide;
    plan.digits = (plan.key_bits + plan.digit_bits - 1) / plan.digit_bits;
    plan.bins = std::size_t{1} << plan.digit_bits;
    plan.line_bytes = loops.line_bytes;
    const auto count = static_cast<std::size_t>(n), cells = static_cast<std::size_t>(parts) * plan.bins;
    plan.lines = count * loops.record_bytes > kCached;
    const auto take = [&plan](std::size_t bytes) {
        const std::size_t at = plan.bytes;
        plan.bytes += (bytes + 63) / 64 * 64;
        return at;
    };
    plan.counts = take(cells * static_cast<std::size_t>(plan.digits) * sizeof(std::int64_t));
    if (plan.lines) {
        plan.starts = take(cells * sizeof(std::int64_t));
        plan.lines_at = take(cells * plan.line_bytes);
    }
    if (plan.digits > 1) plan.records = take(count * loops.record_bytes);
    if (plan.digits > 2 && loops.record_bytes > loops.out_bytes) plan.more_records = take(count * loops.record_bytes);
    return plan;
}

}  // namespace

State::State(DType dtype, RadixSort::Result result, std::int64_t n, int parts)
    : loops(&loops_of(dtype, result, n)), plan(plan_of(*loops, dtype, n, parts)), scratch(nullptr) {}

// The digits in which not all keys agree with the first one.
void State::choose(const std::byte* in) {
    passes = 0;
    if (plan.n == 0) return;
    const std::uint64_t first = loops->key(plan, in, 0);
    for (int digit = 0; digit < plan.digits; ++digit) {
        std::int64_t same = 0;
        for (int part = 0; part < plan.parts; ++part)
            same += plan.cells(scratch, part, digit)[plan.digit(digit).of(first)];
        if (same != plan.n) digits[static_cast<std::size_t>(passes++)] = digit;
    }
}

// Counts become places: bin after bin, within a bin part after part, which keeps equal keys in order.
void State::place(int pass) {
    const int digit = digits[static_cast<std::size_t>(pass)];
    std::int64_t at = 0;
    for (std::size_t bin = 0; bin < plan.digit(digit).bins(); ++bin) {
        for (int part = 0; part < plan.parts; ++part) {
            std::int64_t& cell = plan.cells(scratch, part, digit)[bin];
            at += std::exchange(cell, at);
        }
    }
}

// The last pass writes the output; the ones before alternate, so that none writes what it reads.
std::byte* State::target(int pass, std::byte* out) const {
    const int after = passes - 1 - pass;
    if (after % 2 == 1) return scratch + plan.records;
    return after == 0 || plan.more_records == 0 ? out : scratch + plan.more_records;
}

void State::run(int step, int part, const std::byte* in, std::byte* out) {
    const int pass = step / kStepsPerDigit, what = step % kStepsPerDigit;
    if (step == 1) choose(in);
    if (step > 1 && pass >= passes) {
        if (step == 2) loops->copy(plan, part, in, out);
        return;
    }
    const std::byte* from = pass == 0 ? in : target(pass - 1, out);
    const int digit = digits[static_cast<std::size_t>(pass)];
    if (what == 0) {
        // A single part holds the same elements in every pass.
        if (pass == 0 || plan.parts > 1) loops->count(plan, scratch, part, digit, from, pass == 0);
    } else if (what == 1) {
        if (passes > 0) place(pass);
    } else {
        loops->scatter(plan, scratch, part, {digit, from, target(pass, out), pass == 0, pass == passes - 1});
    }
}

}  // namespace heddle::kernels::radix
