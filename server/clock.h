// The program's only clock. Everything else is told the time (base::Now); the simulation and the
// tests make their own. Read through libc's clock_gettime, so that tools like faketime can move it.
#pragma once

#include "base/instant.h"

namespace server {

// Boot time does not begin at 0: what the store brings back was learned before this boot, and its time must
// not be negative. Longer than the longest [stale] max_age and TTL together.
inline constexpr base::Duration kBootOffset = base::seconds(2 * 366 * 86400);

// CLOCK_BOOTTIME runs on while the machine is suspended, as the TTLs of the world do.
[[nodiscard]] base::Now read_clock();

// No honest wall clock is earlier than this release (2026-01-01): signatures could not be judged.
inline constexpr base::WallTime kEarliestPlausible{1767225600};

}  // namespace server
