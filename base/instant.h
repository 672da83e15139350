// Time as the program sees it. Nothing here reads a clock: `server` reads the only one and
// hands it down, the simulation makes its own.
//
//   Instant   boot time (CLOCK_BOOTTIME): TTLs, timers, health. Never steps.
//   WallTime  seconds since 1970: cookies, signatures, the store. May step.
//   Now       the pair, read once per turn and passed as the first argument.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace base {

using Duration = std::chrono::nanoseconds;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant from_boot(Duration since_boot) { return Instant(since_boot); }
  static constexpr Instant never() { return Instant(Duration::max()); }

  [[nodiscard]] constexpr Duration since_boot() const { return since_boot_; }
  // Whole seconds since boot: the unit in which the cache keeps TTLs.
  [[nodiscard]] constexpr uint32_t boot_seconds() const {
    return static_cast<uint32_t>(duration_cast<seconds>(since_boot_).count());
  }

  constexpr auto operator<=>(const Instant&) const = default;
  friend constexpr Instant operator+(Instant at, Duration by) {
    return at == never() || by == Duration::max() ? never() : Instant(at.since_boot_ + by);
  }
  friend constexpr Instant operator-(Instant at, Duration by) { return Instant(at.since_boot_ - by); }
  friend constexpr Duration operator-(Instant later, Instant earlier) {
    return later.since_boot_ - earlier.since_boot_;
  }

 private:
  constexpr explicit Instant(Duration since_boot) : since_boot_(since_boot) {}
  Duration since_boot_{0};
};

struct WallTime {
  int64_t seconds_since_1970 = 0;
  constexpr auto operator<=>(const WallTime&) const = default;
};

struct Now {
  Instant boot;
  WallTime wall;
};

}  // namespace base
