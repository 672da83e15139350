// ProviderHealth against a slow model that keeps everything and looks at all of it each time: random
// sequences, after each step the same circuits are open. And the tables under it.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "base/entropy.h"
#include "cache/provider_evidence.h"
#include "cache/provider_health.h"

namespace {

using base::milliseconds;
using base::seconds;
using cache::ServerGroups;

uint64_t spread(uint64_t number) {
  uint64_t x = (number + 1) * 0x9e37'79b9'7f4a'7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d0'49bb'1331'11ebULL;
  return x ^ (x >> 31);
}

// One group a server (the domain), so that what is modelled is the judgement itself; the loss is left to
// LossMeter's own test: the model is told the number that is needed.
class SlowModel {
 public:
  struct Event {
    uint64_t at, sent, server, zone;
    bool is_confirmed;
  };
  struct Group {
    std::map<uint64_t, uint64_t> zone_answered;
    std::deque<Event> timeouts;
    std::deque<Event> refusals;
    uint64_t timeouts_started = 0, refusals_started = 0;
    uint64_t answered = 0, refused = 0;
    bool is_open = false;
    cache::LossMeter meter;
    uint64_t word = 0;
  };
  std::map<uint64_t, Group> groups;
  uint64_t heard = 0;

  void answer(uint64_t now, uint64_t key, uint64_t zone) {
    Group& group = groups[key];
    group.zone_answered[zone] = now;
    group.word = cache::answered_again(group.word, now);
    if (!group.timeouts.empty() || !group.refusals.empty() || group.is_open || is_dirty.contains(key)) group.meter.fold(now, group.word);
    is_dirty.erase(key);
    group.timeouts.clear();
    group.refusals.clear();
    group.answered = now;
    group.is_open = false;
    heard = now;
  }
  void timeout(uint64_t now, uint64_t sent, uint64_t key, uint64_t server, uint64_t zone) {
    if (!groups.contains(key)) return;
    Group& group = groups[key];
    if (group.is_open || !is_good(group, now, zone)) return;
    is_dirty.insert(key);
    group.meter.lose();
    forget(group.timeouts, group.timeouts_started, now);
    if (sent <= std::max(group.answered, group.refused)) return;
    if (!group.timeouts.empty() && heard > group.timeouts.back().at) {
      for (Event& event : group.timeouts) event.is_confirmed = true;
    }
    group.timeouts.push_back({now, sent, server, zone, false});
    uint32_t confirmed = 0;
    std::set<uint64_t> servers, zones;
    for (const Event& event : group.timeouts) {
      if (!event.is_confirmed) continue;
      ++confirmed;
      servers.insert(event.server);
      zones.insert(event.zone);
    }
    const uint64_t quiet = now - group.answered;
    group.is_open = confirmed >= std::max(8U, cache::timeouts_needed(group.meter.history_with(now, group.word))) &&
                    servers.size() >= 3 && zones.size() >= 3 && quiet >= 500 && quiet <= 3'600'000;
    if (group.is_open) group.timeouts.clear(), group.refusals.clear();
  }
  void refuse(uint64_t now, uint64_t key, uint64_t server, uint64_t zone) {
    heard = now;
    if (!groups.contains(key) || groups[key].is_open) return;
    Group& group = groups[key];
    group.refused = now;
    group.meter.fold(now, group.word);
    group.timeouts.clear();
    if (!is_good(group, now, zone)) return;
    is_dirty.insert(key);
    forget(group.refusals, group.refusals_started, now);
    if (!group.refusals.empty() && group.answered >= group.refusals.front().at) group.refusals.clear(), group.refusals_started = now;
    group.refusals.push_back({now, now, server, zone, true});
    std::set<uint64_t> zones;
    for (const Event& event : group.refusals) zones.insert(event.zone);
    group.is_open = zones.size() >= 10;
    if (group.is_open) group.timeouts.clear(), group.refusals.clear();
  }

 private:
  static bool is_good(const Group& group, uint64_t now, uint64_t zone) {
    const auto found = group.zone_answered.find(zone);
    return found != group.zone_answered.end() && now / 4000 - found->second / 4000 <= 900;
  }
  // The window moves in halves of five seconds from where it began.
  static void forget(std::deque<Event>& events, uint64_t& started, uint64_t now) {
    if (events.empty() || now - started >= 10'000) {
      events.clear();
      started = now;
    } else if (now - started >= 5000) {
      started += 5000;
    }
    std::erase_if(events, [&](const Event& event) { return event.at + 5000 < started; });
  }
  std::set<uint64_t> is_dirty;
};

class ProviderProperty : public testing::TestWithParam<uint64_t> {};

TEST_P(ProviderProperty, AgreesWithTheSlowModel) {
  base::Entropy entropy(base::Entropy::seed_from_number(GetParam()));
  cache::ProviderHealth health({.groups_max = 512, .group_zones_max = 1 << 14});
  const cache::GroupNamesBy names([](cache::GroupKind) { return std::string("group"); });
  SlowModel model;
  base::Instant now = base::Instant::from_boot(seconds(100'000));
  constexpr uint32_t kGroups = 4;
  int opened = 0;
  // The mood of a while: how often each thing happens, and how fast time goes.
  std::array<uint32_t, kGroups> answers{};
  std::array<uint32_t, kGroups> refusals{};
  uint32_t step_ms = 10;
  for (int step = 0; step < 6000; ++step) {
    if (step % 150 == 0) {
      for (uint32_t& chance : answers) chance = entropy.below(3) == 0 ? 0 : entropy.below(100);
      for (uint32_t& chance : refusals) chance = entropy.below(2) == 0 ? 0 : entropy.below(100);
      answers[0] = 80;
      step_ms = std::array<uint32_t, 5>{3, 20, 100, 700, 3000}[entropy.below(5)];
      if (entropy.chance(1, 20)) now = now + seconds(3000);
    }
    now = now + milliseconds(1 + entropy.below(step_ms));
    const uint32_t g = entropy.below(kGroups);
    const uint64_t key = spread(g);
    const uint64_t zone = spread(100 + g * 30 + entropy.below(14));
    const uint64_t server = spread(500 + g * 10 + entropy.below(entropy.chance(1, 2) ? 8 : 2));
    const base::Instant sent = now - milliseconds(entropy.below(500));
    const ServerGroups groups{{key, 0, 0}};
    const uint64_t stamp = cache::stamp_of(now);
    if (entropy.below(100) < answers[g]) {
      health.on_answer(now, groups, zone);
      model.answer(stamp, key, zone);
    } else if (entropy.below(100) < refusals[g]) {
      health.on_refusal(now, {groups, server, zone, now}, names);
      model.refuse(stamp, key, server, zone);
    } else {
      health.on_timeout(now, {groups, server, zone, sent}, names);
      model.timeout(stamp, cache::stamp_of(sent), key, server, zone);
    }
    // Group 0 answers all the time, so the uplink is never lost.
    ASSERT_FALSE(health.is_uplink_lost());
    for (uint32_t i = 0; i < kGroups; ++i) {
      ASSERT_EQ(health.is_dark({{spread(i), 0, 0}}), model.groups.contains(spread(i)) && model.groups[spread(i)].is_open)
          << "step " << step << " group " << i << " at " << stamp;
    }
    while (const auto event = health.poll_event()) opened += event->type == cache::ProviderEvent::Type::kClosed ? 0 : 1;
  }
  EXPECT_GT(opened, 0) << "a sequence that opens nothing shows nothing";
}
INSTANTIATE_TEST_SUITE_P(Seeds, ProviderProperty, testing::Range<uint64_t>(0, 60));

TEST(ProviderTable, AFloodOfNewGroupsDoesNotEvictThoseInUse) {
  cache::ProviderHealth health({.groups_max = 256, .group_zones_max = 1 << 12});
  base::Instant now = base::Instant::from_boot(seconds(1000));
  const auto in_use = [](uint64_t i) { return ServerGroups{{spread(i), 0, 0}}; };
  for (int round = 0; round < 50; ++round) {
    for (uint64_t i = 0; i < 60; ++i) health.on_answer(now, in_use(i), spread(900 + i));
    now = now + milliseconds(100);
  }
  const base::Instant before = now - seconds(2);
  for (uint64_t i = 0; i < 200'000; ++i) health.on_answer(now, {{spread(1'000'000 + i), 0, 0}}, spread(5'000'000 + i));
  for (uint64_t i = 0; i < 60; ++i) EXPECT_TRUE(health.has_answered_since(before, in_use(i))) << i;
}

TEST(ProviderTable, AnsweredZonesKeepWhatComesAgain) {
  cache::AnsweredZones zones(4096);
  uint64_t stamp = 10'000'000;
  for (int round = 0; round < 2; ++round, stamp += 10'000) {
    for (uint64_t i = 0; i < 500; ++i) zones.remember(stamp, spread(1), spread(i));
  }
  for (uint64_t i = 0; i < 300'000; ++i) zones.remember(stamp, spread(2), spread(10'000 + i));
  int kept = 0;
  for (uint64_t i = 0; i < 500; ++i) kept += zones.is_remembered(stamp, spread(1), spread(i)) ? 1 : 0;
  EXPECT_GE(kept, 490);
  EXPECT_FALSE(zones.is_remembered(stamp, spread(1), spread(12'345)));
  EXPECT_FALSE(zones.is_remembered(stamp + 3'610'000, spread(1), spread(3)));
  EXPECT_FALSE(zones.is_remembered(stamp, spread(3), spread(1))) << "a group and a zone do not change places";
}

TEST(ProviderEvents, AreBoundedAndTheOldestGo) {
  cache::ProviderHealth health({.groups_max = 64, .group_zones_max = 1024});
  const cache::GroupNamesBy names([](cache::GroupKind) { return std::string("g"); });
  base::Instant now = base::Instant::from_boot(seconds(1000));
  const ServerGroups groups{{spread(1), 0, 0}};
  for (int round = 0; round < 50; ++round) {
    for (uint64_t zone = 0; zone < 10; ++zone) health.on_answer(now, groups, spread(zone));
    now = now + milliseconds(10);
    for (uint64_t zone = 0; zone < 10; ++zone) health.on_refusal(now, {groups, spread(99), spread(zone), now}, names);
    ASSERT_TRUE(health.is_dark(groups));
    now = now + milliseconds(10);
  }
  size_t count = 0;
  while (health.poll_event()) ++count;
  EXPECT_EQ(count, cache::ProviderHealth::kEventsMax);
  EXPECT_EQ(health.events_dropped(), 99 - count) << "fifty opened, forty-nine closed";
}

TEST(ProviderKeys, AreOfTheirKindAndWithoutOrderOrCase) {
  const cache::ProviderKeys keys(base::KeyedHash::Secret{1});
  const cache::ProviderKeys others(base::KeyedHash::Secret{2});
  const auto name = [](const char* text) { return *wire::Name::from_text(text); };
  const auto ip = [](const char* text) { return *base::IpAddress::parse(text); };
  const wire::Name lower = name("example.net"), upper = name("EXAMPLE.net"), other = name("example.org");
  EXPECT_EQ(keys.domain(lower), keys.domain(upper));
  EXPECT_NE(keys.domain(lower), keys.domain(other));
  EXPECT_NE(keys.domain(lower), keys.zone(lower));
  EXPECT_NE(keys.domain(lower), others.domain(lower));
  EXPECT_EQ(keys.prefix(ip("192.0.2.1")), keys.prefix(ip("192.0.2.254")));
  EXPECT_NE(keys.prefix(ip("192.0.2.1")), keys.prefix(ip("192.0.3.1")));
  EXPECT_EQ(keys.prefix(ip("2001:db8:1:2::1")), keys.prefix(ip("2001:db8:1:ffff::9")));
  EXPECT_NE(keys.prefix(ip("2001:db8:1::1")), keys.prefix(ip("2001:db8:2::1")));
  EXPECT_NE(keys.server(ip("192.0.2.1")), keys.server(ip("192.0.2.2")));
  const std::vector<wire::NameView> set = {lower, other}, turned = {other, upper, lower}, part = {lower};
  EXPECT_EQ(keys.set(set), keys.set(turned));
  EXPECT_NE(keys.set(set), keys.set(part));
  EXPECT_NE(keys.set(part), keys.domain(lower));
  const std::vector<wire::NameView> many(200, lower);
  EXPECT_EQ(keys.set(many), keys.set(part));
}

}  // namespace
