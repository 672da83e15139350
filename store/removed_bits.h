// RemovedBits: the keys that were removed while the store is still being loaded, a bit each, so that a loader
// does not bring back what a worker has just taken out. Two keys may share a bit: an entry is not loaded, then.
//
// Worker: set(), then look in the cache and remove. Loader: restore(), then test(), and remove when set. Both
// are read-modify-writes of one word, so one of the two sees the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace store {

class RemovedBits {
 public:
  RemovedBits() : words_(std::make_unique<std::atomic<uint64_t>[]>(kWords)) {}
  void set(uint64_t key) { word(key).fetch_or(bit(key), std::memory_order_acq_rel); }
  [[nodiscard]] bool test(uint64_t key) { return (word(key).fetch_or(0, std::memory_order_acq_rel) & bit(key)) != 0; }

 private:
  static constexpr uint64_t kWords = 1 << 14;  // a million bits
  [[nodiscard]] std::atomic<uint64_t>& word(uint64_t key) { return words_[(key >> 6) % kWords]; }
  [[nodiscard]] static uint64_t bit(uint64_t key) { return uint64_t{1} << (key & 63); }
  std::unique_ptr<std::atomic<uint64_t>[]> words_;
};

}  // namespace store
