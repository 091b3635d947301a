#include <algorithm>
#include <cstring>

#include "host/io/codec_kinds.hpp"
#include "kernels/shuffle.hpp"

// Filters that move or check bytes: shuffle and fletcher32.
namespace heddle::io {
namespace {

class ByteShuffle final : public Codec {
public:
    explicit ByteShuffle(std::size_t width) : width_(width) {}

    std::size_t most_encoded(std::size_t n) const override { return n; }
    std::size_t decode(InBytes in, OutBytes out) const override { return run(in, out, kernels::unshuffle); }
    std::size_t encode(InBytes in, OutBytes out) const override { return run(in, out, kernels::shuffle); }

private:
    using Kernel = void (*)(const std::byte*, std::byte*, std::size_t, std::size_t);
    // What is left behind whole elements stays where it is.
    std::size_t run(InBytes in, OutBytes out, Kernel kernel) const {
        if (in.size() > out.size())
            throw Undecodable("it holds " + std::to_string(in.size()) + " bytes, more than " +
                              std::to_string(out.size()));
        const std::size_t count = in.size() / width_, whole = count * width_;
        if (width_ == 1 || count < 2)
            std::copy(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(whole), out.begin());
        else
            kernel(in.data(), out.data(), count, width_);
        std::copy(in.begin() + static_cast<std::ptrdiff_t>(whole), in.end(),
                  out.begin() + static_cast<std::ptrdiff_t>(whole));
        return in.size();
    }

    std::size_t width_;
};

class Fletcher32 final : public Codec {
public:
    std::size_t most_encoded(std::size_t n) const override { return n + kSum; }

    std::size_t decode(InBytes in, OutBytes out) const override {
        if (in.size() < kSum) throw Undecodable("it ends before its checksum");
        const InBytes values = in.first(in.size() - kSum);
        InBytes rest = in.last(kSum);
        const auto stored = static_cast<std::uint32_t>(take_little_endian(rest, kSum, "checksum"));
        const std::uint32_t sum = kernels::fletcher32(values.data(), values.size());
        // HDF5 before 1.6.3 exchanged the bytes of each half.
        const std::uint32_t old = (sum & 0x00ff00ffu) << 8 | (sum & 0xff00ff00u) >> 8;
        if (stored != sum && stored != old) throw Undecodable("its fletcher32 checksum does not match");
        if (values.size() > out.size())
            throw Undecodable("it holds " + std::to_string(values.size()) + " bytes, more than " +
                              std::to_string(out.size()));
        std::copy(values.begin(), values.end(), out.begin());
        return values.size();
    }

    std::size_t encode(InBytes in, OutBytes out) const override {
        std::copy(in.begin(), in.end(), out.begin());
        const std::uint32_t sum = kernels::fletcher32(in.data(), in.size());
        for (std::size_t i = 0; i < kSum; ++i) out[in.size() + i] = static_cast<std::byte>(sum >> (8 * i));
        return in.size() + kSum;
    }

private:
    static constexpr std::size_t kSum = 4;
};

}  // namespace

std::unique_ptr<Codec> make_shuffle(const Filter& filter) {
    if (filter.parameters.empty() || filter.parameters[0] == 0) return nullptr;
    return std::make_unique<ByteShuffle>(filter.parameters[0]);
}

std::unique_ptr<Codec> make_fletcher32() { return std::make_unique<Fletcher32>(); }

}  // namespace heddle::io
