// Our own uplink: when it is lost, when not, and that no provider pays for it.
#include <gtest/gtest.h>

#include "cache/provider_health.h"
#include "tests/unit/cache/provider_world.h"

namespace {

using cache_test::Fate;
using cache_test::ProviderWorld;
using cache_test::Question;
using cache_test::Server;
using cache_test::Zone;
using base::milliseconds;
using base::seconds;
using Type = cache::ProviderEvent::Type;

// Several providers, the roots, and an engine that asks a root when it is told to.
class UplinkTest : public testing::Test {
 protected:
  void start(uint32_t providers, base::Duration period) {
    for (uint32_t i = 0; i < providers; ++i) {
      const std::string domain = "p" + std::to_string(i) + ".net";
      zones.push_back(world.zones(domain + "-z", world.servers(domain, 1 + i, 40), 50, 2));
    }
    roots = world.zones("root", world.servers("root-servers.net", 200, 13), 1, 13);
    for (const auto& of_one : zones) world.ask_often(of_one, period, base::Instant::never());
    probe();
    world.run_for(seconds(30));
    ASSERT_TRUE(world.log.empty()) << world.lines();
    ASSERT_EQ(probes, 0);
  }
  void probe() {
    if (world.health.take_root_probe(world.now)) {
      ++probes;
      const Server& root = roots[0].servers[static_cast<size_t>(probes) % 13];
      world.send({&roots[0], &root, world.now}, ProviderWorld::kTries);
    }
    world.after(milliseconds(10), [this] { probe(); });
  }

  ProviderWorld world{5};
  std::vector<std::vector<Zone>> zones;
  std::vector<Zone> roots;
  int probes = 0;
};

TEST_F(UplinkTest, SilenceOfAllIsOurOwnLossAndOpensNoCircuit) {
  start(5, milliseconds(30));
  const base::Instant fault = world.now;
  world.fate = [](const Question&) { return Fate::kSilence; };
  world.run_for(seconds(2));
  const cache::ProviderEvent* lost = world.first(Type::kUplinkLost);
  ASSERT_NE(lost, nullptr) << world.lines();
  EXPECT_LE(lost->at - fault, milliseconds(1500));
  EXPECT_TRUE(world.health.is_uplink_lost());
  const int probes_before = probes;
  world.run_for(seconds(28));
  EXPECT_EQ(world.opened(), 0) << world.lines();
  EXPECT_NEAR(probes - probes_before, 28, 1) << "a root is asked each second, so that the end is seen though nobody asks";

  const std::optional<cache::UplinkOutage> during = world.health.last_uplink_outage();
  ASSERT_TRUE(during.has_value());
  EXPECT_EQ(during->to, base::Instant::never());
  EXPECT_LE(during->from - fault, milliseconds(100)) << "from the first question that failed";

  const base::Instant healed = world.now;
  world.fate = [](const Question&) { return Fate::kAnswer; };
  world.run_for(seconds(30));
  EXPECT_FALSE(world.health.is_uplink_lost());
  EXPECT_EQ(world.count(Type::kUplinkRestored), 1);
  EXPECT_EQ(world.opened(), 0) << "the stragglers' timeouts are forgiven\n" << world.lines();
  const std::optional<cache::UplinkOutage> over = world.health.last_uplink_outage();
  ASSERT_TRUE(over.has_value());
  EXPECT_TRUE(over->covers(healed - seconds(10)));
  EXPECT_FALSE(over->covers(healed + seconds(2)));
  EXPECT_FALSE(over->covers(fault - seconds(1)));
}

// Faults at many moments, so that what is in flight at the fault differs.
TEST_F(UplinkTest, NoMomentOfTheFaultOpensACircuit) {
  start(5, milliseconds(17));
  for (int round = 0; round < 60; ++round) {
    world.run_for(seconds(15) + milliseconds(7 * round));
    world.fate = [](const Question&) { return Fate::kSilence; };
    world.run_for(seconds(5));
    EXPECT_TRUE(world.health.is_uplink_lost()) << round;
    world.fate = [](const Question&) { return Fate::kAnswer; };
    world.run_for(milliseconds(1200));
    EXPECT_FALSE(world.health.is_uplink_lost()) << round;
  }
  EXPECT_EQ(world.opened(), 0) << world.lines();
  EXPECT_EQ(world.count(Type::kUplinkLost), 60);
}

// A burst goes to a provider that was quiet, and the cable is cut before it can answer.
TEST_F(UplinkTest, ABurstInFlightAtTheFaultOpensNoCircuit) {
  start(5, milliseconds(100));
  for (int round = 0; round < 40; ++round) {
    world.run_for(seconds(12));
    for (uint32_t i = 0; i < 40; ++i) world.send({&zones[0][i], &zones[0][i].servers[0], world.now}, 0);
    world.run_for(milliseconds(50));
    world.fate = [](const Question&) { return Fate::kSilence; };
    for (uint32_t i = 0; i < 40; ++i) world.send({&zones[1][i], &zones[1][i].servers[0], world.now}, 0);
    world.run_for(seconds(3));
    world.fate = [](const Question&) { return Fate::kAnswer; };
  }
  EXPECT_EQ(world.opened(), 0) << world.lines();
}

TEST_F(UplinkTest, AProviderThatAloneIsAskedIsNotTakenForTheUplink) {
  start(1, milliseconds(15));
  const base::Instant fault = world.now;
  world.fate = [this](const Question& q) { return q.zone == roots.data() ? Fate::kAnswer : Fate::kSilence; };
  world.run_for(seconds(30));
  EXPECT_EQ(world.count(Type::kUplinkLost), 0) << world.lines();
  EXPECT_EQ(world.opened(), 1);
  EXPECT_LE(world.first(Type::kSilent)->at - fault, seconds(1)) << "the root's answer is the one from outside";
  EXPECT_GE(probes, 1);
}

TEST_F(UplinkTest, OneProviderAndTheRootsSilentIsTheUplink) {
  start(1, milliseconds(15));
  world.fate = [](const Question&) { return Fate::kSilence; };
  world.run_for(seconds(3));
  EXPECT_TRUE(world.health.is_uplink_lost()) << world.lines();
  EXPECT_EQ(world.opened(), 0);
}

TEST_F(UplinkTest, UnreachableEverywhereIsTheUplinkWithoutAProbe) {
  start(3, milliseconds(50));
  world.fate = [](const Question&) { return Fate::kUnreachable; };
  world.run_for(milliseconds(900));
  EXPECT_FALSE(world.health.is_uplink_lost());
  world.run_for(milliseconds(300));
  EXPECT_TRUE(world.health.is_uplink_lost());
  world.fate = [](const Question&) { return Fate::kAnswer; };
  world.run_for(milliseconds(1100));
  EXPECT_FALSE(world.health.is_uplink_lost());
  EXPECT_EQ(world.opened(), 0);
}

// A host without IPv6 asks IPv6 servers all the time.
TEST_F(UplinkTest, UnreachableSomewhereIsNothing) {
  start(4, milliseconds(50));
  world.fate = [](const Question& q) { return q.zone->hash % 4 != 0 ? Fate::kUnreachable : Fate::kAnswer; };
  world.run_for(seconds(60));
  EXPECT_TRUE(world.log.empty()) << world.lines();
}

TEST_F(UplinkTest, ARefusalIsAPacketToo) {
  start(5, milliseconds(30));
  world.fate = [](const Question& q) { return q.zone->number == 0 ? Fate::kRefusal : Fate::kSilence; };
  world.run_for(seconds(10));
  EXPECT_EQ(world.count(Type::kUplinkLost), 0) << world.lines();
}

TEST_F(UplinkTest, DeadServersOfStrangersAreNotTheUplink) {
  start(1, seconds(5));
  // A flood for dead servers of many strangers while hardly anybody else is asked.
  std::vector<Zone> dead;
  for (uint32_t i = 0; i < 20; ++i) {
    for (Zone& zone : world.zones("d" + std::to_string(i), world.servers("d" + std::to_string(i) + ".net", 100 + i, 4), 1, 2)) {
      zone.number = 7777;
      dead.push_back(zone);
    }
  }
  world.fate = [](const Question& q) { return q.zone->number == 7777 ? Fate::kSilence : Fate::kAnswer; };
  world.ask_often(dead, milliseconds(5), base::Instant::never());
  world.run_for(seconds(120));
  EXPECT_EQ(world.count(Type::kUplinkLost), 0) << world.lines();
  EXPECT_LE(probes, 121);
}

}  // namespace
