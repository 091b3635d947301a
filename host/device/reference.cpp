#include "host/device/device.hpp"

namespace heddle::device {
namespace {

// Tasks run on the thread that submits them, so there is no team.
class Reference final : public Device {
public:
    std::string_view name() const override { return "reference"; }
    Drive drive() const override { return Drive::at_submission; }
    int threads() const override { return 1; }
    void run_team(Worker, void*) override {}
};

}  // namespace

std::unique_ptr<Device> make_reference() { return std::make_unique<Reference>(); }

}  // namespace heddle::device
