#include "kernels/launch/omp.hpp"
#include "host/device/device.hpp"

namespace heddle::device {
namespace {

class Omp final : public Device {
public:
    explicit Omp(int threads) : threads_(threads > 0 ? threads : omp_get_max_threads()) {}

    std::string_view name() const override { return "omp"; }
    Drive drive() const override { return Drive::team; }
    int threads() const override { return threads_; }
    void run_team(Worker worker, void* context) override {
        kernels::omp_team(threads_, [=](int index, int count) { worker(context, index, count); });
    }

private:
    int threads_;
};

}  // namespace

std::unique_ptr<Device> make_omp(int threads) { return std::make_unique<Omp>(threads); }

}  // namespace heddle::device
