#include "store/change_queue.h"

#include <bit>
#include <utility>

#include "base/check.h"

namespace store {

ChangeQueue::ChangeQueue(size_t capacity) : mask_(capacity - 1), cells_(std::make_unique<Cell[]>(capacity)) {
  CHECK(std::has_single_bit(capacity));
  for (size_t i = 0; i < capacity; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
}

bool ChangeQueue::push_cell(const Change& change, uint64_t& at) {
  at = head_.load(std::memory_order_relaxed);
  for (;;) {
    Cell& cell = cells_[at & mask_];
    const uint64_t turn = cell.turn.load(std::memory_order_acquire);  // pairs with the release in pop()
    if (turn == at) {
      if (!head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
      cell.change = change;
      cell.turn.store(at + 1, std::memory_order_release);  // pairs with the acquire in pop()
      return true;
    }
    if (turn < at) return false;  // full
    at = head_.load(std::memory_order_relaxed);
  }
}

bool ChangeQueue::push(const Change& change) {
  uint64_t at = 0;
  // Once, when it becomes half full: the writer comes by itself before long anyway.
  if (push_cell(change, at)) return at - tail_.load(std::memory_order_relaxed) == mask_ / 2;
  if (!change.removal) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const std::lock_guard lock(mutex_);
  if (overflow_.size() < kOverflowMax) {
    overflow_.push_back(change.key);
  } else {
    void_.store(true, std::memory_order_relaxed);
  }
  return false;
}

bool ChangeQueue::pop(Change& change) {
  const uint64_t at = tail_.load(std::memory_order_relaxed);
  Cell& cell = cells_[at & mask_];
  if (cell.turn.load(std::memory_order_acquire) != at + 1) return false;
  change = cell.change;
  cell.turn.store(at + mask_ + 1, std::memory_order_release);
  tail_.store(at + 1, std::memory_order_relaxed);
  return true;
}

std::vector<uint64_t> ChangeQueue::take_overflow() {
  const std::lock_guard lock(mutex_);
  return std::exchange(overflow_, {});
}

bool ChangeQueue::take_void() { return void_.exchange(false, std::memory_order_relaxed); }

}  // namespace store
