#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace heddle::test {

// The command as a process that the test can signal; its output goes nowhere.
class Running {
public:
    explicit Running(const std::vector<std::string>& arguments);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void signal(int number) const;
    struct End {
        int status = 0;  // the exit status, or 128 + the signal that ended it
        long peak_kib = 0;
        double seconds = 0;
    };
    End wait();

private:
    pid_t child_;
};

}  // namespace heddle::test
