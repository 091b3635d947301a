#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>

namespace heddle::schedule {

// Work of the engine's own that is no task, in pieces that any threads of the CPU lane do, before tasks. It must not
// wait, so it runs on top of any body that does. Lives until the last piece calls done().
class Chore {
public:
    virtual void run(std::int64_t piece) noexcept = 0;
    virtual void done() = 0;
    std::int64_t pieces() const { return pieces_; }
    double bytes() const { return bytes_; }  // that each piece reads and writes

    // On this thread, all of it.
    void run_here() {
        // After the last it may be somebody else's.
        for (std::int64_t piece = 0, all = pieces_; piece < all; ++piece) run_piece(piece);
    }
    void run_piece(std::int64_t piece) {
        run(piece);
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) done();
    }

protected:
    ~Chore() = default;
    void set_pieces(std::int64_t pieces, double bytes) {
        pieces_ = pieces;
        bytes_ = bytes;
        next_ = 0;
        left_.store(pieces, std::memory_order_relaxed);
    }

private:
    friend class Chores;
    std::int64_t pieces_ = 0, next_ = 0;  // next_: the queue's mutex
    double bytes_ = 0;
    std::atomic<std::int64_t> left_{0};
};

// The team's, in order. add() is sequentially consistent, as Deque::push.
class Chores {
public:
    void add(Chore& chore) {
        const std::lock_guard lock(mutex_);
        queue_.push_back(&chore);
        size_.store(size_.load(std::memory_order_relaxed) + 1);
    }
    bool empty() const { return size_.load() == 0; }
    // Runs a piece; false: there was none. Calls more() first if there are others.
    template <class More>
    bool run_one(const More& more) {
        if (empty()) return false;
        std::unique_lock lock(mutex_);
        if (queue_.empty()) return false;
        Chore& chore = *queue_.front();
        const std::int64_t piece = chore.next_++;
        if (chore.next_ == chore.pieces_) {
            queue_.pop_front();
            size_.store(size_.load(std::memory_order_relaxed) - 1);
        }
        const bool others = !queue_.empty();
        lock.unlock();
        if (others) more();
        chore.run_piece(piece);
        return true;
    }

private:
    std::mutex mutex_;
    std::deque<Chore*> queue_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace heddle::schedule
