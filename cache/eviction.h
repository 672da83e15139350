// Eviction: who goes when there is no room. Pure: decides on what it is shown and touches nothing.
//
// The idea is S3-FIFO's, on marks and flags beside the slots instead of queues. A newcomer is on probation;
// one that is used meanwhile settles when the probation hand passes, its uses counted anew from there.
// While those on probation make up at least a tenth of all, that hand goes on and the worst unused one
// around it leaves: a flood of one-time data only pushes out itself. Below that tenth the other hand goes
// round the settled, slot by slot as in CLOCK: a mark less for each it passes, out with who has none left.
// Data that left unused and comes back soon settles at once (S3-FIFO's ghost queue): so a new working set
// replaces an old one.
//
// Denials and failures count for one mark less than they have, and for none while together they
// hold more than their share of the memory, settled or not: asking each random name a few times buys
// nothing (attacks: cache eviction floods, PowerDNS/pdns#16795).
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
// Buckets the probation hand looks at to find the worst: about 34 entries, three of them on probation.
inline constexpr size_t kWindowBuckets = 8;
// S3-FIFO's small queue is a tenth of the cache.
inline constexpr size_t kProbationOneIn = 10;
// Denials and failures beyond a quarter of the memory lose their marks. chosen.
inline constexpr uint64_t kSecondaryShareOneIn = 4;
// Steps of the hands that one publish may make: the bound on its work.
inline constexpr size_t kSweepStepsMax = 256;

struct Candidate {
  uint16_t index = 0;  // the caller's own, for finding it again
  uint8_t mark = 0;
  Kind kind = Kind::kRrset;
  bool expired = false;
  bool settled = false;
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

[[nodiscard]] constexpr bool is_on_probation(const Candidate& candidate, bool secondary_over_share) {
  return !candidate.settled || (secondary_over_share && is_secondary(candidate.kind));
}
// Whether it settles when the probation hand passes.
[[nodiscard]] constexpr bool settles(const Candidate& candidate, bool secondary_over_share) {
  return !candidate.settled && effective_mark(candidate, secondary_over_share) > 0;
}

// The smallest goes first: fewest marks, those on probation, then failures, denials, expired and other data,
// then the oldest.
[[nodiscard]] constexpr uint64_t keep_score(const Candidate& candidate, bool secondary_over_share) {
  uint64_t worth = 3;
  if (candidate.kind == Kind::kFailure) {
    worth = 0;
  } else if (is_secondary(candidate.kind)) {
    worth = 1;
  } else if (candidate.expired) {
    worth = 2;
  }
  const uint64_t settled = is_on_probation(candidate, secondary_over_share) ? 0 : 1;
  const uint64_t mark = effective_mark(candidate, secondary_over_share);
  return mark << 48 | settled << 40 | worth << 32 | candidate.learned_s;
}

// Whether a newcomer skips probation.
[[nodiscard]] constexpr bool settles_at_once(Kind kind, bool has_ghost) { return has_ghost && !is_secondary(kind); }
// Whether an evicted entry leaves a ghost. Denials and failures do not: a flood of them would drive
// out the ghosts of data.
[[nodiscard]] constexpr bool leaves_ghost(Kind kind, bool settled) { return !settled && !is_secondary(kind); }

// Which hand makes the next step.
[[nodiscard]] constexpr bool probation_is_full(uint64_t on_probation, uint64_t entries) {
  return on_probation > 0 && on_probation * kProbationOneIn >= entries;
}

enum class EvictionAction : uint8_t {
  kEvict,    // `victim` goes; no mark changes
  kDecay,    // one mark less for each; nobody goes
  kKeepAll,  // nobody goes, no mark changes
};

struct Eviction {
  EvictionAction action = EvictionAction::kKeepAll;
  uint16_t victim = 0;
};

// The candidate with the lowest score, if it has no mark left.
[[nodiscard]] constexpr const Candidate* worst_unused(std::span<const Candidate> candidates,
                                                      bool secondary_over_share) {
  const Candidate* found = nullptr;
  uint64_t lowest = UINT64_MAX;
  for (const Candidate& candidate : candidates) {
    const uint64_t score = keep_score(candidate, secondary_over_share);
    if (score < lowest) {
      lowest = score;
      found = &candidate;
    }
  }
  const bool is_unused = found != nullptr && effective_mark(*found, secondary_over_share) == 0;
  return is_unused ? found : nullptr;
}

// A newcomer finds its buckets full. Everyone in them in use: the newcomer is turned away, and may get
// in when it has come as often as they have marks. A denial or failure never wears down marks.
[[nodiscard]] constexpr Eviction decide_full_buckets(std::span<const Candidate> present, Kind newcomer,
                                                     bool secondary_over_share) {
  if (present.empty()) return {};
  const Candidate* victim = worst_unused(present, secondary_over_share);
  if (victim != nullptr) return {EvictionAction::kEvict, victim->index};
  return {is_secondary(newcomer) ? EvictionAction::kKeepAll : EvictionAction::kDecay, 0};
}

// The probation hand: `window` are those on probation in its bucket and its neighbours.
[[nodiscard]] constexpr Eviction decide_probation(std::span<const Candidate> window, bool secondary_over_share) {
  const Candidate* victim = worst_unused(window, secondary_over_share);
  return victim == nullptr ? Eviction{} : Eviction{EvictionAction::kEvict, victim->index};
}

// The hand of the settled, at one of them.
[[nodiscard]] constexpr EvictionAction decide_settled(const Candidate& candidate, bool secondary_over_share) {
  return effective_mark(candidate, secondary_over_share) == 0 ? EvictionAction::kEvict : EvictionAction::kDecay;
}

}  // namespace cache
