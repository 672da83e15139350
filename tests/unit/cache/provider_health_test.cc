// What opens a provider's circuit and what does not: each case of docs/outages.md, in virtual time.
#include "cache/provider_health.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/cache/provider_world.h"

namespace {

using cache::GroupKind;
using cache::ProviderEvent;
using cache_test::Fate;
using cache_test::ProviderWorld;
using cache_test::Question;
using cache_test::Server;
using cache_test::Zone;
using base::milliseconds;
using base::seconds;
using Type = ProviderEvent::Type;

constexpr base::Duration k60PerSecond = base::microseconds(16'667);

// Provider A with 200 servers and 500 zones, B with a few; both asked, both well for a minute.
class Provider : public testing::Test {
 protected:
  static constexpr base::Duration kLearning = seconds(60);

  void learn(ProviderWorld& w, base::Duration period_a = k60PerSecond, base::Duration period_b = k60PerSecond) {
    a_servers = w.servers("a-provider.net", 1, 200);
    a = w.zones("a", a_servers, 500, 2);
    b = w.zones("b", w.servers("b-provider.net", 2, 20), 50, 2);
    for (const Server& server : a_servers) a_addresses.insert(server.hash);
    w.ask_often(a, period_a, base::Instant::never());
    w.ask_often(b, period_b, base::Instant::never());
    w.run_for(kLearning);
    ASSERT_TRUE(w.log.empty()) << w.lines();
  }
  bool is_a(const Question& question) const { return a_addresses.contains(question.server->hash); }

  ProviderWorld world{1};
  std::vector<Server> a_servers;
  std::vector<Zone> a;
  std::vector<Zone> b;
  std::set<uint64_t> a_addresses;
};

TEST_F(Provider, ThatGoesSilentIsDarkWithinASecondAndClosesAtTheFirstAnswer) {
  learn(world);
  const base::Instant fault = world.now;
  world.fate = [this](const Question& q) { return is_a(q) ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(1));
  ASSERT_NE(world.first(Type::kSilent), nullptr);
  const ProviderEvent first = *world.first(Type::kSilent);
  const ProviderEvent* opened = &first;
  EXPECT_LE(opened->at - fault, seconds(1));
  EXPECT_EQ(opened->group.rfind("domain of ns", 0), 0U) << opened->group;
  EXPECT_GE(opened->tally.timeouts, 8U);
  EXPECT_TRUE(world.health.is_dark(a_servers[7].groups));
  EXPECT_FALSE(world.health.is_dark(b[0].servers[0].groups));
  EXPECT_EQ(world.health.open_circuits(), 1U) << "the narrower groups are dark with it, not by themselves";

  const uint64_t sent_before = world.sent;
  world.run_for(seconds(29));
  EXPECT_LE(world.sent - sent_before, 29 * 60 + 29 * 3 + 60U) << "B's questions, and a canary a second for A";
  EXPECT_EQ(world.opened(), 1) << world.lines();

  const base::Instant held_at = world.now;
  EXPECT_FALSE(world.health.has_recovered_since(held_at, a_servers[0].groups));
  world.fate = [](const Question&) { return Fate::kAnswer; };
  world.run_for(milliseconds(1100) + ProviderWorld::kRoundTrip);
  EXPECT_EQ(world.count(Type::kClosed), 1);
  EXPECT_EQ(world.health.open_circuits(), 0U);
  EXPECT_TRUE(world.health.has_recovered_since(held_at, a_servers[0].groups));
  EXPECT_FALSE(world.health.has_recovered_since(held_at, b[0].servers[0].groups));
  const ProviderEvent* closed = world.first(Type::kClosed);
  EXPECT_EQ(closed->group, opened->group);
  EXPECT_GE(closed->lasted, seconds(28));
  EXPECT_GT(closed->failures, 20U);
  EXPECT_FALSE(world.health.is_uplink_lost());
}

// What the cache remembers of a time before this process is as good as what was heard in it.
TEST_F(Provider, OpensAfterARestartOnWhatTheCacheRemembers) {
  for (const bool recalls : {false, true}) {
    ProviderWorld w(7);
    a_servers = w.servers("a-provider.net", 3, 60);
    a = w.zones("a", a_servers, 100, 2);
    b = w.zones("b", w.servers("b-provider.net", 2, 20), 50, 2);
    for (const Server& server : a_servers) a_addresses.insert(server.hash);
    if (recalls) {
      for (const Zone& zone : a) {
        for (const auto& server : zone.servers) w.health.recall_answer(w.now - seconds(60), server.groups, zone.hash);
      }
    }
    w.fate = [this](const Question& q) { return is_a(q) ? Fate::kSilence : Fate::kAnswer; };
    w.ask_often(a, k60PerSecond, base::Instant::never());
    w.ask_often(b, k60PerSecond, base::Instant::never());
    w.run_for(seconds(3));
    EXPECT_EQ(w.opened() > 0, recalls) << w.lines();
  }
}

TEST_F(Provider, WithOneDeadServerStaysClosed) {
  learn(world);
  const uint64_t dead = a_servers[3].hash;
  world.fate = [dead](const Question& q) { return q.server->hash == dead ? Fate::kSilence : Fate::kAnswer; };
  // Only zones that the dead server is one of, so that it is asked all the time.
  std::vector<Zone> on_it;
  for (const Zone& zone : a) {
    if (zone.servers[0].hash == dead || zone.servers[1].hash == dead) on_it.push_back(zone);
  }
  ASSERT_FALSE(on_it.empty());
  world.ask_often(on_it, milliseconds(5), base::Instant::never());
  world.run_for(seconds(120));
  EXPECT_EQ(world.opened(), 0) << world.lines();
}

// The dead server is the only one that is asked at all: one address is never three.
TEST_F(Provider, OfWhichOnlyTheDeadServerIsAskedStaysClosed) {
  a_servers = world.servers("a-provider.net", 1, 1);
  a = world.zones("a", a_servers, 50, 1);
  b = world.zones("b", world.servers("b-provider.net", 2, 20), 50, 2);
  world.ask_often(a, k60PerSecond, base::Instant::never());
  world.ask_often(b, k60PerSecond, base::Instant::never());
  world.run_for(seconds(30));
  world.fate = [this](const Question& q) { return q.server->hash == a_servers[0].hash ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(120));
  EXPECT_EQ(world.opened(), 0) << world.lines();
}

TEST_F(Provider, WithOneBrokenZoneStaysClosed) {
  for (const Fate how : {Fate::kSilence, Fate::kRefusal}) {
    ProviderWorld w(2);
    a_addresses.clear();
    learn(w, seconds(5));
    // Two zones of it, and nothing but these is asked.
    const std::vector<Zone> broken = {a[0], a[1]};
    w.fate = [&](const Question& q) { return is_a(q) && q.zone->number < 2 ? how : Fate::kAnswer; };
    w.ask_often(broken, milliseconds(10), base::Instant::never());
    w.run_for(seconds(60));
    EXPECT_EQ(w.opened(), 0) << w.lines();
  }
}

// Zones delegated by an attacker to A's addresses; A's servers drop what they do not serve. A itself is quiet.
TEST_F(Provider, IsNotOpenedByZonesThatItNeverAnswered) {
  learn(world);
  const base::Instant end = world.now + seconds(30);
  ProviderWorld& w = world;
  w.fate = [](const Question& q) { return q.zone->number >= 1000 ? Fate::kSilence : Fate::kAnswer; };
  std::vector<Zone> evil = w.zones("evil", a_servers, 300, 3);
  for (Zone& zone : evil) zone.number += 1000;
  w.ask_often(evil, milliseconds(3), end);
  w.run_until(end);
  EXPECT_EQ(w.opened(), 0) << w.lines();
  EXPECT_FALSE(w.health.is_uplink_lost());
}

// The attacker owns the servers and the zones, answers, then falls silent: all zones are one registrable domain.
TEST_F(Provider, IsNotOpenedByZonesOfOneRegistrableDomain) {
  learn(world, seconds(3600));
  std::vector<Zone> evil = world.zones("evil", a_servers, 300, 3);
  for (Zone& zone : evil) zone.hash = evil[0].hash;
  world.ask_often(evil, milliseconds(5), base::Instant::never());
  world.run_for(seconds(5));
  world.fate = [&](const Question& q) { return q.zone->hash == evil[0].hash ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(60));
  EXPECT_EQ(world.opened(), 0) << world.lines();
}

TEST_F(Provider, ThatLimitsOurRateStaysClosed) {
  learn(world);
  // A flood of random names in one zone. First it is dropped but for one in twenty; then altogether.
  const std::vector<Zone> flooded = {a[0]};
  world.fate = [this](const Question& q) {
    return is_a(q) && q.zone->number == 0 && !world.entropy.chance(1, 20) ? Fate::kSilence : Fate::kAnswer;
  };
  world.ask_often(flooded, milliseconds(1), base::Instant::never());
  world.run_for(seconds(20));
  world.fate = [this](const Question& q) { return is_a(q) && q.zone->number == 0 ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(20));
  EXPECT_EQ(world.opened(), 0) << world.lines();
}

// Nineteen of twenty of everything are dropped: the limit hits all zones.
TEST_F(Provider, ThatLimitsOurRateForAllZonesRarelyOpens) {
  learn(world);
  const std::vector<Zone> flooded = {a[0]};
  world.fate = [this](const Question& q) { return is_a(q) && !world.entropy.chance(1, 20) ? Fate::kSilence : Fate::kAnswer; };
  world.ask_often(flooded, milliseconds(1), base::Instant::never());
  world.run_for(seconds(60));
  EXPECT_LE(world.opened(), 1) << world.lines();
}

class LossyPath : public Provider, public testing::WithParamInterface<uint32_t> {};

TEST_P(LossyPath, PracticallyNeverOpens) {
  const uint32_t percent = GetParam();
  int opened_after_onset = 0;
  int opened_at_onset = 0;
  std::string lines;
  constexpr int kSeeds = 60;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    ProviderWorld w(100 + seed);
    a_addresses.clear();
    // From an office's rate to that of a provider: 7 to 500 questions a second.
    learn(w, milliseconds(2 + 7 * (seed % 20)));
    w.fate = [&](const Question& q) { return is_a(q) && w.entropy.chance(percent, 100) ? Fate::kSilence : Fate::kAnswer; };
    w.run_for(seconds(10));
    opened_at_onset += w.opened();
    w.log.clear();
    w.run_for(seconds(60));
    opened_after_onset += w.opened();
    if (w.opened() != 0) lines += "seed " + std::to_string(seed) + "\n" + w.lines();
    EXPECT_EQ(w.count(Type::kUplinkLost), 0) << w.lines();
  }
  EXPECT_LE(opened_after_onset, percent < 90 ? 0 : 2) << "in an hour\n" << lines;
  EXPECT_LE(opened_at_onset, percent < 90 ? 0 : kSeeds / 3) << "what follows the fault is not told from silence at once";
  RecordProperty("opened_at_onset", opened_at_onset);
}
INSTANTIATE_TEST_SUITE_P(Percent, LossyPath, testing::Values(30, 60, 90));

TEST_F(Provider, OnAnUplinkThatLosesHalfStaysClosed) {
  learn(world);
  world.fate = [this](const Question&) { return world.entropy.chance(1, 2) ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(120));
  EXPECT_TRUE(world.log.empty()) << world.lines();
}

TEST_F(Provider, IsClosedByTheFirstAnswerWhenInDoubt) {
  learn(world);
  world.fate = [this](const Question& q) { return is_a(q) ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(1));
  ASSERT_EQ(world.opened(), 1);
  world.health.on_answer(world.now, a_servers[0].groups, a[0].hash);
  EXPECT_FALSE(world.health.is_dark(a_servers[0].groups));
  EXPECT_FALSE(world.health.is_dark(a_servers[199].groups));
}

class Refusals : public Provider {
 protected:
  void refuse(uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; ++i) {
      const Question question{&a[i], &a[i].servers[0], world.now};
      world.health.on_refusal(world.now, ProviderWorld::failed(question), ProviderWorld::names(a[i].servers[0]));
      world.now = world.now + milliseconds(50);
    }
  }
  void SetUp() override {
    learn(world);
    for (const Zone& zone : a) world.health.on_answer(world.now, zone.servers[0].groups, zone.hash);
    world.now = world.now + milliseconds(10);
  }
  bool is_dark() const { return world.health.is_dark(a_servers[0].groups); }
};

TEST_F(Refusals, OfTenZonesTogetherOpenNineDoNot) {
  refuse(0, 9);
  refuse(0, 9);
  EXPECT_FALSE(is_dark());
  refuse(9, 10);
  EXPECT_TRUE(is_dark());
  const std::optional<ProviderEvent> event = world.health.poll_event();
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->type, Type::kRefusing);
  EXPECT_EQ(event->tally.zones, 10U);
  world.health.on_answer(world.now, a_servers[0].groups, a[20].hash);
  EXPECT_FALSE(is_dark());
}

TEST_F(Refusals, OfTenZonesWhileOthersAreAnsweredStayClosed) {
  for (int round = 0; round < 20; ++round) {
    refuse(0, 5);
    world.health.on_answer(world.now, a_servers[9].groups, a[20].hash);
    world.now = world.now + milliseconds(5);
    refuse(5, 10);
  }
  EXPECT_FALSE(is_dark());
}

TEST_F(Refusals, OfZonesNeverAnsweredAreNothing) {
  const std::vector<Zone> evil = world.zones("evil", a_servers, 40, 2);
  a = evil;
  refuse(0, 40);
  EXPECT_FALSE(is_dark());
}

TEST_F(Refusals, AreForgottenAfterTheWindow) {
  refuse(0, 9);
  world.now = world.now + seconds(11);
  refuse(9, 10);
  EXPECT_FALSE(is_dark());
}

TEST_F(Refusals, AreASignOfLifeAmongTimeouts) {
  for (uint32_t i = 0; i < 30; ++i) {
    const Question question{&a[i], &a[i].servers[0], world.now - milliseconds(400)};
    world.now = world.now + milliseconds(100);
    world.health.on_answer(world.now, b[0].servers[0].groups, b[0].hash);
    world.health.on_timeout(world.now, ProviderWorld::failed(question), ProviderWorld::names(a[i].servers[0]));
    if (i % 5 == 0) refuse(0, 1);
  }
  EXPECT_FALSE(is_dark());
}

TEST_F(Provider, EvidenceOlderThanTheWindowIsForgotten) {
  learn(world);
  const auto time_out = [&](uint32_t i, base::Duration wait) {
    const Question question{&a[i], &a[i].servers[0], world.now};
    world.now = world.now + wait;
    world.health.on_answer(world.now, b[0].servers[0].groups, b[0].hash);
    world.health.on_timeout(world.now, ProviderWorld::failed(question), ProviderWorld::names(a[i].servers[0]));
  };
  world.now = world.now + milliseconds(10);
  for (uint32_t i = 0; i < 40; ++i) time_out(i, seconds(2));
  EXPECT_FALSE(world.health.is_dark(a_servers[0].groups)) << "five timeouts in ten seconds";
  for (uint32_t i = 40; i < 60; ++i) time_out(i, milliseconds(500));
  EXPECT_TRUE(world.health.is_dark(a_servers[0].groups));
}

TEST_F(Provider, ZonesAnsweredMoreThanAnHourAgoDoNotCount) {
  learn(world);
  const auto storm = [&] {
    for (uint32_t i = 0; i < 60; ++i) {
      const Question question{&a[i], &a[i].servers[0], world.now};
      world.now = world.now + milliseconds(100);
      world.health.on_answer(world.now, b[0].servers[0].groups, b[0].hash);
      world.health.on_timeout(world.now, ProviderWorld::failed(question), ProviderWorld::names(a[i].servers[0]));
    }
  };
  world.now = world.now + seconds(3700);
  // Another zone was answered just now: the provider is known, the sixty are not.
  world.health.on_answer(world.now, a_servers[0].groups, a[400].hash);
  world.now = world.now + milliseconds(600);
  storm();
  EXPECT_FALSE(world.health.is_dark(a_servers[0].groups));
  for (uint32_t i = 0; i < 60; ++i) world.health.on_answer(world.now, a[i].servers[0].groups, a[i].hash);
  world.now = world.now + milliseconds(10);
  storm();
  EXPECT_TRUE(world.health.is_dark(a_servers[0].groups));
}

TEST_F(Provider, QuestionsSentBeforeItsLastAnswerAreNoEvidence) {
  learn(world);
  for (uint32_t i = 0; i < 60; ++i) {
    const Question question{&a[i], &a[i].servers[0], world.now - seconds(1)};
    world.now = world.now + milliseconds(10);
    world.health.on_answer(world.now, b[0].servers[0].groups, b[0].hash);
    world.health.on_timeout(world.now, ProviderWorld::failed(question), ProviderWorld::names(a[i].servers[0]));
  }
  EXPECT_FALSE(world.health.is_dark(a_servers[0].groups));
}

// Its answers say that its path loses nothing, though no run of losses has ended yet.
TEST_F(Provider, WithoutAnyLossBeforeIsSuspectAfterThreeTimeouts) {
  learn(world);
  world.now = world.now + seconds(1);
  const base::Instant sent = world.now;
  const Zone* zones[] = {&a[0], &a[1], &a[2]};
  std::set<uint64_t> servers;
  for (const Zone* zone : zones) {
    EXPECT_FALSE(world.health.is_suspect(a_servers[7].groups));
    const Server& server = servers.contains(zone->servers[0].hash) ? zone->servers[1] : zone->servers[0];
    servers.insert(server.hash);
    const Question question{zone, &server, sent};
    world.now = world.now + milliseconds(100);
    world.health.on_timeout(world.now, ProviderWorld::failed(question), ProviderWorld::names(server));
  }
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_TRUE(world.health.is_suspect(a_servers[7].groups));
  EXPECT_FALSE(world.health.is_suspect(b[0].servers[0].groups));
  world.health.on_answer(world.now, a_servers[9].groups, a[5].hash);
  EXPECT_FALSE(world.health.is_suspect(a_servers[7].groups)) << "it lives";
}

TEST_F(Provider, CanariesAreOneAtATimeAndOneASecond) {
  learn(world);
  EXPECT_FALSE(world.health.take_canary(world.now, a_servers[0].groups)) << "nothing is dark";
  world.fate = [this](const Question& q) { return is_a(q) ? Fate::kSilence : Fate::kAnswer; };
  while (world.opened() == 0) world.run_for(milliseconds(1));
  const auto groups_0 = a[0].servers[0].groups;
  const auto groups_1 = a[1].servers[0].groups;
  base::Instant at = world.now + seconds(5);  // the canaries of the world before are over
  EXPECT_TRUE(world.health.take_canary(at, groups_0));
  EXPECT_FALSE(world.health.take_canary(at, groups_1)) << "another server of the same provider";
  EXPECT_FALSE(world.health.take_canary(at + seconds(2), groups_1)) << "it has not ended";
  EXPECT_TRUE(world.health.take_canary(at + seconds(3), groups_1)) << "whoever held it is gone";
  at = at + seconds(3);
  const Question question{&a[1], &a[1].servers[0], at};
  world.health.on_timeout(at + milliseconds(400), ProviderWorld::failed(question), ProviderWorld::names(a[1].servers[0]));
  EXPECT_FALSE(world.health.take_canary(at + milliseconds(999), groups_0));
  EXPECT_TRUE(world.health.take_canary(at + seconds(1), groups_0));
}

TEST_F(Provider, OfWhichOnePrefixDiesLosesOnlyThatPrefix) {
  learn(world);
  // 16 addresses of one /24; the rest of A answers.
  std::set<uint64_t> dead;
  for (uint32_t i = 16; i < 32; ++i) dead.insert(a_servers[i].hash);
  world.fate = [&](const Question& q) { return dead.contains(q.server->hash) ? Fate::kSilence : Fate::kAnswer; };
  world.run_for(seconds(10));
  EXPECT_TRUE(world.health.is_dark(a_servers[16].groups));
  EXPECT_FALSE(world.health.is_dark(a_servers[0].groups));
  EXPECT_FALSE(world.health.is_dark(a_servers[32].groups));
}

TEST_F(Provider, TellsTheEvidenceInOneLine) {
  ProviderEvent event;
  event.type = Type::kSilent;
  event.group = "example.net";
  event.tally = {12, 5, cache::kDistinctMax};
  event.since_answer = milliseconds(640);
  event.since_other_answer = milliseconds(20);
  EXPECT_EQ(cache::to_line(event),
            "example.net is taken to be down: 12 timeouts in a row from 5 addresses for 16 or more zones, last answer 0.6 s ago, "
            "others answered 0.0 s ago");
  event.type = Type::kClosed;
  event.lasted = milliseconds(31'250);
  event.failures = 44;
  EXPECT_EQ(cache::to_line(event), "example.net answers again after 31.2 s; 44 questions to it failed meanwhile, 0 answers "
                                  "were stale because of it");
}

}  // namespace
