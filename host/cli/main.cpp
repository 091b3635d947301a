#include <cstdlib>

#include "host/cli/command.hpp"

int main(int argc, char** argv) {
    // Everything is written and closed by now. libhdf5's own clean-up at exit, which this skips, crashes after some
    // damaged files (H5A__close on an attribute that could not be decoded, 1.10.8).
    std::_Exit(heddle::cli::run(argc, argv));
}
