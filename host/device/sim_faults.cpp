#include "host/device/sim_faults.hpp"

#include <algorithm>
#include <iterator>

namespace heddle::device {

SimFaults::SimFaults(const std::vector<Fault>& faults, int device) {
    std::copy_if(faults.begin(), faults.end(), std::back_inserter(faults_),
                 [&](const Fault& f) { return f.device == device; });
}

SimFaults::Outcome SimFaults::next(Fault::Call call) {
    const std::uint64_t count = ++calls_.at(static_cast<std::size_t>(call));
    const auto fault =
        std::find_if(faults_.begin(), faults_.end(), [&](const Fault& f) { return f.call == call && f.at == count; });
    if (fault == faults_.end()) return Outcome::well;
    switch (fault->kind) {
        case Fault::Kind::refused:
            return Outcome::refused;
        case Fault::Kind::lost:
            return Outcome::lost;
        case Fault::Kind::later:
            return Outcome::later;
        case Fault::Kind::hang:
            return Outcome::hang;
    }
    return Outcome::well;
}

std::string_view name(Fault::Call call) {
    switch (call) {
        case Fault::Call::allocate:
            return "an allocation";
        case Fault::Call::allocate_pinned:
            return "an allocation of pinned memory";
        case Fault::Call::copy:
            return "a copy";
        case Fault::Call::launch:
            return "a launch";
        case Fault::Call::mark:
            return "a mark";
        case Fault::Call::wait:
            return "a wait";
    }
    return "a call";
}

}  // namespace heddle::device
