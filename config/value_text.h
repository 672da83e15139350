// The small languages inside the values of the configuration: durations, sizes, port ranges, zone
// names and dates. Pure functions; nullopt means "not of this form".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "config/options.h"

namespace config {

// A whole number and one unit: "1800ms", "30s", "5m", "12h", "3d", "1w". Nothing longer than
// 100 years, so that sums of durations cannot overflow.
[[nodiscard]] std::optional<base::Duration> parse_duration(std::string_view text);
// Written with the largest unit that leaves a whole number: what parse_duration reads.
[[nodiscard]] std::string duration_text(base::Duration duration);

// A whole number and one unit: "512B", "64KiB", "256MiB", "1GiB", "1TiB". Binary units only, so
// that nobody has to guess what "MB" means.
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string size_text(uint64_t bytes);

// "1024-65535" or a single port "5353". Ports are 1 to 65535, first <= last.
[[nodiscard]] std::optional<PortRange> parse_port_range(std::string_view text);

// The canonical form of a name in presentation format: lower case, final dot. Labels of 1 to 63
// bytes, 255 bytes in wire form (RFC 1035 §2.3.4), escapes \X and \DDD (§5.1), printable ASCII.
[[nodiscard]] std::optional<std::string> canonical_name(std::string_view text);

// "2026-12-01T00:00:00Z": RFC 3339, in UTC and without fractions. No leap seconds.
[[nodiscard]] std::optional<base::WallTime> parse_utc(std::string_view text);
// What parse_utc reads.
[[nodiscard]] std::string utc_text(base::WallTime time);

// "example.com", or "example.com until 2026-12-01T00:00:00Z".
[[nodiscard]] std::optional<NegativeTrustAnchor> parse_negative_trust_anchor(std::string_view text);

// The word of `known` nearest to `word` (Levenshtein distance at most 3 and less than the length of
// the word), or empty: for "did you mean".
template <class Words>
[[nodiscard]] std::string_view nearest(std::string_view word, const Words& known);

[[nodiscard]] uint32_t edit_distance(std::string_view left, std::string_view right);

template <class Words>
std::string_view nearest(std::string_view word, const Words& known) {
  constexpr uint32_t kDistanceMax = 3;
  std::string_view best;
  uint32_t best_distance = kDistanceMax + 1;
  for (const auto& candidate : known) {
    const uint32_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < word.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace config
