#include "host/cli/errors.hpp"

#include <new>

#include "host/cli/terminal.hpp"

namespace heddle::cli {
namespace {

// Names inside a message may hold control characters; its own line breaks stay.
std::string safe(const std::string& text) {
    std::string out;
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
        out += printable(text.substr(begin, end - begin)) + '\n';
    return out + printable(text.substr(begin));
}

}  // namespace

std::string message_of(const std::exception& error, Detail detail) {
    if (dynamic_cast<const std::bad_alloc*>(&error)) return "out of memory: the system gave no more; lower --memory";
    const auto* own = dynamic_cast<const Error*>(&error);
    if (own == nullptr) return safe(error.what());
    if (detail == Detail::brief) {
        auto text = own->problem();
        if (!own->reason().empty()) text += ": " + own->reason();
        if (!own->remedy().empty()) text += "; " + own->remedy();
        return safe(text);
    }
    std::string text = own->what();
    for (const auto& other : own->others()) {
        try {
            std::rethrow_exception(other);
        } catch (const std::exception& further) {
            text += "\nfurther: " + message_of(further);
        }
    }
    return safe(text);
}

}  // namespace heddle::cli
