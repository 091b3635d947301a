// Stands in for libFuzzer in ordinary builds: runs every seed, then a fixed number of fixed mutations of them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> read_seeds(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Bytes> seeds;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return seeds;
}

// One to four edits: replace, insert, remove, or splice in a piece of another seed.
Bytes mutate(const std::vector<Bytes>& seeds, std::mt19937_64& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    Bytes bytes = seeds[below(seeds.size())];
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
        const std::size_t at = below(bytes.size() + 1);
        const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        const auto byte = static_cast<std::uint8_t>(random());
        const Bytes& other = seeds[below(seeds.size())];
        switch (below(4)) {
            case 0:
                if (here != bytes.end()) *here = byte;
                break;
            case 1:
                bytes.insert(here, byte);
                break;
            case 2:
                bytes.erase(here, here + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                             below(8), static_cast<std::size_t>(bytes.end() - here))));
                break;
            default: {
                const std::size_t from = below(other.size() + 1);
                const std::size_t count = std::min<std::size_t>(below(32), other.size() - from);
                const auto first = other.begin() + static_cast<std::ptrdiff_t>(from);
                bytes.insert(here, first, first + static_cast<std::ptrdiff_t>(count));
            }
        }
    }
    return bytes;
}

}  // namespace

// The arguments: the folder of seeds, the number of mutations.
int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s SEEDS MUTATIONS\n", argv[0]);
        return 2;
    }
    const std::vector<Bytes> seeds = read_seeds(argv[1]);
    if (seeds.empty()) {
        std::fprintf(stderr, "no seeds in %s\n", argv[1]);
        return 1;
    }
    for (const Bytes& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
    std::mt19937_64 random(20240607);
    const unsigned long mutations = std::stoul(argv[2]);
    for (unsigned long i = 0; i < mutations; ++i) {
        const Bytes bytes = mutate(seeds, random);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    std::printf("%zu seeds and %lu mutations\n", seeds.size(), mutations);
    return 0;
}
