#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "host/array/plan.hpp"

namespace heddle::cli {

// One line of a progress bar: "label ━━━━━━──── 58 %  412 MB/s  0:12 left", no wider than `width`.
struct ProgressLook {
    int width = 80;
    bool utf8 = true;
};
std::string progress_line(const std::string& label, double fraction, double bytes_per_second, ProgressLook look);

// Draws the progress of an evaluation on standard error until it is destroyed, and clears it then. A thread of its own,
// which sleeps between two drawings; nothing is drawn during the first tenth of a second.
class ProgressBar {
public:
    ProgressBar(const array::Progress& progress, std::string label);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

private:
    void draw_until_done();
    void draw(double seconds);

    const array::Progress& progress_;
    std::string label_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace heddle::cli
