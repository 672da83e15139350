// What a scenario's configuration lines mean for the engine and for its world.
#pragma once

#include <map>
#include <set>

#include "resolver/options.h"
#include "scenario.h"

namespace scenario {

struct Settings {
  // Deckard's files and Unbound's differ in what an unmatched query gets; see docs/scenarios.md.
  bool deckard = false;
  resolver::Options options;
  base::WallTime wall{1767225600};  // 2026-01-01, where the file says nothing
  bool manages_keys = false;        // RFC 5011
  uint64_t seed = 1;
  uint64_t cache_bytes = 16ULL << 20;
  std::set<base::IpAddress> tcp_refused;
  std::set<base::IpAddress> unreachable;
  std::map<base::IpAddress, base::Duration> latency;
};

// Throws Unsupported for options that need a feature Holdfast does not have yet.
[[nodiscard]] Settings read_settings(const Scenario& scenario);

}  // namespace scenario
