#include "cache/eviction.h"

#include <gtest/gtest.h>

#include "tests/unit/cache/cache_test_support.h"

namespace {

using cache::Candidate;
using cache::Eviction;
using cache::EvictionAction;
using cache::Kind;
using cache::PublishOutcome;
using cache_test::EntrySpec;
using cache_test::OneReaderCache;

std::vector<Candidate> numbered(std::vector<Candidate> candidates) {
  for (size_t i = 0; i < candidates.size(); ++i) candidates[i].index = static_cast<uint16_t>(i);
  return candidates;
}

TEST(Eviction, WhoLeavesAFullBucket) {
  struct Row {
    const char* what;
    std::vector<Candidate> bucket;
    Kind newcomer;
    bool secondary_over_share;
    EvictionAction action;
    uint16_t victim;
  };
  const Candidate used{0, 3, Kind::kRrset, false, 50};
  const Candidate used_once{0, 1, Kind::kRrset, false, 50};
  const Candidate unused{0, 0, Kind::kRrset, false, 50};
  const Candidate unused_older{0, 0, Kind::kRrset, false, 40};
  const Candidate unused_expired{0, 0, Kind::kRrset, true, 60};
  const Candidate unused_denial{0, 0, Kind::kNxdomain, false, 70};
  const Candidate unused_failure{0, 0, Kind::kFailure, false, 80};
  const Candidate denial_once{0, 1, Kind::kNodata, false, 70};
  const Candidate denial_used{0, 3, Kind::kNodata, false, 70};
  const Row rows[] = {
      {"the older of two unused", {unused, unused_older, used}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"expired before fresh", {unused_older, unused_expired}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"denials before data", {unused_older, unused_expired, unused_denial}, Kind::kRrset, false, EvictionAction::kEvict, 2},
      {"failures first", {unused_denial, unused_failure}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"one use of a denial is none", {unused, denial_once}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"a denial that is used stays before unused data", {unused, denial_used}, Kind::kRrset, false, EvictionAction::kEvict, 0},
      {"unless denials have more than their share", {unused, denial_used}, Kind::kRrset, true, EvictionAction::kEvict, 1},
      {"all in use: data wears the marks down", {used, used_once}, Kind::kRrset, false, EvictionAction::kDecay, 0},
      {"all in use: so does a delegation", {used, used_once}, Kind::kDelegation, false, EvictionAction::kDecay, 0},
      {"all in use: a denial does not", {used, used_once}, Kind::kNxdomain, false, EvictionAction::kKeepAll, 0},
      {"all in use: a failure does not", {used, used_once}, Kind::kFailure, false, EvictionAction::kKeepAll, 0},
      {"nobody there", {}, Kind::kRrset, false, EvictionAction::kKeepAll, 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const auto bucket = numbered(row.bucket);
    const Eviction eviction = cache::decide_full_bucket(bucket, row.newcomer, row.secondary_over_share);
    EXPECT_EQ(eviction.action, row.action);
    if (row.action == EvictionAction::kEvict) { EXPECT_EQ(eviction.victim, row.victim); }
  }
}

TEST(Eviction, WhereTheHandPasses) {
  const Candidate used{0, 2, Kind::kRrset, false, 50};
  const Candidate unused{0, 0, Kind::kRrset, false, 50};
  const Candidate unused_older{0, 0, Kind::kRrset, false, 40};
  // A tenth is on probation: the worst of the whole window goes, no mark changes.
  std::vector<Candidate> window(20, used);
  window[11] = unused;
  window[17] = unused_older;
  Eviction eviction = cache::decide_sweep(numbered(window), 4, false);
  EXPECT_EQ(eviction.action, EvictionAction::kEvict);
  EXPECT_EQ(eviction.victim, 17);
  // Less than that: only the hand's own bucket is touched, by decay...
  window[17] = used;
  EXPECT_EQ(cache::decide_sweep(numbered(window), 4, false).action, EvictionAction::kDecay);
  // ...or, where someone in it has no mark left, by eviction.
  window[11] = used;
  window[2] = unused;
  eviction = cache::decide_sweep(numbered(window), 4, false);
  EXPECT_EQ(eviction.action, EvictionAction::kEvict);
  EXPECT_EQ(eviction.victim, 2);
  // Nobody there, and nobody in the hand's own bucket.
  EXPECT_EQ(cache::decide_sweep({}, 0, false).action, EvictionAction::kKeepAll);
  EXPECT_EQ(cache::decide_sweep(numbered({used, used}), 0, false).action, EvictionAction::kKeepAll);
}

// A flood of `count` one-time entries over 1000 names in use, each of which is asked for now and then.
// Where a name lands in the table, and what its neighbours weigh, is chance: one look-up in a thousand may
// find it gone (it is learned anew, as a resolver would).
void flood(const std::vector<EntrySpec>& flooding, int asked_per_entry, int count) {
  OneReaderCache it(1 << 20);
  const auto popular = [](int i) { return "popular" + std::to_string(i) + ".example"; };
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(it.publish({.name = popular(i), .ttl_s = 100'000}), PublishOutcome::kStored);
    for (int times = 0; times < 3; ++times) ASSERT_NE(it.lookup(popular(i)), nullptr);
  }
  uint32_t state = 1;
  int next_popular = 0;
  int asked = 0;
  int lost = 0;
  for (int i = 0; i < count; ++i) {
    EntrySpec spec = flooding[static_cast<size_t>(i) % flooding.size()];
    state = state * 1664525 + 1013904223;
    spec.name = std::to_string(state) + "." + std::to_string(i) + ".test";
    it.publish(spec);
    for (int times = 0; times < asked_per_entry; ++times) it.lookup(spec.name, spec.type, spec.space);
    // Every name in use is asked for once in 20,000 of the flood.
    if (i % 20 == 0) {
      ++asked;
      if (it.lookup(popular(next_popular)) == nullptr) {
        ++lost;
        it.publish({.name = popular(next_popular), .ttl_s = 100'000});
      }
      next_popular = (next_popular + 1) % 1000;
    }
    if (i % 64 == 0) it.reader.quiescent();
  }
  for (int i = 0; i < 1000; ++i) {
    ++asked;
    if (it.lookup(popular(i)) == nullptr) ++lost;
  }
  EXPECT_LE(lost, asked / 1000);
}

// By kind, and asked several times each.
TEST(Eviction, AFloodLeavesWhatIsUsed) {
  const EntrySpec nxdomain{.type = wire::Type::kNone, .space = cache::Space::kNxdomain, .kind = Kind::kNxdomain, .body_bytes = 90};
  const EntrySpec nodata{.kind = Kind::kNodata, .body_bytes = 90};
  const EntrySpec failure{.space = cache::Space::kFailure, .kind = Kind::kFailure, .body_bytes = 30};
  const EntrySpec data{.kind = Kind::kRrset, .body_bytes = 60};
  constexpr int kShort = 60'000;
  flood({nxdomain}, 0, kShort);
  flood({nodata}, 0, kShort);
  flood({failure}, 0, kShort);
  flood({data}, 0, kShort);
  flood({nxdomain}, 5, kShort);
  flood({nodata, failure}, 3, kShort);
}

TEST(Eviction, AMillionOneTimeEntriesLeaveWhatIsUsed) {
  flood({{.type = wire::Type::kNone, .space = cache::Space::kNxdomain, .kind = Kind::kNxdomain, .body_bytes = 90},
         {.kind = Kind::kNodata, .body_bytes = 90},
         {.space = cache::Space::kFailure, .kind = Kind::kFailure, .body_bytes = 30},
         {.kind = Kind::kRrset, .body_bytes = 60}},
        0, 1'000'000);
}

// What is in use changes: the new names get in although the old ones were marked to the full.
TEST(Eviction, WhatIsNoLongerUsedGivesWay) {
  OneReaderCache it(1 << 20);
  const auto working_set = [](int round, int i) { return "n" + std::to_string(i) + ".round" + std::to_string(round); };
  int present = 0;
  for (int round = 0; round < 2; ++round) {
    for (int pass = 0; pass < 8; ++pass) {
      present = 0;
      for (int i = 0; i < 3000; ++i) {
        if (it.lookup(working_set(round, i)) != nullptr) {
          ++present;
        } else {
          it.publish({.name = working_set(round, i), .body_bytes = 120});
        }
        if (i % 64 == 0) it.reader.quiescent();
      }
    }
    EXPECT_GT(present, 2850) << "round " << round;
  }
}

}  // namespace
