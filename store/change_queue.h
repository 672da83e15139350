// ChangeQueue: what the workers tell the writer. Pushing takes no lock, allocates nothing and never waits.
//
// A published entry is told by its hash in the cache alone: the writer looks at what is there by then. When the
// ring is full such a change is lost and counted; the writer's walk over the cache finds it later. A removal
// must not be lost, or what was removed would come back with the next start: those that do not fit go to a list
// under a lock held for one push_back, and beyond its bound the whole store counts as void.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace store {

struct Change {
  uint64_t key = 0;  // the record's key for a removal, the cache's hash for a published entry
  bool removal = false;
};

class ChangeQueue {
 public:
  static constexpr size_t kOverflowMax = 1 << 18;  // removals: 2 MiB

  // `capacity`: a power of two.
  explicit ChangeQueue(size_t capacity);

  // Any thread. True: the queue is half full, the writer should be woken.
  bool push(const Change& change);

  // The writer alone. False: empty.
  [[nodiscard]] bool pop(Change& change);
  [[nodiscard]] std::vector<uint64_t> take_overflow();
  // Whether removals were lost since the last call.
  [[nodiscard]] bool take_void();
  [[nodiscard]] uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  // D. Vyukov's bounded queue: a cell's turn says whether it is free for the pusher or full for the popper.
  struct Cell {
    std::atomic<uint64_t> turn{0};
    Change change;
  };
  [[nodiscard]] bool push_cell(const Change& change, uint64_t& at);
  size_t mask_;
  std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<uint64_t> head_{0};  // next to push
  alignas(64) std::atomic<uint64_t> tail_{0};  // next to pop
  std::atomic<uint64_t> dropped_{0};
  std::atomic<bool> void_{false};
  std::mutex mutex_;
  std::vector<uint64_t> overflow_;
};

}  // namespace store
