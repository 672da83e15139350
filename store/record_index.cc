#include "store/record_index.h"

#include <algorithm>
#include <bit>

namespace store {

namespace {

constexpr uint32_t kTick_s = kIndexTick_s;
constexpr uint32_t kTickMask = (1U << 13) - 1;

constexpr uint16_t pack_bits(const IndexEntry& entry) {
  const uint32_t tick = entry.written_s / kTick_s & kTickMask;
  return static_cast<uint16_t>(tick << 3 | (entry.mark & 3U) << 1 | (entry.removal ? 1U : 0U));
}

}  // namespace

RecordIndex::RecordIndex(size_t slots) {
  const size_t buckets = std::bit_ceil(std::max<size_t>(slots / kSlots, 4));
  bucket_bits_ = static_cast<uint32_t>(std::countr_zero(buckets));
  buckets_.resize(buckets);
  has_lost_.resize(buckets);
}

// The highest bit is the same in both: halves of the keys live in halves of the table.
RecordIndex::Place RecordIndex::place_of(uint64_t key) const {
  const size_t first = key >> (64 - bucket_bits_);
  const size_t half = buckets_.size() / 2;
  const size_t distance = 1 + (key & 0xffffffff) % (half - 1);
  return {first, (first & half) | ((first + distance) & (half - 1))};
}

const RecordIndex::Slot* RecordIndex::find_slot(uint64_t key) const {
  const Place place = place_of(key);
  for (const size_t bucket : {place.first, place.second}) {
    for (const Slot& slot : buckets_[bucket]) {
      if (slot.key == key) return &slot;
    }
  }
  return nullptr;
}

// In the emptier of the two.
RecordIndex::Slot* RecordIndex::find_room(uint64_t key) {
  const Place place = place_of(key);
  Slot* room = nullptr;
  size_t most = 0;
  for (const size_t bucket : {place.first, place.second}) {
    size_t empty = 0;
    Slot* found = nullptr;
    for (Slot& slot : buckets_[bucket]) {
      if (slot.key != 0) continue;
      ++empty;
      found = &slot;
    }
    if (empty > most) {
      most = empty;
      room = found;
    }
  }
  return room;
}

void RecordIndex::fill(Slot& slot, uint64_t key, const IndexEntry& entry) {
  const size_t half = key >> 63;
  if (slot.key != 0 && (slot.bits & 1) == 0) --live_[half].value;
  if (!entry.removal) ++live_[half].value;
  slot = {key, entry.block, entry.content, pack_bits(entry)};
}

std::optional<IndexEntry> RecordIndex::find(uint64_t key, uint32_t now_s) const {
  const Slot* slot = find_slot(key);
  if (slot == nullptr) return std::nullopt;
  IndexEntry entry;
  entry.block = slot->block;
  entry.content = slot->content;
  const uint32_t age_s = ((now_s / kTick_s - (slot->bits >> 3U)) & kTickMask) * kTick_s;
  entry.written_s = now_s > age_s ? now_s - age_s : 0;
  entry.mark = slot->bits >> 1U & 3;
  entry.removal = (slot->bits & 1) != 0;
  return entry;
}

bool RecordIndex::knows_all(uint64_t key) const {
  const Place place = place_of(key);
  return has_lost_[place.first] == 0 && has_lost_[place.second] == 0;
}

void RecordIndex::put(uint64_t key, const IndexEntry& entry) {
  if (const Slot* slot = find_slot(key)) return fill(*const_cast<Slot*>(slot), key, entry);
  if (Slot* room = find_room(key)) return fill(*room, key, entry);
  const Place place = place_of(key);
  Slot* victim = nullptr;
  size_t victim_bucket = 0;
  const auto worth = [](const Slot& slot) {
    const bool removal = (slot.bits & 1) != 0;
    return removal ? 0 : (uint64_t{slot.bits >> 1U & 3U} + 1) << 32 | slot.block;
  };
  for (const size_t bucket : {place.first, place.second}) {
    for (Slot& slot : buckets_[bucket]) {
      if (victim != nullptr && worth(slot) >= worth(*victim)) continue;
      victim = &slot;
      victim_bucket = bucket;
    }
  }
  has_lost_[victim_bucket] = 1;
  fill(*victim, key, entry);
}

RecordIndex::Older RecordIndex::put_older(uint64_t key, const IndexEntry& entry) {
  if (find_slot(key) != nullptr) return Older::kSuperseded;
  if (Slot* room = find_room(key)) {
    fill(*room, key, entry);
    return Older::kTaken;
  }
  const Place place = place_of(key);
  has_lost_[place.first] = 1;
  has_lost_[place.second] = 1;
  return Older::kNoRoom;
}

void RecordIndex::erase(uint64_t key) {
  auto* slot = const_cast<Slot*>(find_slot(key));
  if (slot == nullptr) return;
  if ((slot->bits & 1) == 0) --live_[key >> 63].value;
  *slot = {};
}

void RecordIndex::forget_from(uint32_t block) {
  for (size_t index = 0; index < buckets_.size(); ++index) {
    for (Slot& slot : buckets_[index]) {
      if (slot.key == 0 || slot.block < block) continue;
      if ((slot.bits & 1) == 0) --live_[slot.key >> 63].value;
      slot = {};
      has_lost_[index] = 1;  // an older record of this key may be on disk
    }
  }
}

void RecordIndex::clear() {
  std::fill(buckets_.begin(), buckets_.end(), Bucket{});
  std::fill(has_lost_.begin(), has_lost_.end(), uint8_t{0});
  live_ = {};
}

size_t RecordIndex::live() const { return live_[0].value + live_[1].value; }

}  // namespace store
