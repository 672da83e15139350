// RecordIndex: which block holds the newest record of each key. Fixed in size: the store keeps no more
// records alive than it has room for. What it loses is not wrong, only gone: compaction drops records
// that are not in the index.
//
// Two buckets of eight slots for each key; a slot is 16 bytes. Not thread-safe, but keys that differ in the
// highest bit never touch the same memory: two loaders may work on a half each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace store {

// So finely is the time of writing kept.
inline constexpr uint32_t kIndexTick_s = 8;

struct IndexEntry {
  uint32_t block = 0;
  uint16_t content = 0;    // of its content hash
  uint32_t written_s = 0;  // boot seconds; comes back to within 8 s, and means something for 18 hours only
  uint8_t mark = 0;        // 0 to 3
  bool removal = false;    // the newest record says that there is nothing
};

class RecordIndex {
 public:
  // `slots` is rounded up to a power of two.
  explicit RecordIndex(size_t slots);

  [[nodiscard]] std::optional<IndexEntry> find(uint64_t key, uint32_t now_s) const;
  // False: there may be a record of this key on disk although find() has none.
  [[nodiscard]] bool knows_all(uint64_t key) const;
  // Puts the newest record of `key`. When both buckets are full, the least asked and oldest goes.
  void put(uint64_t key, const IndexEntry& entry);
  // While loading, newest first. What finds no room finds none later either: nothing leaves while loading, so
  // an older record of a key can never take the place that a newer one did not get.
  enum class Older : uint8_t { kTaken, kSuperseded, kNoRoom };
  [[nodiscard]] Older put_older(uint64_t key, const IndexEntry& entry);
  void erase(uint64_t key);
  // As if nothing had been put in blocks from `block` on: they could not be written.
  void forget_from(uint32_t block);
  void clear();

  // Records that are no removals, and all.
  [[nodiscard]] size_t live() const;
  [[nodiscard]] size_t capacity() const { return buckets_.size() * kSlots; }

 private:
  static constexpr size_t kSlots = 8;
  struct Slot {
    uint64_t key = 0;  // 0: empty
    uint32_t block = 0;
    uint16_t content = 0;
    uint16_t bits = 0;  // | written, in units of 8 s: 13 | mark 2 | removal 1 |
  };
  static_assert(sizeof(Slot) == 16);
  using Bucket = std::array<Slot, kSlots>;
  struct Place {
    size_t first = 0;
    size_t second = 0;
  };
  [[nodiscard]] Place place_of(uint64_t key) const;
  [[nodiscard]] const Slot* find_slot(uint64_t key) const;
  [[nodiscard]] Slot* find_room(uint64_t key);
  void fill(Slot& slot, uint64_t key, const IndexEntry& entry);

  std::vector<Bucket> buckets_;
  std::vector<uint8_t> has_lost_;  // per bucket: something was evicted from it
  uint32_t bucket_bits_;
  struct alignas(64) Count {  // on a cache line each: two loaders count
    size_t value = 0;
  };
  std::array<Count, 2> live_{};  // by the highest bit of the key
};

}  // namespace store
