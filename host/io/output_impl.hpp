#pragma once

#include <map>
#include <memory>
#include <vector>

#include "host/io/checked.hpp"
#include "host/io/file.hpp"
#include "host/io/output.hpp"
#include "host/io/sink_driver.hpp"
#include "host/io/target.hpp"
#include "host/io/temporary.hpp"

namespace heddle::io {

struct OutputEntry {
    DatasetSpec spec;
    Handle id, memory_type;
    std::uint64_t logical_bytes = 0, written_bytes = 0;
};

// The state of an OutputFile; members in an order that destroys what libhdf5 holds before what it writes to.
struct OutputFile::Impl {
    OutputTarget target;
    ResolvedTarget resolved;
    SinkState sink;
    std::unique_ptr<Temporary> temporary;
    Handle file, group;
    std::vector<OutputEntry> entries;
    std::uint64_t planned_bytes = 0;            // of contiguous datasets
    std::map<std::string, std::string> scales;  // what was copied (source and selection) → path in the file

    std::string problem() const { return "cannot write '" + target.file + "'"; }
    OutputEntry& entry(OutputDataset dataset);
    // Throws what the disk said, if anything; after that only discard() makes sense.
    void check_sink() const;
    void check_space(std::uint64_t needed) const;
    void check_trend(const OutputEntry& entry) const;
    void open_file();
    void close_handles();

    // Runs under the library lock; failures become IoErrors about the target.
    template <class Work>
    auto attempt(Work&& work) {
        return guarded(
            target.file, [&] { return problem(); }, std::forward<Work>(work));
    }
};

// Text attributes of any length; existing ones of the same name are replaced. Need the library lock.
void write_text_attribute(Id object, const std::string& name, const std::string& text);

}  // namespace heddle::io
