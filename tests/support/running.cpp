#include "tests/support/running.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "tests/support/paths.hpp"

namespace heddle::test {

Running::Running(const std::vector<std::string>& arguments) {
    const auto program = command_path().string();
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    child_ = fork();
    if (child_ < 0) throw std::runtime_error("fork failed");
    if (child_ == 0) {
        const int nothing = open("/dev/null", O_RDWR);
        for (int stream = 0; stream < 3; ++stream) dup2(nothing, stream);
        execv(program.c_str(), argv.data());
        _exit(127);
    }
}

Running::~Running() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    wait();
}

void Running::signal(int number) const { kill(child_, number); }

Running::End Running::wait() {
    int status = 0;
    rusage usage{};
    while (wait4(child_, &status, 0, &usage) < 0)
        if (errno != EINTR) throw std::runtime_error("wait4 failed");
    child_ = 0;
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), usage.ru_maxrss,
            seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

}  // namespace heddle::test
