// Floods of questions that cannot be answered, or not twice: what the popular names feel of them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/sim/attacks/internet.h"
#include "tests/sim/attacks/report.h"

namespace attacks {
namespace {

using wire::Type;

constexpr size_t kPopularNames = 200;

// Each name of two labels below evil. is a zone with a server of its own, which is silent.
Authority many_dead_zones() {
  return internet([](const Ask& ask) {
    if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
    const std::string zone = suffix(ask.name, 2);
    const unsigned long number = std::strtoul(label(sim::name_of(zone)).c_str() + 1, nullptr, 10);
    const base::IpAddress silent = address(198, 19, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number));
    return reply(ask, refer(zone, {{"ns." + zone, {silent}}}));
  });
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

struct Fates {
  size_t asked = 0, popular = 0, hits = 0, fresh = 0, kept = 0;
  uint64_t cache_peak = 0;
  uint64_t sent = 0;
};

struct Flood {
  const char* attack;
  const char* zone;          // random names below it
  bool one_client;
  bool others_served;        // new names of other clients are asserted to be answered
  size_t per_second;
  size_t seconds;
  uint64_t cache_bytes;
  uint64_t bytes_max = 0;    // 0: as the daemon has it
};

resolver::Bounds small_bounds() {
  resolver::Bounds bounds;
  bounds.clients_max = 4096;
  bounds.clients_per_prefix_max = 1024;
  bounds.resolutions_max = 4096;
  bounds.resolutions_per_zone_max = 1024;
  bounds.exchanges_max = 2048;
  return bounds;
}

// Row 38. Every 10 ms a batch of names that nobody has asked for, ten popular names, and of somebody
// else now and then a name that is new but can be answered.
Fates run(const Flood& flood, Bench& bench) {
  Fates fates;
  for (size_t step = 0; step < flood.seconds * 100; ++step) {
    for (size_t index = 0; index < flood.per_second / 100; ++index, ++fates.asked) {
      const std::string name = "r" + std::to_string(fates.asked) + "." + flood.zone;
      (void)bench.ask(0, name, Type::kA, flooder(flood.one_client, fates.asked));
    }
    for (size_t index = 0; index < 10; ++index, ++fates.popular) {
      fates.hits += bench.ask(0, popular_name(fates.popular % kPopularNames), Type::kA, kClient) ? 1 : 0;
    }
    if (step % 10 == 0) (void)bench.ask(0, "fresh" + std::to_string(fates.fresh++) + ".live.", Type::kA, kClient);
    fates.cache_peak = std::max(fates.cache_peak, bench.cache_usage().bytes);
    bench.run_for(base::milliseconds(10));
  }
  bench.run_until_idle();
  fates.sent = bench.totals().sent();
  print_row(flood.attack, fates.asked + fates.popular + fates.fresh, bench);
  return fates;
}

void play(const Flood& flood) {
  Settings settings;
  settings.cache_bytes = flood.cache_bytes;
  settings.bounds = small_bounds();
  if (flood.bytes_max != 0) settings.bounds.bytes_max = flood.bytes_max;
  Bench bench(settings, many_dead_zones());
  make_popular(bench);
  Fates fates = run(flood, bench);
  const resolver::Engine::Usage peak = bench.peak();
  const uint64_t noerror = bench.totals().by_rcode[0];
  for (size_t index = 0; index < kPopularNames; ++index) fates.kept += bench.ask(0, popular_name(index), Type::kA, kClient) ? 1 : 0;
  bench.run_until_idle();
  std::printf("    hits %zu of %zu; kept %zu of %zu; peak: clients %zu, resolutions %zu, exchanges %zu, %zu KB held, cache %lu of "
              "%lu KB; shed %lu\n",
              fates.hits, fates.popular, fates.kept, kPopularNames, peak.clients, peak.resolutions, peak.exchanges, peak.bytes >> 10,
              static_cast<unsigned long>(fates.cache_peak >> 10), static_cast<unsigned long>(bench.cache_usage().bytes_max >> 10),
              static_cast<unsigned long>(bench.counter(base::Counter::kClientShedPrefix) + bench.counter(base::Counter::kClientShedTotal) +
                                         bench.counter(base::Counter::kClientShedZone)));
  const std::string attack = flood.attack;
  expect(fates.hits == fates.popular, attack + ": every popular name is answered from the cache");
  expect(fates.kept == kPopularNames, attack + ": popular names are kept");
  if (flood.others_served) expect(noerror >= fates.popular + fates.fresh, attack + ": new names of somebody else are answered");
  expect_at_most(peak.clients, settings.bounds.clients_max, attack + ": clients");
  expect_at_most(peak.resolutions, settings.bounds.resolutions_max + 2, attack + ": resolutions");
  expect_at_most(peak.exchanges, settings.bounds.exchanges_max, attack + ": exchanges");
  // Looked at when a client is taken in: what is under way may pass it by its own growth.
  expect_at_most(peak.bytes, settings.bounds.bytes_max * 17 / 16, attack + ": bytes held");
  expect_at_most(fates.cache_peak, bench.cache_usage().bytes_max, attack + ": cache");
  expect_at_most(fates.sent, 5 * fates.asked, attack + ": packets sent");
  const resolver::Engine::Usage left = bench.usage();
  expect(left.clients + left.resolutions + left.exchanges + left.streams + left.flights + left.timers + left.bytes == 0,
         attack + ": the engine is empty afterwards");
}

}  // namespace

void flood_attacks() {
  play({"dead zone, one client", "dead.", true, true, 2000, 5, 64ULL << 20});
  play({"dead zone, many clients", "dead.", false, true, 2000, 5, 64ULL << 20});
  play({"many dead zones, one client", "evil.", true, true, 2000, 5, 64ULL << 20});
  play({"many dead zones, many clients", "evil.", false, true, 2000, 5, 64ULL << 20});
  play({"many dead zones, 8 MB held", "evil.", true, true, 2000, 5, 64ULL << 20, 8ULL << 20});
  play({"live zone, many clients", "live.", false, true, 2000, 5, 64ULL << 20});
  play({"live zone, cache of 4 MB", "live.", false, true, 4000, 5, 4ULL << 20});
  play({"denials, cache of 4 MB", "victim.", false, true, 4000, 5, 4ULL << 20});
}

}  // namespace attacks
