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
  const Candidate used{0, 3, Kind::kRrset, false, false, 50};
  const Candidate used_once{0, 1, Kind::kRrset, false, false, 50};
  const Candidate unused{0, 0, Kind::kRrset, false, false, 50};
  const Candidate unused_older{0, 0, Kind::kRrset, false, false, 40};
  const Candidate unused_expired{0, 0, Kind::kRrset, true, false, 60};
  const Candidate unused_denial{0, 0, Kind::kNxdomain, false, false, 70};
  const Candidate unused_failure{0, 0, Kind::kFailure, false, false, 80};
  const Candidate denial_once{0, 1, Kind::kNodata, false, false, 70};
  const Candidate denial_used{0, 3, Kind::kNodata, false, false, 70};
  const Candidate settled{0, 0, Kind::kRrset, false, true, 30};
  const Candidate settled_denial{0, 3, Kind::kNodata, false, true, 70};
  const Row rows[] = {
      {"the older of two unused", {unused, unused_older, used}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"expired before fresh", {unused_older, unused_expired}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"denials before data", {unused_older, unused_expired, unused_denial}, Kind::kRrset, false, EvictionAction::kEvict, 2},
      {"failures first", {unused_denial, unused_failure}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"one use of a denial is none", {unused, denial_once}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"a denial that is used stays before unused data", {unused, denial_used}, Kind::kRrset, false, EvictionAction::kEvict, 0},
      {"unless denials have more than their share", {unused, denial_used}, Kind::kRrset, true, EvictionAction::kEvict, 1},
      {"on probation before settled", {settled, unused}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"settled but not used since before used", {used_once, settled}, Kind::kRrset, false, EvictionAction::kEvict, 1},
      {"settled denials beyond their share too", {unused, settled_denial}, Kind::kRrset, true, EvictionAction::kEvict, 1},
      {"all in use: data wears the marks down", {used, used_once}, Kind::kRrset, false, EvictionAction::kDecay, 0},
      {"all in use: so does a delegation", {used, used_once}, Kind::kDelegation, false, EvictionAction::kDecay, 0},
      {"all in use: a denial does not", {used, used_once}, Kind::kNxdomain, false, EvictionAction::kKeepAll, 0},
      {"all in use: a failure does not", {used, used_once}, Kind::kFailure, false, EvictionAction::kKeepAll, 0},
      {"nobody there", {}, Kind::kRrset, false, EvictionAction::kKeepAll, 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const auto bucket = numbered(row.bucket);
    const Eviction eviction = cache::decide_full_buckets(bucket, row.newcomer, row.secondary_over_share);
    EXPECT_EQ(eviction.action, row.action);
    if (row.action == EvictionAction::kEvict) { EXPECT_EQ(eviction.victim, row.victim); }
  }
}

TEST(Eviction, WhereTheProbationHandPasses) {
  const Candidate used{0, 2, Kind::kRrset, false, false, 30};
  const Candidate unused{0, 0, Kind::kRrset, false, false, 50};
  const Candidate unused_older{0, 0, Kind::kRrset, false, false, 40};
  const Eviction eviction = cache::decide_probation(numbered({unused, used, unused_older, used}), false);
  EXPECT_EQ(eviction.action, EvictionAction::kEvict);
  EXPECT_EQ(eviction.victim, 2);
  EXPECT_EQ(cache::decide_probation(numbered({used, used}), false).action, EvictionAction::kKeepAll);
  EXPECT_EQ(cache::decide_probation({}, false).action, EvictionAction::kKeepAll);
}

TEST(Eviction, WhoSettles) {
  struct Row {
    const char* what;
    Candidate candidate;
    bool secondary_over_share;
    bool settles;
    bool is_on_probation;
    EvictionAction settled_hand;
  };
  constexpr auto kEvict = EvictionAction::kEvict;
  constexpr auto kDecay = EvictionAction::kDecay;
  const Row rows[] = {
      {"data used once", {0, 1, Kind::kRrset, false, false, 50}, false, true, true, kDecay},
      {"data never used", {0, 0, Kind::kRrset, false, false, 50}, false, false, true, kEvict},
      {"data that has settled", {0, 1, Kind::kRrset, false, true, 50}, true, false, false, kDecay},
      {"a denial used once", {0, 1, Kind::kNxdomain, false, false, 50}, false, false, true, kEvict},
      {"a denial used twice", {0, 2, Kind::kNxdomain, false, false, 50}, false, true, true, kDecay},
      {"the same beyond their share", {0, 2, Kind::kNxdomain, false, false, 50}, true, false, true, kEvict},
      {"a denial that has settled", {0, 3, Kind::kNxdomain, false, true, 50}, false, false, false, kDecay},
      {"and has no right to it now", {0, 3, Kind::kNxdomain, false, true, 50}, true, false, true, kEvict},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(cache::settles(row.candidate, row.secondary_over_share), row.settles);
    EXPECT_EQ(cache::is_on_probation(row.candidate, row.secondary_over_share), row.is_on_probation);
    EXPECT_EQ(cache::decide_settled(row.candidate, row.secondary_over_share), row.settled_hand);
  }
}

TEST(Eviction, WhichHandMoves) {
  EXPECT_FALSE(cache::probation_is_full(0, 0));
  EXPECT_FALSE(cache::probation_is_full(0, 5));
  EXPECT_FALSE(cache::probation_is_full(9, 100));
  EXPECT_TRUE(cache::probation_is_full(10, 100));
  EXPECT_TRUE(cache::probation_is_full(1, 1));
}

TEST(Eviction, WhoSettlesAtOnceAndWhoLeavesAGhost) {
  EXPECT_TRUE(cache::settles_at_once(Kind::kRrset, true));
  EXPECT_FALSE(cache::settles_at_once(Kind::kRrset, false));
  EXPECT_FALSE(cache::settles_at_once(Kind::kNxdomain, true));
  EXPECT_TRUE(cache::leaves_ghost(Kind::kRrset, false));
  EXPECT_FALSE(cache::leaves_ghost(Kind::kRrset, true));
  EXPECT_FALSE(cache::leaves_ghost(Kind::kFailure, false));
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
