#include "host/schedule/run_task.hpp"

#include <algorithm>

#include "host/schedule/checks.hpp"
#include "host/schedule/engine_core.hpp"
#include "host/schedule/failure.hpp"
#include "host/schedule/team.hpp"

namespace heddle::schedule {

using graph::Extra;
using graph::Record;

namespace {

void fill_operands(EngineCore& engine, Record& record, detail::Operand* operands) {
    const auto* accesses = record.accesses();
    for (std::size_t i = 0; i < record.access_count; ++i) {
        graph::BufferCore& buffer = accesses[i].buffer();
        std::byte* data = engine.memory.ensure(buffer);
        const graph::Region* region = record.region(accesses[i]);
        if (region == nullptr)
            operands[i] = {data, &buffer.layout};
        else
            operands[i] = {data + region->offset * static_cast<std::int64_t>(size_of(buffer.dtype)), &region->layout};
    }
}

// The engine's own tasks have nothing to check.
bool guarded(const EngineCore& engine, const Record& record) { return engine.checks() && !record.has(graph::kInline); }

// The operands in the record's Extra: for tasks of several pieces or many accesses, and for guarded copies.
detail::Operand* kept_operands(EngineCore& engine, Record& record) {
    Extra& extra = *record.extra;
    if (guarded(engine, record)) {
        guard(engine.memory, record);
    } else if (record.ops->operands) {
        extra.operands.resize(record.access_count);
        fill_operands(engine, record, extra.operands.data());
    }
    return extra.operands.data();
}

// Calls the body. Scopes that it made and left open end before its task does.
void invoke(EngineCore& engine, Record& record, const detail::Operand* operands, const Piece& piece, Context& context) {
    Frame frame(record.has(graph::kDetached) ? nullptr : &record, context.frame);
    struct Entered {
        EngineCore& engine;
        Context& context;
        Frame& frame;
        ~Entered() {
            if (frame.scopes != nullptr) engine.end_scopes(frame);
            context.frame = frame.below;
        }
    };
    context.frame = &frame;
    const Entered entered{engine, context, frame};
    record.ops->invoke(record.body_address(), operands, piece);
}

void run_with_kept(EngineCore& engine, Record& record, Context& context) {
    const detail::Operand* operands = kept_operands(engine, record);
    invoke(engine, record, operands, {0, 1, context.worker}, context);
    if (guarded(engine, record)) verify(record);
}

void run_plain(EngineCore& engine, Record& record, Context& context) {
    detail::Operand operands[graph::kInlineAccesses];
    if (record.ops->operands) fill_operands(engine, record, operands);
    invoke(engine, record, operands, {0, 1, context.worker}, context);
}

// A body that waits runs others meanwhile, and their time is in its own.
void run_watched(EngineCore& engine, Record& record, Context& context) {
    struct Measured {
        EngineCore& engine;
        Record& record;
        const double began;
        ~Measured() { engine.note_run(record, began); }
    };
    const Measured measured{engine, record, engine.now()};
    if (guarded(engine, record) || record.access_count > graph::kInlineAccesses)
        run_with_kept(engine, record, context);
    else
        run_plain(engine, record, context);
}

void run_body(EngineCore& engine, Record& record, Context& context) {
    if (engine.watched()) return run_watched(engine, record, context);
    if (record.access_count > graph::kInlineAccesses) return run_with_kept(engine, record, context);
    run_plain(engine, record, context);
}

void run_pieces(EngineCore& engine, Record& record, Context& context) {
    Extra& extra = *record.extra;
    while (!extra.failed.load(std::memory_order_relaxed)) {
        const std::int64_t index = extra.next_piece.fetch_add(1, std::memory_order_relaxed);
        if (index >= extra.pieces) return;
        try {
            invoke(engine, record, extra.operands.data(), {index, extra.pieces, context.worker}, context);
        } catch (...) {
            engine.note_piece_error(extra, index, std::current_exception());
        }
    }
}

// The first thread opens the task to as many others as can help, each of which holds a ticket until it finds no piece
// left; the last to let go of its ticket completes the task.
Outcome run_wide(EngineCore& engine, Record& record, Context& context) {
    Extra& extra = *record.extra;
    if (!extra.opened) {
        extra.opened = true;
        if (const auto failure = reason_to_skip(engine, record)) {
            fail(engine, record, failure);
            engine.note_skipped(record);
            drop_body(record);
            return Outcome::complete;
        }
        try {
            kept_operands(engine, record);
        } catch (...) {
            fail(engine, record, std::current_exception());
            engine.note_skipped(record);
            drop_body(record);
            return Outcome::complete;
        }
        if (engine.watched()) extra.began = engine.now();
        const auto helpers = static_cast<int>(std::min<std::int64_t>(extra.pieces, engine.threads())) - 1;
        const bool share = engine.team() != nullptr && record.lane == Lane::cpu && helpers > 0;
        extra.tickets.store(share ? helpers + 1 : 1, std::memory_order_relaxed);
        if (share) engine.team()->share(record, helpers, context);
    }
    run_pieces(engine, record, context);
    return drop_ticket(engine, record);
}

}  // namespace

Outcome drop_ticket(EngineCore& engine, Record& record) {
    Extra& extra = *record.extra;
    if (extra.tickets.fetch_sub(1, std::memory_order_acq_rel) != 1) return Outcome::shared;
    if (engine.watched()) {
        engine.note_run(record, extra.began);
        if (extra.error == nullptr && engine.checks()) try {
                verify(record);
            } catch (...) {
                extra.error = std::current_exception();
            }
    }
    if (extra.error != nullptr) fail(engine, record, std::move(extra.error));
    drop_body(record);
    return Outcome::complete;
}

namespace {

Outcome run_narrow(EngineCore& engine, Record& record, Context& context) {
    if (const auto failure = reason_to_skip(engine, record)) {
        fail(engine, record, failure);
        engine.note_skipped(record);
    } else {
        try {
            run_body(engine, record, context);
        } catch (...) {
            fail(engine, record, std::current_exception());
        }
    }
    drop_body(record);
    return Outcome::complete;
}

}  // namespace

Outcome run_task(EngineCore& engine, Record& record, Context& context) {
    return record.has(graph::kWide) ? run_wide(engine, record, context) : run_narrow(engine, record, context);
}

void drop_body(Record& record) noexcept {
    if (!record.ops->trivial) record.ops->destroy(record.body_address());
    if (record.has(graph::kHeapBody)) ::operator delete (record.body_address(), std::align_val_t{record.ops->align});
}

}  // namespace heddle::schedule
