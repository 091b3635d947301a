#include "host/cli/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "host/io/output.hpp"

namespace heddle::cli {
namespace {

std::atomic<bool> progress_line{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void end_by_signal(int number) {
    io::remove_temporaries();
    if (progress_line.load()) {
        constexpr char clear[] = "\r\033[K";
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, clear, sizeof clear - 1);
    }
    // SA_RESETHAND has put the default action back: the process ends by this signal, as its parent expects.
    ::raise(number);
}

}  // namespace

void set_progress_line(bool drawn) noexcept { progress_line.store(drawn); }

void install_signal_handlers() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction old {};
        if (::sigaction(number, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
        struct sigaction action {};
        action.sa_handler = end_by_signal;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(number, &action, nullptr);
    }
    ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace heddle::cli
