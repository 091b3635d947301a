#include "heddle/error.hpp"

namespace heddle {
namespace {

std::string join(const std::string& problem, const std::string& reason, const std::string& remedy) {
    std::string text = problem;
    if (!reason.empty()) text += ": " + reason;
    if (!remedy.empty()) text += "; " + remedy;
    return text;
}

std::string describe(const TaskContext& task) {
    std::string text = "\n  in task '" + task.task + "' on " + task.device;
    if (task.submitted.line() != 0)
        text +=
            ", submitted at " + std::string(task.submitted.file_name()) + ":" + std::to_string(task.submitted.line());
    for (const auto& access : task.accesses) text += "\n    " + access;
    return text;
}

}  // namespace

Error::Error(std::string problem, std::string reason, std::string remedy) : std::runtime_error(problem) {
    auto what = join(problem, reason, remedy);
    text_ =
        std::make_shared<const Text>(Text{std::move(problem), std::move(reason), std::move(remedy), std::move(what)});
}

const std::vector<std::exception_ptr>& Error::others() const {
    static const std::vector<std::exception_ptr> none;
    return others_ ? *others_ : none;
}

void Error::set_task(std::shared_ptr<const TaskContext> task) {
    task_ = std::move(task);
    auto text = *text_;
    text.what = join(text.problem, text.reason, text.remedy) + describe(*task_);
    text_ = std::make_shared<const Text>(std::move(text));
}

void Error::set_others(std::vector<std::exception_ptr> others) {
    others_ = std::make_shared<const std::vector<std::exception_ptr>>(std::move(others));
}

}  // namespace heddle
