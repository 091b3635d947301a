#include "tests/support/command.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/paths.hpp"

namespace heddle::test {
namespace {

std::string read_all(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void redirect(const char* file, int flags, int target) {
    const int fd = open(file, flags, 0600);
    if (fd < 0 || dup2(fd, target) < 0) _exit(127);
    close(fd);
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) throw std::runtime_error("waitpid failed");
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

CommandResult run_command(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                          const CommandOptions& options) {
    if (access(program.c_str(), X_OK) != 0) throw std::runtime_error("cannot run " + program.string());
    const TempDir streams;
    const std::string out = streams / "out";
    const std::string err = streams / "err";
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);

    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) {
        redirect("/dev/null", O_RDONLY, STDIN_FILENO);
        redirect(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
        redirect(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
        for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
        if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(127);
        execv(program.c_str(), argv.data());
        _exit(127);
    }
    CommandResult result;
    result.status = wait_for(child);
    result.out = read_all(out);
    result.err = read_all(err);
    return result;
}

CommandResult run_heddle(const std::vector<std::string>& arguments, const CommandOptions& options) {
    return run_command(command_path(), arguments, options);
}

}  // namespace heddle::test
