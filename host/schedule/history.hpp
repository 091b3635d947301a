#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heddle::schedule {

// How long tasks took, by their names, the size of what they touch and their flops per byte (to powers of two), and the
// kind of lane: "cpu", or a device's model. Not thread-safe: the mutex of the engine's Devices guards it. Finding what
// is known allocates nothing.
class History {
public:
    struct Estimate {
        double seconds = 0;
        std::uint32_t samples = 0;
        bool changed = false;     // since it was read from a file
        std::uint32_t tries = 0;  // of this engine, to measure a lane that is not the best
        double elsewhere = 0;     // seconds that such tasks took on other lanes since the last sample, or try

        // A running mean that forgets: of the last eight or so, in which a sample far above counts as four times it.
        void add(double sample);
    };
    // Tasks of one name and size.
    struct Kind {
        std::vector<Estimate> lanes;
        struct Queue {  // what was put there and is not done
            std::uint64_t tasks = 0;
            double seconds = 0;
        };
        std::vector<Queue> queues;  // by lane, of which several may be of one kind
    };

    // The kinds of lanes, each once; queues: lanes.
    History(std::vector<std::string> lanes, std::size_t queues);

    // Stays where it is while the history lives. After kMost of them, those of all new names and sizes are one, of
    // which nothing is learnt.
    Kind& kind(std::string_view name, double bytes, double flops = 0);
    static constexpr std::size_t kMost = 4096;
    bool learns(const Kind& kind) const { return &kind != &others_; }

    // Blocks on the disk. A file that is missing, damaged or of another version is as good as none.
    void load(const std::filesystem::path& file);
    // Adds what was measured here to what the file holds now; the file appears whole, by a rename. Of two that save at
    // once, one's measurements may be lost.
    void save(const std::filesystem::path& file) const;

    // As EngineOptions::history says; empty: none.
    static std::filesystem::path file(const std::string& option, bool simulated);

private:
    struct Key {
        std::string_view name;
        int size = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const {
            return std::hash<std::string_view>()(key.name) ^ (static_cast<std::size_t>(key.size) * 0x9e3779b97f4a7c15u);
        }
    };
    struct Named {
        std::string name;  // what the key names
        Kind kind;
    };
    Kind& kind(Key key);
    Kind empty() const;

    const std::vector<std::string> lanes_;
    const std::size_t queues_;
    std::unordered_map<Key, std::unique_ptr<Named>, Hash> kinds_;
    Kind others_;
};

}  // namespace heddle::schedule
