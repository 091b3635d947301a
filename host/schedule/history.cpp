#include "host/schedule/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <tuple>
#include <utility>

#include "host/base/whole_file.hpp"
#include "host/expr/kernel_cache.hpp"

namespace heddle::schedule {
namespace {

namespace fs = std::filesystem;

// A file is the header, a line for each estimate, and a last line with a checksum of all before it.
constexpr std::string_view kHeader = "heddle run times 1\n";
constexpr std::uint32_t kBelieved = 4;  // samples of a file, so that new ones soon count more

struct Line {
    double seconds = 0;
    std::uint32_t samples = 0;
};
using Lines = std::map<std::tuple<std::string, int, std::string>, Line>;  // by name, size, lane

std::uint64_t checksum(std::string_view text) {  // FNV-1a
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return h;
}

std::string_view next_field(std::string_view& text, char end) {
    const auto field = text.substr(0, text.find(end));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    return field;
}

template <class T>
bool parse(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// Nothing of what is not whole.
Lines read(const fs::path& path) {
    std::error_code failed;
    if (!fs::is_regular_file(path, failed)) return {};
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto last = text.rfind("sum ");
    if (!text.starts_with(kHeader) || last == std::string::npos || text[last - 1] != '\n') return {};
    std::string_view rest(text);
    if (rest.substr(last) != fmt::format("sum {:016x}\n", checksum(rest.substr(0, last)))) return {};
    rest = rest.substr(kHeader.size(), last - kHeader.size());
    Lines lines;
    while (!rest.empty() && lines.size() < 4 * History::kMost) {
        std::string_view line = next_field(rest, '\n');
        Line entry;
        int size = 0;
        const bool whole = parse(next_field(line, '\t'), size) && parse(next_field(line, '\t'), entry.samples) &&
                           parse(next_field(line, '\t'), entry.seconds) && entry.seconds >= 0 &&
                           std::isfinite(entry.seconds);
        const std::string lane(next_field(line, '\t'));
        if (whole) lines[{std::string(line), size, lane}] = entry;
    }
    return lines;
}

bool is_plain(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n'; });
}

}  // namespace

void History::Estimate::add(double sample) {
    constexpr std::uint32_t kRemembered = 8;
    changed = true;
    tries = 0;
    elsewhere = 0;
    samples = std::min(samples + 1, kRemembered);
    // The first time may be many times as long: code is loaded, memory is touched for the first time.
    if (samples == 1 || (samples == 2 && sample < seconds / 2)) {
        seconds = sample;
        return;
    }
    if (samples > 2 && seconds > 0) sample = std::min(sample, seconds * 4);
    seconds += (sample - seconds) / samples;
}

History::History(std::vector<std::string> lanes, std::size_t queues)
    : lanes_(std::move(lanes)), queues_(queues), others_(empty()) {}

History::Kind History::empty() const {
    Kind kind;
    kind.lanes.resize(lanes_.size());
    kind.queues.resize(queues_);
    return kind;
}

History::Kind& History::kind(std::string_view name, double bytes, double flops) {
    constexpr int kSizes = 64, kLowest = -4, kHighest = 16;
    int size = 0, per_byte = 0;
    if (bytes >= 1) std::frexp(bytes, &size);
    if (flops > 0) {
        std::frexp(flops / std::max(bytes, 1.0), &per_byte);
        per_byte = std::clamp(per_byte, kLowest, kHighest) - kLowest + 1;
    }
    return kind({name, size + kSizes * per_byte});
}

History::Kind& History::kind(Key key) {
    if (const auto found = kinds_.find(key); found != kinds_.end()) return found->second->kind;
    if (kinds_.size() == kMost) return others_;
    auto named = std::make_unique<Named>(Named{std::string(key.name), empty()});
    key.name = named->name;
    return kinds_.emplace(key, std::move(named)).first->second->kind;
}

void History::load(const fs::path& file) {
    for (const auto& [key, line] : read(file)) {
        const auto& [name, size, lane] = key;
        const auto at = std::find(lanes_.begin(), lanes_.end(), lane);
        if (at == lanes_.end()) continue;
        Kind& known = kind({name, size});
        if (!learns(known)) return;
        Estimate& estimate = known.lanes[static_cast<std::size_t>(at - lanes_.begin())];
        estimate.seconds = line.seconds;
        estimate.samples = std::min(line.samples, kBelieved);
    }
}

void History::save(const fs::path& path) const {
    Lines lines;
    for (const auto& [key, named] : kinds_)
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            const Estimate& estimate = named->kind.lanes[lane];
            if (estimate.changed && is_plain(named->name) && is_plain(lanes_[lane]))
                lines[{named->name, key.size, lanes_[lane]}] = {estimate.seconds, estimate.samples};
        }
    if (lines.empty()) return;
    for (auto& [key, line] : read(path)) {
        if (lines.size() == 4 * kMost) break;
        lines.try_emplace(key, line);
    }
    std::string text(kHeader);
    for (const auto& [key, line] : lines) {
        const auto& [name, size, lane] = key;
        text += fmt::format("{}\t{}\t{}\t{}\t{}\n", size, line.samples, line.seconds, lane, name);
    }
    text += fmt::format("sum {:016x}\n", checksum(text));
    const std::string_view whole = text;
    write_whole(path, {&whole, 1});  // if that fails, it is measured again next time
}

fs::path History::file(const std::string& option, bool simulated) {
    const char* variable = std::getenv("HEDDLE_HISTORY");
    const std::string wanted = !option.empty() ? option : variable != nullptr ? variable : "";
    if (wanted == "off") return {};
    if (!wanted.empty()) return wanted;
    if (simulated) return {};
    const fs::path kernels = expr::KernelCache::default_folder();
    if (kernels.empty()) return {};
    return (std::getenv("HEDDLE_CACHE_DIR") != nullptr ? kernels : kernels.parent_path()) / "run_times";
}

}  // namespace heddle::schedule
