#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "heddle/api.hpp"
#include "heddle/source_location.hpp"

namespace heddle {

// Where an error happened: the task that ran, where it was submitted, and what it worked on.
struct TaskContext {
    std::string task;
    std::vector<std::string> accesses;  // "read float32 (181, 2, 640)"
    SourceLocation submitted;
    std::string device = "cpu";
    bool device_usable = true;
};

// The base of everything that Heddle throws. what() reads "problem: reason; remedy", then the task and its source
// line when one was running. A value: copying shares the texts; any thread may read it.
class HEDDLE_API Error : public std::runtime_error {
public:
    Error(std::string problem, std::string reason, std::string remedy);

    const std::string& problem() const { return text_->problem; }
    const std::string& reason() const { return text_->reason; }
    const std::string& remedy() const { return text_->remedy; }
    const char* what() const noexcept override { return text_->what.c_str(); }
    // Null unless the error came out of a task.
    const TaskContext* task() const { return task_.get(); }
    // The further errors of the scope that threw this one.
    const std::vector<std::exception_ptr>& others() const;

    // A copy of the same dynamic type, with the task, or with the further errors, filled in.
    virtual std::exception_ptr with_task(std::shared_ptr<const TaskContext> task) const = 0;
    virtual std::exception_ptr with_others(std::vector<std::exception_ptr> others) const = 0;

protected:
    void set_task(std::shared_ptr<const TaskContext> task);
    void set_others(std::vector<std::exception_ptr> others);

private:
    struct Text {
        std::string problem, reason, remedy, what;
    };
    std::shared_ptr<const Text> text_;
    std::shared_ptr<const TaskContext> task_;
    std::shared_ptr<const std::vector<std::exception_ptr>> others_;
};

namespace detail {
template <class Derived, class Base = Error>
class ErrorOf : public Base {
public:
    using Base::Base;
    std::exception_ptr with_task(std::shared_ptr<const TaskContext> task) const override {
        Derived copy(static_cast<const Derived&>(*this));
        copy.set_task(std::move(task));
        return std::make_exception_ptr(std::move(copy));
    }
    std::exception_ptr with_others(std::vector<std::exception_ptr> others) const override {
        Derived copy(static_cast<const Derived&>(*this));
        copy.set_others(std::move(others));
        return std::make_exception_ptr(std::move(copy));
    }
};
}  // namespace detail

// A value that the called function does not accept.
class HEDDLE_API ArgumentError : public detail::ErrorOf<ArgumentError> {
    using ErrorOf::ErrorOf;
};
// Shapes that do not broadcast, an axis or an index out of range, a rank over kMaxRank.
class HEDDLE_API ShapeError : public detail::ErrorOf<ShapeError> {
    using ErrorOf::ErrorOf;
};
// An operation that does not exist for these element types, or an unknown type name.
class HEDDLE_API DTypeError : public detail::ErrorOf<DTypeError> {
    using ErrorOf::ErrorOf;
};
// A file or dataset that cannot be opened, read or written.
class HEDDLE_API IoError : public detail::ErrorOf<IoError> {
    using ErrorOf::ErrorOf;
};
// More memory needed than the engine may use, or than there is.
class HEDDLE_API OutOfMemory : public detail::ErrorOf<OutOfMemory> {
    using ErrorOf::ErrorOf;
};
// A task body touched what its accesses do not declare.
class HEDDLE_API AccessError : public detail::ErrorOf<AccessError> {
    using ErrorOf::ErrorOf;
};
// The scope was cancelled before the task ran.
class HEDDLE_API Cancelled : public detail::ErrorOf<Cancelled> {
    using ErrorOf::ErrorOf;
};
// A wait ended at its time limit; the work goes on.
class HEDDLE_API Timeout : public detail::ErrorOf<Timeout> {
    using ErrorOf::ErrorOf;
};
// A part that this build of Heddle does not have.
class HEDDLE_API NotBuilt : public detail::ErrorOf<NotBuilt> {
    using ErrorOf::ErrorOf;
};

// A device, its driver or what ran on it failed. `code` and `name` are the driver's: 700, "cudaErrorIllegalAddress".
class HEDDLE_API DeviceError : public detail::ErrorOf<DeviceError> {
public:
    enum class State : std::uint8_t { usable, lost };

    DeviceError(std::string problem, std::string reason, std::string remedy, std::string device, int code,
                std::string name, State state)
        : ErrorOf(std::move(problem), std::move(reason), std::move(remedy)),
          device_(std::move(device)),
          name_(std::move(name)),
          code_(code),
          state_(state) {}
    const std::string& device() const { return device_; }  // "cuda:0"
    int code() const { return code_; }
    const std::string& name() const { return name_; }
    // Whether the device still takes work: after an illegal address, say, it does not.
    bool usable() const { return state_ == State::usable; }

private:
    std::string device_, name_;
    int code_;
    State state_;
};

// An exception that is not Heddle's own left a task body; cause() is that exception.
class HEDDLE_API TaskError : public detail::ErrorOf<TaskError> {
public:
    TaskError(std::string problem, std::string reason, std::string remedy, std::exception_ptr cause)
        : ErrorOf(std::move(problem), std::move(reason), std::move(remedy)), cause_(std::move(cause)) {}
    std::exception_ptr cause() const { return cause_; }

private:
    std::exception_ptr cause_;
};

// A text that is not an expression. what() shows the line with a caret below the column.
class HEDDLE_API ParseError : public detail::ErrorOf<ParseError> {
public:
    ParseError(std::string problem, std::string reason, std::string remedy, int line, int column)
        : ErrorOf(std::move(problem), std::move(reason), std::move(remedy)), line_(line), column_(column) {}
    int line() const { return line_; }      // from 1
    int column() const { return column_; }  // from 1, in characters

private:
    int line_, column_;
};

}  // namespace heddle
