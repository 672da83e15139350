// ProviderHealth from several threads at once, over tables small enough that groups are given away all the
// time. Meant for ThreadSanitizer; by itself it sees a circuit that no answer closes, two canaries at once,
// and events that do not pair.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/entropy.h"
#include "cache/provider_health.h"

namespace {

using base::milliseconds;
using base::seconds;
using cache::ServerGroups;

class ProviderStress {
 public:
  explicit ProviderStress(uint32_t groups_max) : health_({.groups_max = groups_max, .group_zones_max = 2048}) {}

  // `others_answer`: somebody outside the three groups that go up and down.
  void run(bool others_answer) {
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 4; ++i) threads.emplace_back([this, i, others_answer] { work(i, others_answer); });
    for (std::thread& thread : threads) thread.join();
    // With all threads gone one answer of each closes all that is open, and the counts agree.
    const base::Instant end = at(kSteps + 1000);
    for (uint64_t i = 0; i < kProviders; ++i) {
      for (uint64_t j = 0; j < kServers; ++j) health_.on_answer(end, groups(i, j), hash(5, i));
    }
    EXPECT_EQ(health_.open_circuits(), 0U);
    EXPECT_FALSE(health_.is_uplink_lost());
    EXPECT_FALSE(health_.take_canary(end, groups(0, 0)));
    count_events();
    if (health_.events_dropped() == 0) {
      EXPECT_EQ(opened_.load(), closed_.load());
      EXPECT_EQ(lost_.load(), restored_.load());
    }
    EXPECT_EQ(wrong_.load(), 0U);
  }
  [[nodiscard]] uint64_t opened() const { return opened_.load(); }

 private:
  static constexpr uint32_t kSteps = 30'000;
  static constexpr uint64_t kProviders = 3;
  static constexpr uint64_t kServers = 8;

  static uint64_t hash(uint64_t kind, uint64_t number) {
    uint64_t x = (kind << 32 | number) * 0x9e37'79b9'7f4a'7c15ULL + 1;
    x = (x ^ (x >> 29)) * 0xbf58'476d'1ce4'e5b9ULL;
    return x ^ (x >> 32);
  }
  static ServerGroups groups(uint64_t provider, uint64_t server) {
    return {{hash(1, provider), hash(2, provider * 10 + server / 4), hash(3, provider)}};
  }
  static base::Instant at(uint32_t step) { return base::Instant::from_boot(seconds(1000) + milliseconds(10) * step); }

  void work(uint32_t thread, bool others_answer) {
    base::Entropy entropy(base::Entropy::seed_from_number(thread));
    const cache::GroupNamesBy names([](cache::GroupKind) { return std::string("a name that does not fit in place"); });
    for (uint32_t i = 0; i < kSteps; ++i) {
      const base::Instant now = at(i);
      const uint64_t provider = entropy.below(kProviders);
      const uint64_t server = entropy.below(kServers);
      const ServerGroups of = groups(provider, server);
      const uint64_t zone = hash(5, provider * 100 + entropy.below(12));
      const cache::FailedQuery failed{of, hash(6, provider * 10 + server), zone, now - milliseconds(5)};
      const uint32_t mood = (i / 400 + static_cast<uint32_t>(provider)) % 4;  // the same for all threads, nearly
      if (mood < 2) health_.on_answer(now, of, zone);
      if (mood == 2) health_.on_timeout(now, failed, names);
      if (mood == 3) health_.on_refusal(now, failed, names);
      if (entropy.chance(1, 16)) health_.on_unreachable(now, failed);
      if (others_answer && entropy.chance(1, 4)) health_.on_answer(now, {{hash(7, entropy.below(400)), 0, 0}}, hash(8, i));
      if (health_.is_dark(of) && health_.take_canary(now, of)) canaries_.fetch_add(1, std::memory_order_relaxed);
      if (health_.take_root_probe(now)) probes_.fetch_add(1, std::memory_order_relaxed);
      const std::optional<cache::UplinkOutage> outage = health_.last_uplink_outage();
      if (outage && outage->from > at(kSteps + 1)) wrong_.fetch_add(1);
      if (health_.has_recovered_since(at(kSteps + 1), of)) wrong_.fetch_add(1);
      if (entropy.chance(1, 8)) count_events();
    }
  }

  void count_events() {
    while (const std::optional<cache::ProviderEvent> event = health_.poll_event()) {
      using Type = cache::ProviderEvent::Type;
      if (cache::to_line(*event).empty()) wrong_.fetch_add(1);
      const bool is_uplink = event->type == Type::kUplinkLost || event->type == Type::kUplinkRestored;
      if (event->group.empty() != is_uplink) wrong_.fetch_add(1);
      if (event->type == Type::kClosed) {
        closed_.fetch_add(1);
      } else if (!is_uplink) {
        opened_.fetch_add(1);
      } else {
        (event->type == Type::kUplinkLost ? lost_ : restored_).fetch_add(1);
      }
    }
  }

  cache::ProviderHealth health_;
  std::atomic<uint64_t> opened_{0}, closed_{0}, lost_{0}, restored_{0}, wrong_{0}, canaries_{0}, probes_{0};
};

TEST(ProviderStress, CircuitsOpenAndCloseUnderAllThreads) {
  ProviderStress stress(1024);
  stress.run(true);
  EXPECT_GT(stress.opened(), 0U) << "nothing ever opened";
}
TEST(ProviderStress, GroupsAreGivenAwayMeanwhile) { ProviderStress(16).run(true); }
TEST(ProviderStress, NobodyElseAnswers) { ProviderStress(1024).run(false); }

TEST(ProviderStress, OneThreadGetsTheCanary) {
  cache::ProviderHealth health({.groups_max = 64, .group_zones_max = 256});
  const cache::GroupNamesBy names([](cache::GroupKind) { return std::string("p"); });
  const ServerGroups of{{1ULL << 40 | 1, 0, 0}};
  const base::Instant start = base::Instant::from_boot(seconds(1000));
  for (uint64_t zone = 1; zone <= 10; ++zone) health.on_answer(start, of, zone << 20);
  for (uint64_t zone = 1; zone <= 10; ++zone)
    health.on_refusal(start + milliseconds(10), {of, 1, zone << 20, start}, names);
  ASSERT_TRUE(health.is_dark(of));
  constexpr uint32_t kRounds = 2000;  // four seconds apart: each round has a canary to give, whoever held the last one
  std::vector<std::atomic<uint32_t>> taken(kRounds);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (uint32_t round = 0; round < kRounds; ++round) {
        if (health.take_canary(start + seconds(4) * (round + 1), of)) taken[round].fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t total = 0;
  for (const std::atomic<uint32_t>& count : taken) {
    EXPECT_LE(count.load(), 1U);
    total += count.load();
  }
  EXPECT_GT(total, 0U);
}

}  // namespace
