// Quiescent-state reclamation: an entry taken out of the table is freed once every thread that
// might still read it has passed a quiescent point.
//
// Invariants
//   1. A thread reads entries only while its Reader is online.
//   2. online() announces the current epoch by an acq_rel exchange on the reader's own word;
//      offline() announces "not reading". quiescent() is both in one.
//   3. retire() stamps an entry, already unreachable for new readers, with the epoch then current,
//      and advances the epoch.
//   4. An entry is freed only when every reader is offline or has announced a later epoch. The
//      reclaimer reads the words by acq_rel read-modify-writes of the same words, so that
//      ThreadSanitizer, which does not see fences, sees the order too.
//
// One limbo list per reader, touched by its owner alone; a reader that goes offline (it may sleep
// long) or unregisters hands its limbo to the registry, where any reader's next turn frees it.
// The algorithm itself is cache/epochs.h: its `Hook::yield_point()` is empty in production; the
// exhaustive interleaving test steps small threads through every order of these points.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "cache/entry.h"

namespace cache {

class ReaderRegistry;

// One per thread. Move-only; unregisters at destruction.
class Reader {
 public:
  Reader(Reader&& other) noexcept;
  ~Reader();
  void online();
  void offline();    // before anything that waits
  void quiescent();  // between turns: no entry is held
  [[nodiscard]] bool is_online() const { return online_; }

 private:
  friend class ReaderRegistry;
  friend class Cache;
  Reader(ReaderRegistry* registry, uint32_t index) : registry_(registry), index_(index) {}
  ReaderRegistry* registry_;
  uint32_t index_;
  bool online_ = false;
};

class ReaderRegistry {
 public:
  // `allocator`: where the entries come from; nullptr for malloc.
  explicit ReaderRegistry(uint32_t readers_max, EntryAllocator* allocator = nullptr);
  ~ReaderRegistry();
  ReaderRegistry(const ReaderRegistry&) = delete;
  ReaderRegistry& operator=(const ReaderRegistry&) = delete;
  // REQUIRES: fewer than readers_max readers live.
  [[nodiscard]] Reader register_reader();
  // Takes over an entry that no new reader can find. Frees what has become free, a bounded number.
  void retire(Reader& reader, const Entry* entry);
  // Frees what has become free, a bounded number: from this reader's limbo and from what others left.
  void collect(Reader& reader);
  // What an entry of this registry's allocator counts for.
  [[nodiscard]] uint64_t charged(const Entry& entry) const;
  [[nodiscard]] uint64_t retired_bytes() const { return retired_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class Reader;
  struct Retired {
    const Entry* entry;
    uint64_t stamp;
    uint64_t bytes;
  };
  struct Slot;
  void free_retired(const Retired& retired);
  void hand_over_limbo(Slot& slot);
  void unregister(uint32_t index);

  // constant after construction
  uint32_t readers_max_;
  EntryAllocator* allocator_;
  std::unique_ptr<Slot[]> slots_;
  // any thread
  alignas(64) std::atomic<uint64_t> epoch_{2};
  std::atomic<uint32_t> slots_used_{0};      // slots beyond were never registered
  std::atomic<uint64_t> retired_bytes_{0};   // a counter only: relaxed
  std::atomic<uint64_t> orphan_count_{0};    // a hint only: relaxed
  // under the mutex: registering, and what offline and unregistered readers left behind
  std::mutex mutex_;
  std::deque<Retired> orphans_;
};

}  // namespace cache
