#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/peers/patterns.hpp"

namespace peers {

struct Options {
    std::vector<std::string> patterns = {"stencil_1d_periodic"};
    Shape shape;
    int threads = 2;
    long grain = 0;
    int repeat = 3;
    bool verify = false;
    bool metg = false;
    bool backlog = false;
    double peak = 0;  // ns for one grain iteration with all threads busy; 0 measures it
};

inline Options parse_options(int argc, char** argv) {
    Options o;
    const std::string usage = std::string("usage: ") + argv[0] +
                              " [--pattern NAME|all] [--width W] [--steps S] [--radius R] [--threads N]\n"
                              "    [--grain ITERATIONS] [--repeat R] [--peak NS] [--verify] [--metg] [--backlog]\n";
    const auto fail = [&](const std::string& why) {
        std::fprintf(stderr, "%s: %s\n%s", argv[0], why.c_str(), usage.c_str());
        std::exit(2);
    };
    for (int k = 1; k < argc; ++k) {
        const std::string name = argv[k];
        if (name == "--help") {
            std::printf("%s", usage.c_str());
            std::exit(0);
        }
        if (name == "--verify" || name == "--metg" || name == "--backlog") {
            (name == "--verify" ? o.verify : name == "--metg" ? o.metg : o.backlog) = true;
            continue;
        }
        if (k + 1 == argc) fail("'" + name + "' is no option, or its value is missing");
        const std::string text = argv[++k];
        if (name == "--pattern") {
            o.patterns = {text};
            if (text == "all") o.patterns.assign(kPatternNames.begin(), kPatternNames.end());
            continue;
        }
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (text.empty() || *end != '\0' || !(value >= 0 && value <= 1e9)) fail(name + ": no number: '" + text + "'");
        if (value < 1 && name != "--grain" && name != "--peak") fail(name + " must be at least 1");
        if (name == "--width")
            o.shape.width = static_cast<int>(value);
        else if (name == "--steps")
            o.shape.steps = static_cast<int>(value);
        else if (name == "--radius")
            o.shape.radius = static_cast<int>(value);
        else if (name == "--threads")
            o.threads = static_cast<int>(value);
        else if (name == "--repeat")
            o.repeat = static_cast<int>(value);
        else if (name == "--grain")
            o.grain = static_cast<long>(value);
        else if (name == "--peak")
            o.peak = value;
        else
            fail("no option '" + name + "'");
    }
    for (const std::string& pattern : o.patterns) {
        if (std::find(kPatternNames.begin(), kPatternNames.end(), pattern) == kPatternNames.end()) {
            fail("no pattern '" + pattern + "'");
        }
    }
    return o;
}

}  // namespace peers
