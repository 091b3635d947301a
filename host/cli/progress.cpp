#include "host/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/cli/signals.hpp"
#include "host/cli/terminal.hpp"

namespace heddle::cli {
namespace {

constexpr std::chrono::milliseconds kFirst{100}, kEvery{200};

std::string clock(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string repeat(std::string_view piece, std::int64_t count) {
    std::string text;
    for (std::int64_t i = 0; i < count; ++i) text += piece;
    return text;
}

}  // namespace

std::string progress_line(const std::string& label, double fraction, double bytes_per_second, ProgressLook look) {
    fraction = std::clamp(fraction, 0.0, 1.0);
    std::string right = fmt::format(" {:3.0f} %  {:.0f} MB/s", std::floor(fraction * 100), bytes_per_second / 1e6);
    std::string left = label.empty() ? "" : label + " ";
    const auto room = look.width - 1 - static_cast<int>(left.size() + right.size());
    if (room < 10) return (left + right).substr(0, static_cast<std::size_t>(std::max(0, look.width - 1)));
    const auto cells = std::min(room, 40);
    const auto full = static_cast<std::int64_t>(fraction * cells);
    if (look.utf8) return left + repeat("━", full) + repeat("─", cells - full) + right;
    return left + repeat("#", full) + repeat("-", cells - full) + right;
}

ProgressBar::ProgressBar(const array::Progress& progress, std::string label)
    : progress_(progress), label_(std::move(label)), thread_([this] { draw_until_done(); }) {}

ProgressBar::~ProgressBar() {
    {
        const std::lock_guard lock(mutex_);
        done_ = true;
    }
    ended_.notify_one();
    thread_.join();
}

void ProgressBar::draw_until_done() {
    const auto begin = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    bool drawn = false;
    for (auto pause = kFirst; !ended_.wait_for(lock, pause, [this] { return done_; }); pause = kEvery) {
        drawn = true;
        set_progress_line(true);
        draw(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    set_progress_line(false);
    if (drawn) print_err("\r\033[K");
}

void ProgressBar::draw(double seconds) {
    const auto total = static_cast<double>(progress_.bytes_total);
    const auto bytes = static_cast<double>(progress_.bytes_done.load(std::memory_order_relaxed));
    const auto fraction = total > 0 ? bytes / total : 0;
    auto line = progress_line(label_, fraction, bytes / seconds, {terminal_width() - 14, locale_is_utf8()});
    if (fraction > 0.01) line += fmt::format("  {} left", clock(seconds * (1 - fraction) / fraction));
    print_err("\r" + line + "\033[K");
}

}  // namespace heddle::cli
