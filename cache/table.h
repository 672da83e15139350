// The slots of the cache: buckets of one cache line.
//
//   | slot 0 | slot 1 | ... | slot 6 | mark 0 | ... | mark 6 | flags |     7 x 8 + 7 + 1 = 64 bytes
//
//   slot:  | tag: low 16 bits of the hash | pointer to the entry: 48 bits |      0: empty
//
// An entry is in its home bucket or, where that was nearly full when it came, in its second one. A home
// that has never sent anyone there says so: then a lookup reads one line only.
//
// States of a slot: empty -> entry (publish) -> other entry (publish: same key, or evicted for a
// newcomer) -> empty (remove, eviction by the hand). Every change is one compare-and-swap on the
// whole word from a word that holds an entry the caller may read: as the caller is online, that
// entry is not freed and its address not used again meanwhile, so there is no ABA.
//
// Beside each bucket, in an array of their own that hits never touch, four ghosts: 16 bits of the
// hash of the entries that left the bucket last without ever being used. Who comes back while its
// ghost is there is not on probation any more. Written without order: a lost ghost costs a chance.
//
//   ghosts:  | newest 16 | ... | ... | oldest 16 |     0: none
//
// A mark belongs to the slot and is written without order (relaxed load and store): one that was
// meant for the entry before may land on the next. It only costs that entry a later eviction. The same
// goes for the flag that says whether who is in the slot has settled; only writers touch the flags.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "cache/entry.h"
#include "cache/eviction.h"

namespace cache {

using SlotWord = uint64_t;

inline constexpr int kPointerBits = 48;
inline constexpr SlotWord kPointerMask = (SlotWord{1} << kPointerBits) - 1;

struct alignas(64) Bucket {
  std::array<std::atomic<SlotWord>, kSlotsPerBucket> slots{};
  std::array<std::atomic<uint8_t>, kSlotsPerBucket> marks{};
  std::atomic<uint8_t> flags{0};

  [[nodiscard]] bool has_overflowed() const { return (flags.load(std::memory_order_relaxed) & kOverflowed) != 0; }
  [[nodiscard]] bool is_settled(size_t slot) const {
    return (flags.load(std::memory_order_relaxed) & settled_bit(slot)) != 0;
  }
  // Never taken back.
  void set_overflowed() {
    if (!has_overflowed()) flags.fetch_or(kOverflowed, std::memory_order_relaxed);
  }
  // Gives how many more slots have the flag now: -1, 0 or 1.
  int set_settled(size_t slot, bool settled) {
    const uint8_t bit = settled_bit(slot);
    const uint8_t before = settled ? flags.fetch_or(bit, std::memory_order_relaxed)
                                   : flags.fetch_and(static_cast<uint8_t>(~bit), std::memory_order_relaxed);
    return (settled ? 1 : 0) - ((before & bit) != 0 ? 1 : 0);
  }

 private:
  static constexpr uint8_t kOverflowed = 0x80;
  static uint8_t settled_bit(size_t slot) { return static_cast<uint8_t>(1U << slot); }
};
static_assert(sizeof(Bucket) == 64);
static_assert(std::atomic<SlotWord>::is_always_lock_free);
static_assert(std::atomic<uint8_t>::is_always_lock_free);

[[nodiscard]] inline const Entry* entry_of(SlotWord word) {
  return reinterpret_cast<const Entry*>(word & kPointerMask);
}
[[nodiscard]] inline bool tag_matches(SlotWord word, uint64_t hash) { return word >> kPointerBits == (hash & 0xffff); }
[[nodiscard]] inline SlotWord word_of(const Entry* entry) {
  const auto address = reinterpret_cast<uintptr_t>(entry);
  CHECK((address & ~kPointerMask) == 0);
  return address | entry->header().hash << kPointerBits;
}

// The bucket array in its own mapping, so that a test can map it read-only.
class BucketArray {
 public:
  explicit BucketArray(uint32_t count);
  ~BucketArray();
  BucketArray(const BucketArray&) = delete;
  BucketArray& operator=(const BucketArray&) = delete;

  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] Bucket& at(uint32_t index) const { return buckets_[index]; }
  // The upper half of the hash spreads over the buckets, the lowest 16 bits are the tag.
  [[nodiscard]] uint32_t home_index(uint64_t hash) const {
    return static_cast<uint32_t>(((hash >> 32) * count_) >> 32);
  }
  // Another one, by the lower half: the same home does not mean the same second bucket.
  [[nodiscard]] uint32_t second_index(uint64_t hash) const {
    const uint64_t by = 1 + (((hash & 0xffffffff) * (count_ - 1)) >> 32);
    const uint64_t index = home_index(hash) + by;
    return static_cast<uint32_t>(index < count_ ? index : index - count_);
  }
  [[nodiscard]] Bucket& home_of(uint64_t hash) const { return buckets_[home_index(hash)]; }
  [[nodiscard]] Bucket& second_of(uint64_t hash) const { return buckets_[second_index(hash)]; }
  [[nodiscard]] bool has_ghost(uint64_t hash) const;
  void add_ghost(uint64_t hash) const;
  [[nodiscard]] base::Bytes memory() const { return {reinterpret_cast<const uint8_t*>(buckets_), mapped_bytes_}; }

 private:
  uint32_t count_;
  size_t mapped_bytes_;
  Bucket* buckets_;
  std::unique_ptr<std::atomic<uint64_t>[]> ghosts_;
};

// How `memory_bytes` is spent.
struct TableSizes {
  uint32_t bucket_count = 0;
  uint64_t slot_bytes = 0;        // buckets and ghosts
  uint64_t live_bytes_max = 0;    // the hand sweeps above this
  uint64_t insert_bytes_max = 0;  // slots, live and retired together: above this new keys are refused
  uint64_t memory_bytes_max = 0;  // the same: above this everything is refused
  uint64_t entry_bytes_max = 0;
};
// `entry_bytes_expected`: so many slots are made that entries of this size fill six of ten.
[[nodiscard]] TableSizes table_sizes(uint64_t memory_bytes, uint32_t entry_bytes_expected);

}  // namespace cache
