// Epochs: the algorithm of cache/reclaim.h by itself, over one epoch number and one word per
// reader, so that a test can step it through every order of its atomic operations.
//
// A word is 0 while its reader is offline, else the epoch it announced. Why nothing is freed
// under a reader: all accesses of one word are read-modify-writes, so they stand in one order.
//
//   collector first   the reader's exchange reads what the collector's left: the unlinking, which
//                     came before, is visible to the reader. It cannot find the entry.
//   reader first      the collector sees the announced epoch. Not later than the entry's stamp: the
//                     entry stays. Later: the reader had read an epoch that the retiring thread
//                     advanced after it unlinked, so again it cannot find the entry.
//
// And a reader's last look at an entry comes before the exchange by which it leaves its epoch,
// which the collector's read-modify-write acquires: reading happens before freeing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cache {

// yield_point() stands before each operation on what threads share.
struct NoHook {
  static void yield_point() {}
};

template <class Hook = NoHook>
struct Epochs {
  static constexpr uint64_t kOffline = 0;
  static constexpr uint64_t kFirst = 2;

  static void announce(const std::atomic<uint64_t>& epoch, std::atomic<uint64_t>& word) {
    Hook::yield_point();
    // Pairs with the fetch_add in stamp().
    const uint64_t current = epoch.load(std::memory_order_acquire);
    Hook::yield_point();
    // Pairs with the fetch_add in safe_before().
    word.exchange(current, std::memory_order_acq_rel);
  }

  static void withdraw(std::atomic<uint64_t>& word) {
    Hook::yield_point();
    // Pairs with the fetch_add in safe_before().
    word.exchange(kOffline, std::memory_order_acq_rel);
  }

  // The stamp for what the caller has just unlinked; advances the epoch.
  static uint64_t stamp(std::atomic<uint64_t>& epoch) {
    Hook::yield_point();
    // Pairs with the load in announce().
    return epoch.fetch_add(1, std::memory_order_acq_rel);
  }

  // Everything that the caller (or who handed it over under a lock) retired with a smaller stamp
  // may be freed. `word_of(i)` is the word of reader i.
  template <class WordOf>
  static uint64_t safe_before(const std::atomic<uint64_t>& epoch, size_t reader_count, WordOf&& word_of) {
    Hook::yield_point();
    uint64_t oldest = epoch.load(std::memory_order_acquire);
    for (size_t i = 0; i < reader_count; ++i) {
      Hook::yield_point();
      // Pairs with the exchanges in announce() and withdraw(); adds nothing.
      const uint64_t announced = word_of(i).fetch_add(0, std::memory_order_acq_rel);
      if (announced != kOffline) oldest = std::min(oldest, announced);
    }
    return oldest;
  }
};

}  // namespace cache
