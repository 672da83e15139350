// Floods of questions that cannot be answered, or not twice: what the popular names feel of them.
#include <cstdio>

#include "tests/sim/attacks/internet.h"
#include "tests/sim/attacks/report.h"

namespace attacks {
namespace {

using wire::Type;

constexpr size_t kPopularNames = 200;

Authority honest() {
  return internet([](const Ask& ask) { return reply(ask, no_data("evil.")); });
}

std::string popular_name(size_t index) { return "popular" + std::to_string(index) + ".live."; }

void make_popular(Bench& bench) {
  bench.warm_up();
  for (size_t round = 0; round < 3; ++round) {
    for (size_t index = 0; index < kPopularNames; ++index) (void)bench.ask(0, popular_name(index), Type::kA, kClient);
    bench.run_until_answered();
  }
  bench.run_until_idle();
  bench.reset_totals();
}

base::IpAddress flooder(bool one_client, size_t index) {
  if (one_client) return address(10, 6, 6, 6);
  return address(10, static_cast<uint8_t>(64 + index % 128), static_cast<uint8_t>(index / 128), static_cast<uint8_t>(index % 251));
}

struct Flood {
  const char* attack;
  const char* zone;          // random names below it
  bool one_client;
  size_t per_second;
  size_t seconds;
  uint64_t cache_bytes;
};

// Row 38. Every 10 ms a batch of random names; ten popular names are asked for in between.
void play(const Flood& flood) {
  Settings settings;
  settings.cache_bytes = flood.cache_bytes;
  settings.bounds.clients_max = 4096;
  settings.bounds.clients_per_prefix_max = 1024;
  settings.bounds.resolutions_max = 4096;
  settings.bounds.resolutions_per_zone_max = 1024;
  settings.bounds.exchanges_max = 2048;
  settings.bounds.bytes_max = 8ULL << 20;
  Bench bench(settings, honest());
  make_popular(bench);
  size_t asked = 0, popular = 0, hits = 0;
  uint64_t cache_peak = 0;
  for (size_t step = 0; step < flood.seconds * 100; ++step) {
    for (size_t index = 0; index < flood.per_second / 100; ++index, ++asked) {
      (void)bench.ask(0, "r" + std::to_string(asked) + "." + flood.zone, Type::kA, flooder(flood.one_client, asked));
    }
    for (size_t index = 0; index < 10; ++index, ++popular) {
      hits += bench.ask(0, popular_name(popular % kPopularNames), Type::kA, kClient) ? 1 : 0;
    }
    cache_peak = std::max(cache_peak, bench.cache_usage().bytes);
    bench.run_for(base::milliseconds(10));
  }
  const resolver::Engine::Usage peak = bench.peak();
  bench.run_until_idle();
  size_t kept = 0;
  const uint64_t sent = bench.totals().sent();
  print_row(flood.attack, asked + popular, bench);
  for (size_t index = 0; index < kPopularNames; ++index) kept += bench.ask(0, popular_name(index), Type::kA, kClient) ? 1 : 0;
  bench.run_until_idle();
  std::printf("    hits %zu of %zu; kept %zu of %zu names; at most %zu clients, %zu resolutions, %zu exchanges, %zu KB held; "
              "cache at most %lu KB of %lu KB; packets per flood question %.2f\n",
              hits, popular, kept, kPopularNames, peak.clients, peak.resolutions, peak.exchanges, peak.bytes >> 10,
              static_cast<unsigned long>(cache_peak >> 10), static_cast<unsigned long>(bench.cache_usage().bytes_max >> 10),
              static_cast<double>(sent) / static_cast<double>(asked));
  const std::string attack = flood.attack;
  expect(hits == popular, attack + ": every popular name is answered from the cache");
  expect(kept == kPopularNames, attack + ": popular names are kept");
  expect_at_most(peak.clients, settings.bounds.clients_max, attack + ": clients");
  expect_at_most(peak.resolutions, settings.bounds.resolutions_max + 2, attack + ": resolutions");
  expect_at_most(peak.exchanges, settings.bounds.exchanges_max, attack + ": exchanges");
  expect_at_most(peak.bytes, settings.bounds.bytes_max + 65535, attack + ": bytes held");
  expect_at_most(cache_peak, bench.cache_usage().bytes_max, attack + ": cache");
  expect_at_most(sent, 3 * asked, attack + ": packets sent");
  const resolver::Engine::Usage left = bench.usage();
  expect(left.clients + left.resolutions + left.exchanges + left.streams + left.flights + left.timers + left.bytes == 0,
         attack + ": the engine is empty afterwards");
}

}  // namespace

void flood_attacks() {
  play({"water torture, dead, one client", "dead.", true, 2000, 10, 64ULL << 20});
  play({"water torture, dead, many clients", "dead.", false, 2000, 10, 64ULL << 20});
  play({"water torture, live, many clients", "live.", false, 2000, 10, 64ULL << 20});
  play({"cache flood, live, 4 MB cache", "live.", false, 4000, 10, 4ULL << 20});
  play({"cache flood, denials, 4 MB cache", "victim.", false, 4000, 10, 4ULL << 20});
}

}  // namespace attacks
