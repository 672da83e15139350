// Eviction: who goes when there is no room. Pure: decides on what it is shown and touches nothing.
//
// The idea is S3-FIFO's, on marks beside the slots instead of queues. An entry that was never used
// since it came (mark 0) is on probation; a used one (mark 1..3) is kept. While those on probation
// make up at least a tenth of a neighbourhood, the worst of them goes and no mark is touched: a
// flood of one-time data only pushes out itself. Below that tenth the hand goes round as in CLOCK:
// a mark less for each entry it passes, out with what has none left. Data that left unused and comes
// back soon skips probation (S3-FIFO's ghost queue): so a new working set replaces an old one.
//
// Denials and failures count for one mark less than they have, and for none while together they
// hold more than their share of the memory: asking each random name a few times buys nothing
// (attacks: cache eviction floods, PowerDNS/pdns#16795).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cache/entry.h"

namespace cache {

inline constexpr uint8_t kMarkMax = 3;
inline constexpr uint8_t kPopularMark = 2;  // worth being refreshed before it expires. chosen.
inline constexpr size_t kSlotsPerBucket = 7;
// Buckets the hand looks at to find the worst entry on probation: about 34 entries.
inline constexpr size_t kWindowBuckets = 8;
// S3-FIFO's small queue is a tenth of the cache.
inline constexpr size_t kProbationOneIn = 10;
// Denials and failures beyond a quarter of the memory lose their marks. chosen.
inline constexpr uint64_t kSecondaryShareOneIn = 4;
// Buckets that one publish may sweep: the bound on its work.
inline constexpr size_t kSweepStepsMax = 64;

struct Candidate {
  uint16_t index = 0;  // the caller's own, for finding it again
  uint8_t mark = 0;
  Kind kind = Kind::kRrset;
  bool expired = false;
  uint32_t learned_s = 0;
};

// What nobody would miss in an outage.
[[nodiscard]] constexpr bool is_secondary(Kind kind) {
  switch (kind) {
    case Kind::kRrset:
    case Kind::kDelegation:
      return false;
    case Kind::kNodata:
    case Kind::kNxdomain:
    case Kind::kFailure:
      return true;
  }
  return true;
}

[[nodiscard]] constexpr uint8_t effective_mark(const Candidate& candidate, bool secondary_over_share) {
  if (!is_secondary(candidate.kind)) return candidate.mark;
  if (secondary_over_share || candidate.mark == 0) return 0;
  return static_cast<uint8_t>(candidate.mark - 1);
}

// The smallest goes first: fewest marks, then failures, denials, expired and other data, then the oldest.
[[nodiscard]] constexpr uint64_t keep_score(const Candidate& candidate, bool secondary_over_share) {
  uint64_t worth = 3;
  if (candidate.kind == Kind::kFailure) {
    worth = 0;
  } else if (is_secondary(candidate.kind)) {
    worth = 1;
  } else if (candidate.expired) {
    worth = 2;
  }
  return uint64_t{effective_mark(candidate, secondary_over_share)} << 40 | worth << 32 | candidate.learned_s;
}

// The mark an entry begins with.
[[nodiscard]] constexpr uint8_t mark_of_newcomer(Kind kind, bool has_ghost) {
  return has_ghost && !is_secondary(kind) ? 1 : 0;
}
// Whether an evicted entry leaves a ghost. Denials and failures do not: a flood of them would drive
// out the ghosts of data.
[[nodiscard]] constexpr bool leaves_ghost(Kind kind, uint8_t mark) { return mark == 0 && !is_secondary(kind); }

enum class EvictionAction : uint8_t {
  kEvict,    // `victim` goes; no mark changes
  kDecay,    // one mark less for each; nobody goes
  kKeepAll,  // nobody goes, no mark changes
};

struct Eviction {
  EvictionAction action = EvictionAction::kKeepAll;
  uint16_t victim = 0;
};

namespace detail {
[[nodiscard]] constexpr const Candidate* worst(std::span<const Candidate> candidates, bool secondary_over_share) {
  const Candidate* found = nullptr;
  uint64_t lowest = UINT64_MAX;
  for (const Candidate& candidate : candidates) {
    const uint64_t score = keep_score(candidate, secondary_over_share);
    if (score < lowest) {
      lowest = score;
      found = &candidate;
    }
  }
  return found;
}
}  // namespace detail

// A newcomer finds its bucket full. Everyone in it in use: the newcomer is turned away, and may get
// in when it has come as often as they have marks. A denial or failure never wears down marks.
[[nodiscard]] constexpr Eviction decide_full_bucket(std::span<const Candidate> bucket, Kind newcomer,
                                                    bool secondary_over_share) {
  const Candidate* victim = detail::worst(bucket, secondary_over_share);
  if (victim == nullptr) return {};
  if (effective_mark(*victim, secondary_over_share) == 0) return {EvictionAction::kEvict, victim->index};
  return {is_secondary(newcomer) ? EvictionAction::kKeepAll : EvictionAction::kDecay, 0};
}

// The hand at one bucket: `window` is that bucket's entries and those of its neighbours, the first
// `in_bucket` of them its own. kDecay is meant for its own only.
[[nodiscard]] constexpr Eviction decide_sweep(std::span<const Candidate> window, size_t in_bucket,
                                              bool secondary_over_share) {
  const auto on_probation =
      static_cast<size_t>(std::count_if(window.begin(), window.end(), [&](const Candidate& candidate) {
        return effective_mark(candidate, secondary_over_share) == 0;
      }));
  const bool probation_is_full = on_probation > 0 && on_probation * kProbationOneIn >= window.size();
  const Candidate* victim = detail::worst(probation_is_full ? window : window.first(in_bucket), secondary_over_share);
  if (victim == nullptr) return {};
  if (effective_mark(*victim, secondary_over_share) == 0) return {EvictionAction::kEvict, victim->index};
  return {EvictionAction::kDecay, 0};
}

}  // namespace cache
