// Timers: what the engine wants to be woken for, in order of time. A timer is named by its kind
// and the id of what it belongs to; a cancelled timer is gone at once, so the count is exact.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "base/instant.h"

namespace resolver {

enum class TimerKind : uint8_t {
  kExchange,
  kHedge,
  kPatience,
  kStep,
  kResolution,
  kClient,
  kParked,
  kStream,
  kChecks,
  kRetry,
  kNextName,
  kAnchor
};

struct Timer {
  base::Instant at;
  TimerKind kind = TimerKind::kExchange;
  uint64_t id = 0;
  auto operator<=>(const Timer&) const = default;
};

class Timers {
 public:
  void arm(const Timer& timer) { timers_.insert(timer); }
  void disarm(const Timer& timer) { timers_.erase(timer); }
  [[nodiscard]] base::Instant next() const { return timers_.empty() ? base::Instant::never() : timers_.begin()->at; }
  // The earliest timer that is due, taken out.
  [[nodiscard]] std::optional<Timer> pop_due(base::Instant now) {
    if (timers_.empty() || timers_.begin()->at > now) return std::nullopt;
    const Timer due = *timers_.begin();
    timers_.erase(timers_.begin());
    return due;
  }
  [[nodiscard]] size_t size() const { return timers_.size(); }

 private:
  std::set<Timer> timers_;
};

}  // namespace resolver
