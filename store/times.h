// Boot time to wall time and back: the cache counts in boot time, which starts anew with the machine; what is
// on disk must outlive that.
//
// A wall clock can have stepped. What is loaded is never younger than it is by more than the step, and what
// seems to come from the future counts as learned just now. A step backwards is noticed as far as the store
// knows that it was later once: it notes the wall time with everything it writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/instant.h"
#include "store/record.h"

namespace store {

// One moment on both clocks.
struct TimeBase {
  int64_t wall_s = 0;
  uint32_t boot_s = 0;
};

[[nodiscard]] constexpr TimeBase time_base(base::Now now, int64_t last_written_wall_s = 0) {
  return {std::max(now.wall.seconds_since_1970, last_written_wall_s), now.boot.boot_seconds()};
}

[[nodiscard]] constexpr int64_t wall_of(const TimeBase& base, uint32_t boot_s) {
  return base.wall_s + (int64_t{boot_s} - int64_t{base.boot_s});
}

// nullopt: before boot time began. The server's boot clock has an offset longer than any maximum age.
[[nodiscard]] constexpr std::optional<uint32_t> boot_of(const TimeBase& base, int64_t wall_s) {
  if (wall_s >= base.wall_s) return base.boot_s;
  if (wall_s < 0 || base.wall_s - wall_s > int64_t{base.boot_s}) return std::nullopt;
  return static_cast<uint32_t>(int64_t{base.boot_s} - (base.wall_s - wall_s));
}

// UINT32_MAX is no lease (the root's), on both sides.
[[nodiscard]] constexpr int64_t lease_after(uint32_t learned_s, uint32_t lease_until_s) {
  return lease_until_s == UINT32_MAX ? kNoLease : int64_t{lease_until_s} - int64_t{learned_s};
}
[[nodiscard]] constexpr uint32_t lease_until(uint32_t learned_s, int64_t lease_after_s) {
  if (lease_after_s == kNoLease) return UINT32_MAX;
  constexpr int64_t kMost = UINT32_MAX - 1;
  const int64_t bounded = std::clamp<int64_t>(lease_after_s, -kMost, kMost);
  return static_cast<uint32_t>(std::clamp<int64_t>(int64_t{learned_s} + bounded, 0, kMost));
}

// What is this old serves nobody any more: past its TTL and the maximum age of stale data.
[[nodiscard]] constexpr bool is_too_old(const TimeBase& base, uint32_t learned_s, uint32_t ttl_s, uint32_t max_age_s) {
  return int64_t{base.boot_s} - int64_t{learned_s} >= int64_t{ttl_s} + int64_t{max_age_s};
}

}  // namespace store
