// The bookkeeping under ProviderHealth: small sets and counts over a sliding window of two halves, and the
// loss between answers. Plain values, guarded by whoever owns them. Inside cache/ only.
//
// Times are stamps: milliseconds of boot time + 1; 0: never.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/instant.h"
#include "cache/provider_circuit.h"
#include "cache/provider_event.h"

namespace cache {

constexpr uint64_t stamp_of(base::Instant at) {
  const int64_t boot_ms = base::duration_cast<base::milliseconds>(at.since_boot()).count();
  return static_cast<uint64_t>(std::max<int64_t>(boot_ms, 0)) + 1;
}
constexpr uint64_t stamps(base::Duration duration) {
  return static_cast<uint64_t>(base::duration_cast<base::milliseconds>(duration).count());
}
// Threads differ in `now` by a turn: what is a moment ahead is not old at all. Never: as long ago as can be.
constexpr base::Duration since(uint64_t now, uint64_t then) {
  if (then == 0) return base::Duration::max();
  return base::milliseconds(now > then ? now - then : 0);
}
constexpr base::Instant instant_of(uint64_t stamp) { return base::Instant::from_boot(base::milliseconds(stamp - 1)); }

// The first kDistinctMax distinct hashes, by 32 bits of each, in the order in which they came.
class TagSet {
 public:
  void insert(uint64_t hash) {
    const auto tag = static_cast<uint32_t>(hash >> 16);
    if (size_ < kDistinctMax && !contains(tag, size_)) tags_[size_++] = tag;
  }
  [[nodiscard]] uint32_t size() const { return size_; }
  // How many distinct ones the first `own_count` of this and the first `other_count` of the other are.
  [[nodiscard]] uint32_t union_size(uint32_t own_count, const TagSet& other, uint32_t other_count) const {
    uint32_t count = own_count;
    for (uint32_t i = 0; i < other_count; ++i) count += contains(other.tags_[i], own_count) ? 0 : 1;
    return std::min(count, kDistinctMax);
  }

 private:
  [[nodiscard]] bool contains(uint32_t tag, uint32_t count) const {
    return std::find(tags_.begin(), tags_.begin() + count, tag) != tags_.begin() + count;
  }
  std::array<uint32_t, kDistinctMax> tags_{};
  uint32_t size_ = 0;
};

// Failures of the last kEvidenceWindow: two halves, of which the older is dropped as a whole.
class FailureWindow {
 public:
  void clear() { *this = FailureWindow(); }
  [[nodiscard]] bool is_empty() const { return halves_[0].seen + halves_[1].seen == 0; }

  void advance(uint64_t now) {
    constexpr uint64_t kHalf = stamps(kEvidenceWindow) / 2;
    if (is_empty()) {
      clear();
      started_ = now;
      return;
    }
    const uint64_t age = now > started_ ? now - started_ : 0;
    if (age < kHalf) return;
    if (age >= 2 * kHalf) {
      clear();
      started_ = now;
      return;
    }
    halves_[1] = halves_[0];
    halves_[0] = Half();
    started_ += kHalf;
  }

  // REQUIRES: advance(now) before.
  void add(uint64_t now, uint64_t sent, uint64_t server, uint64_t zone) {
    Half& half = halves_[0];
    half.first_sent = half.first_sent == 0 ? sent : std::min(half.first_sent, sent);
    half.last_at = now;
    half.seen += 1;
    half.addresses.insert(server);
    half.zones.insert(zone);
  }

  // What is in it now stays confirmed.
  void confirm() {
    for (Half& half : halves_) half.confirmed = {half.seen, half.addresses.size(), half.zones.size()};
  }

  [[nodiscard]] Tally all() const {
    const auto& [newer, older] = halves_;
    return {newer.seen + older.seen,
            newer.addresses.union_size(newer.addresses.size(), older.addresses, older.addresses.size()),
            newer.zones.union_size(newer.zones.size(), older.zones, older.zones.size())};
  }
  [[nodiscard]] Tally confirmed() const {
    const auto& [newer, older] = halves_;
    return {newer.confirmed.timeouts + older.confirmed.timeouts,
            newer.addresses.union_size(newer.confirmed.addresses, older.addresses, older.confirmed.addresses),
            newer.zones.union_size(newer.confirmed.zones, older.zones, older.confirmed.zones)};
  }
  // When the first question of it was sent, and when the last failure came; 0 when empty.
  [[nodiscard]] uint64_t first_sent() const {
    const auto& [newer, older] = halves_;
    if (older.first_sent == 0) return newer.first_sent;
    return newer.first_sent == 0 ? older.first_sent : std::min(newer.first_sent, older.first_sent);
  }
  [[nodiscard]] uint64_t last_at() const { return std::max(halves_[0].last_at, halves_[1].last_at); }

 private:
  struct Half {
    uint32_t seen = 0;
    uint64_t first_sent = 0;
    uint64_t last_at = 0;
    TagSet addresses;
    TagSet zones;
    Tally confirmed;
  };
  std::array<Half, 2> halves_{};  // the newer first
  uint64_t started_ = 0;          // the newer
};

// When it last answered, and how often (24 bits; falls to a half when full), in one word.
inline constexpr int kAnswerCountBits = 24;
inline constexpr uint64_t kAnswerCountMax = (uint64_t{1} << kAnswerCountBits) - 1;
constexpr uint64_t answered_at(uint64_t word) { return word >> kAnswerCountBits; }
constexpr uint64_t answer_count(uint64_t word) { return word & kAnswerCountMax; }
constexpr uint64_t answered_again(uint64_t word, uint64_t stamp) {
  const uint64_t count = answer_count(word);
  return stamp << kAnswerCountBits | (count == kAnswerCountMax ? kAnswerCountMax / 2 : count + 1);
}

// Losses are counted when the next answer ends the run of them: then they were losses, not an outage, but
// for kRunMax at most, or each outage would make the next one hard to see.
class LossMeter {
 public:
  void lose() { ++run_; }
  [[nodiscard]] const LossHistory& history() const { return history_; }
  void fold(uint64_t now, uint64_t answered_word) {
    const uint64_t minutes = std::min<uint64_t>((now > folded_at_ ? now - folded_at_ : 0) / 60'000, 31);
    uint64_t answers = (history_.answers >> minutes) + ((answer_count(answered_word) - count_) & kAnswerCountMax);
    uint64_t losses = (history_.losses >> minutes) + std::min(run_, kRunMax);
    while (answers + losses > kKept) {
      answers /= 2;
      losses /= 2;
    }
    history_ = {static_cast<uint32_t>(answers), static_cast<uint32_t>(losses)};
    count_ = answer_count(answered_word);
    run_ = 0;
    folded_at_ = now;
  }
  // As it will be when the answers up to `answered_word` are counted.
  [[nodiscard]] LossHistory history_with(uint64_t now, uint64_t answered_word) const {
    LossMeter copy = *this;
    copy.run_ = 0;
    copy.fold(now, answered_word);
    return copy.history_;
  }

 private:
  static constexpr uint32_t kRunMax = 32;
  static constexpr uint64_t kKept = 64;  // exchanges: a path that turns bad is known after so many
  LossHistory history_;
  uint64_t count_ = 0;  // of answers at the last fold
  uint64_t folded_at_ = 0;
  uint32_t run_ = 0;
};

}  // namespace cache
