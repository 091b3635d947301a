#include "host/schedule/nested.hpp"

#include <string>

#include "heddle/error.hpp"
#include "host/schedule/scope_core.hpp"

namespace heddle::schedule {

using graph::BufferCore;
using graph::Record;
using graph::Tile;

namespace {

std::string describe(const BufferCore& buffer) {
    return (buffer.name.empty() ? "a buffer of " : "buffer '" + buffer.name + "', ") +
           std::string(name_of(buffer.dtype)) + " " + to_string(buffer.layout.shape);
}

Box box_of(const BufferCore& buffer, const Box* box) { return box != nullptr ? *box : Box::whole(buffer.layout.shape); }

bool contains(const Box& outer, const Box& inner) {
    for (int a = 0; a < outer.rank(); ++a)
        if (inner.lo[a] < outer.lo[a] || inner.hi[a] > outer.hi[a]) return false;
    return true;
}

void check_order(Tile& tile, Mode mode, std::span<const std::uint64_t> path, const BufferCore& buffer,
                 std::string_view part) {
    const auto check = [&](graph::Ref ref) {
        const Record* other = graph::record_of(ref);
        if (other == nullptr || other->self != ref || graph::is_done(*other)) return;
        if (graph::precedes(other->path(), path)) return;
        throw AccessError("part '" + std::string(part) + "' of a body would wait for a task that comes after the body",
                          describe(buffer) + " is in use by task '" + std::string(other->name_view()) + "'",
                          "declare the buffer as an access of the body's own task");
    };
    check(tile.writer);
    if (mode == Mode::read) return;
    for (std::uint32_t i = 0; i < tile.reader_count; ++i) check(tile.readers()[i]);
}

}  // namespace

void Frame::drop(Domain* domain) { delete domain; }

Tile* Domain::tiles_of(const BufferCore& buffer) {
    for (auto& entry : entries)
        if (entry.buffer == &buffer) return entry.tiles.get();
    entries.push_back({&buffer, std::make_unique<Tile[]>(static_cast<std::size_t>(buffer.tile_count))});
    return entries.back().tiles.get();
}

Frame* outer_body(const Frame& body) { return body.record->scope != nullptr ? body.record->scope->body : nullptr; }

int containing_access(const Record& task, const detail::AccessSpec& access, std::string_view part) {
    const BufferCore& buffer = *access.buffer;
    const Box box = box_of(buffer, access.box);
    bool declared = false;
    for (int i = 0; i < task.access_count; ++i) {
        const auto& own = task.accesses()[i];
        if (&own.buffer() != &buffer) continue;
        declared = true;
        const bool allowed = access.mode == Mode::read || own.mode() != Mode::read;
        const auto* region = task.region(own);
        if (allowed && (region == nullptr || contains(region->box, box))) return i;
    }
    if (!declared) return -1;
    throw AccessError("part '" + std::string(part) + "' of task '" + std::string(task.name_view()) +
                          "' touches more than that task declares",
                      "it accesses " + describe(buffer) + " from " + to_string(box.lo) + " to " + to_string(box.hi),
                      "declare the whole region, with write() or update() where it is written, on the task");
}

std::vector<Tile*> tiles_of_part(Frame& body, std::span<const detail::AccessSpec> accesses,
                                 std::span<const std::uint64_t> path, std::string_view part) {
    std::vector<Tile*> result;
    for (const auto& access : accesses) {
        Frame* frame = &body;
        while (frame != nullptr && containing_access(*frame->record, access, part) < 0) frame = outer_body(*frame);
        BufferCore& buffer = *access.buffer;
        if (frame != nullptr && frame->domain == nullptr) frame->domain = new Domain;
        Tile* tiles = frame != nullptr ? frame->domain->tiles_of(buffer) : buffer.tiles();
        if (frame != &body) {
            graph::Region region;
            if (access.box != nullptr) region = buffer.region(*access.box);
            buffer.for_each_tile(access.box != nullptr ? &region : nullptr, [&](std::int64_t tile, const Shape&) {
                check_order(tiles[tile], access.mode, path, buffer, part);
            });
        }
        result.push_back(tiles);
    }
    return result;
}

bool find_in_body(const Record& part, const graph::TaskAccess& access, detail::Operand& operand,
                  detail::Layout& layout) {
    const auto* region = part.region(access);
    const detail::AccessSpec spec{&access.buffer(), region != nullptr ? &region->box : nullptr, access.mode()};
    for (Frame* frame = part.scope->body; frame != nullptr; frame = outer_body(*frame)) {
        const Record& task = *frame->record;
        const int i = containing_access(task, spec, part.name_view());
        if (i < 0) continue;
        const auto* outer = task.region(task.accesses()[i]);
        const Box box = box_of(access.buffer(), spec.box);
        operand = task.extra->operands[static_cast<std::size_t>(i)];
        layout = *operand.layout;
        auto* data = static_cast<std::byte*>(operand.data);
        for (int a = 0; a < box.rank(); ++a) {
            const std::int64_t skipped = box.lo[a] - (outer != nullptr ? outer->box.lo[a] : 0);
            data += skipped * layout.strides[a] * static_cast<std::int64_t>(size_of(access.buffer().dtype));
            layout.shape[a] = box.hi[a] - box.lo[a];
        }
        layout.count = layout.shape.count();
        operand.data = data;
        return true;
    }
    return false;
}

}  // namespace heddle::schedule
