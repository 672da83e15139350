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
// One limbo list per reader, touched by its owner alone; a reader that unregisters hands its
// limbo to the registry. `Hook::yield_point()` is empty in production; the exhaustive
// interleaving test steps two small threads through every order of these points.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

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
  explicit ReaderRegistry(uint32_t readers_max);
  ~ReaderRegistry();
  // REQUIRES: fewer than readers_max readers live.
  [[nodiscard]] Reader register_reader();
  // Takes over an entry that no new reader can find. Frees what has become free, a bounded number.
  void retire(Reader& reader, const Entry* entry);
  [[nodiscard]] uint64_t retired_bytes() const { return retired_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class Reader;
  struct Slot;
  std::unique_ptr<Slot[]> slots_;
  uint32_t readers_max_;
  std::atomic<uint64_t> epoch_{2};
  std::atomic<uint64_t> retired_bytes_{0};
};

}  // namespace cache
