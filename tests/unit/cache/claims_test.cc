#include "cache/claims.h"

#include <gtest/gtest.h>

#include "cache/claims_protocol.h"
#include "tests/unit/cache/interleaving.h"

namespace {

using cache::ClaimOutcome;
using cache::ClaimProtocol;
using cache::ClaimSlot;
using cache::ClaimTable;
using interleaving::Interleaver;
using interleaving::Program;

base::Instant at_ms(int64_t milliseconds) { return base::Instant::from_boot(base::milliseconds(milliseconds)); }

TEST(Claims, OneOwnerAndItsWaiters) {
  ClaimTable claims(64);
  const uint64_t question = 0x1234'5678'9abc'def0;
  EXPECT_EQ(claims.acquire(at_ms(0), question, 3, at_ms(1000)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(1), question, 3, at_ms(1000)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(1), question, 5, at_ms(1000)), ClaimOutcome::kHeldByOther);
  EXPECT_EQ(claims.acquire(at_ms(2), question, 63, at_ms(1000)), ClaimOutcome::kHeldByOther);
  EXPECT_EQ(claims.release(question, 5), 0U) << "not the owner";
  EXPECT_EQ(claims.release(question, 3), uint64_t{1} << 5 | uint64_t{1} << 63);
  EXPECT_EQ(claims.release(question, 3), 0U) << "released already";
  EXPECT_EQ(claims.acquire(at_ms(3), question, 5, at_ms(1000)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.release(question, 5), 0U) << "nobody waits any more";
}

TEST(Claims, WorkersBeyondSixtyFourShareABit) {
  ClaimTable claims(64);
  EXPECT_EQ(claims.acquire(at_ms(0), 1, 0, at_ms(1000)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(0), 1, 64, at_ms(1000)), ClaimOutcome::kHeldByOther);
  EXPECT_EQ(claims.release(1, 0), 1U);
}

TEST(Claims, AnExpiredClaimMayBeTakenOver) {
  ClaimTable claims(64);
  EXPECT_EQ(claims.acquire(at_ms(0), 7, 1, at_ms(500)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(490), 7, 2, at_ms(2000)), ClaimOutcome::kHeldByOther);
  EXPECT_EQ(claims.acquire(at_ms(500), 7, 3, at_ms(2000)), ClaimOutcome::kTakenOver);
  EXPECT_EQ(claims.release(7, 1), 0U) << "lost it meanwhile";
  EXPECT_EQ(claims.acquire(at_ms(600), 7, 4, at_ms(2000)), ClaimOutcome::kHeldByOther);
  EXPECT_EQ(claims.release(7, 3), uint64_t{1} << 2 | uint64_t{1} << 4) << "who waited for the first owner too";
}

TEST(Claims, RenewingMovesTheDeadline) {
  ClaimTable claims(64);
  EXPECT_EQ(claims.acquire(at_ms(0), 7, 1, at_ms(500)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(400), 7, 1, at_ms(900)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(600), 7, 2, at_ms(2000)), ClaimOutcome::kHeldByOther);
}

TEST(Claims, DeadlinesSurviveTheWrapOfTheirClock) {
  ClaimTable claims(64);
  const int64_t wrap_ms = (int64_t{1} << 32) * 10;
  EXPECT_EQ(claims.acquire(at_ms(wrap_ms - 1000), 7, 1, at_ms(wrap_ms + 1000)), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(wrap_ms + 500), 7, 2, at_ms(wrap_ms + 2000)), ClaimOutcome::kHeldByOther);
  EXPECT_EQ(claims.acquire(at_ms(wrap_ms + 1000), 7, 2, at_ms(wrap_ms + 2000)), ClaimOutcome::kTakenOver);
  EXPECT_EQ(claims.acquire(at_ms(wrap_ms), uint64_t{8} << 40, 1, base::Instant::never()), ClaimOutcome::kAcquired);
  EXPECT_EQ(claims.acquire(at_ms(wrap_ms + 1), uint64_t{8} << 40, 2, base::Instant::never()), ClaimOutcome::kHeldByOther);
}

TEST(Claims, AFullBucketGrantsWithoutRecord) {
  ClaimTable claims(1);  // one bucket of four
  for (uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(claims.acquire(at_ms(0), i << 40, 1, at_ms(1000)), ClaimOutcome::kAcquired);
  }
  EXPECT_EQ(claims.acquire(at_ms(0), uint64_t{9} << 40, 1, at_ms(1000)), ClaimOutcome::kUnrecorded);
  EXPECT_EQ(claims.release(uint64_t{9} << 40, 1), 0U);
  // An expired claim's slot serves another question.
  EXPECT_EQ(claims.acquire(at_ms(1000), uint64_t{9} << 40, 1, at_ms(3000)), ClaimOutcome::kAcquired);
}

// Every order of workers that want one question: nobody waits for ever, no two work at once.
struct Race {
  std::vector<ClaimSlot> bucket = std::vector<ClaimSlot>(1);
  std::vector<bool> woken = std::vector<bool>(3);
  int working = 0;
  int most_working = 0;
};

enum class Mistake { kNone, kParksWithoutLookingAgain, kReleasesWaitersFirst };

ClaimOutcome acquire(Race& race, uint64_t holder, size_t worker, Mistake mistake) {
  using Stepped = ClaimProtocol<interleaving::YieldHook>;
  if (mistake == Mistake::kParksWithoutLookingAgain) {
    Interleaver::yield();
    const uint64_t claim = race.bucket[0].claim.load();
    if (claim != 0 && (claim & Stepped::kHolderMask) != holder) {
      Interleaver::yield();
      race.bucket[0].waiters.fetch_or(uint64_t{1} << worker);
      return ClaimOutcome::kHeldByOther;
    }
  }
  return Stepped::acquire(race.bucket, 0, holder | 100, uint64_t{1} << worker);
}

uint64_t release(Race& race, uint64_t holder, Mistake mistake) {
  using Stepped = ClaimProtocol<interleaving::YieldHook>;
  if (mistake != Mistake::kReleasesWaitersFirst) return Stepped::release(race.bucket, holder);
  Interleaver::yield();
  const uint64_t mask = race.bucket[0].waiters.exchange(0);
  Interleaver::yield();
  race.bucket[0].claim.store(0);
  return mask;
}

void work_once(Race& race, size_t worker, Mistake mistake) {
  const uint64_t holder = uint64_t{1} << 40 | uint64_t{worker + 1} << 32;
  for (;;) {
    race.woken[worker] = false;
    const ClaimOutcome outcome = acquire(race, holder, worker, mistake);
    if (outcome == ClaimOutcome::kAcquired) break;
    Interleaver::wait_until([&race, worker] { return race.woken[worker]; });
  }
  race.most_working = std::max(race.most_working, ++race.working);
  Interleaver::yield();
  --race.working;
  const uint64_t mask = release(race, holder, mistake);
  for (size_t other = 0; other < race.woken.size(); ++other) {
    if ((mask >> other & 1) != 0) race.woken[other] = true;
  }
}

struct Outcome {
  size_t schedules = 0;
  bool stuck = false;
  int most_working = 0;
};

Outcome explore(size_t workers, Mistake mistake) {
  Outcome outcome;
  std::unique_ptr<Race> race;
  outcome.schedules = Interleaver::run_every_schedule(
      [&] {
        race = std::make_unique<Race>();
        std::vector<Program> programs;
        for (size_t i = 0; i < workers; ++i) programs.push_back([&, i] { work_once(*race, i, mistake); });
        return programs;
      },
      [&](bool stuck) {
        outcome.stuck |= stuck;
        outcome.most_working = std::max(outcome.most_working, race->most_working);
        return !stuck;
      });
  return outcome;
}

TEST(ClaimsInterleaving, NoWakeUpIsLostBetweenTwoWorkers) {
  const Outcome outcome = explore(2, Mistake::kNone);
  EXPECT_FALSE(outcome.stuck);
  EXPECT_EQ(outcome.most_working, 1);
  EXPECT_GT(outcome.schedules, 100U);
}

TEST(ClaimsInterleaving, PlantedMistakesAreFound) {
  EXPECT_TRUE(explore(2, Mistake::kParksWithoutLookingAgain).stuck);
  EXPECT_TRUE(explore(2, Mistake::kReleasesWaitersFirst).stuck);
}

}  // namespace
