// Hedging: a server that is slower than its own history says gets company before it times out. When,
// and how many such second queries there may be in all. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/instant.h"
#include "cache/server_health.h"

namespace resolver {

inline constexpr base::Duration kHedgeDelayMin = base::milliseconds(30);  // below it lies our own jitter
inline constexpr base::Duration kHedgeDelayUnknown = base::milliseconds(250);
inline constexpr base::Duration kTakesSeconds = base::seconds(1);  // beyond satellites and busy lines

// RFC 6298's bound on a usual round trip: about one answer in a hundred takes longer.
[[nodiscard]] constexpr base::Duration usual_wait(const cache::ServerView& health) {
  return health.smoothed_rtt + 4 * health.rtt_variation;
}

[[nodiscard]] constexpr bool takes_seconds(const cache::ServerView& health) {
  return health.known && health.smoothed_rtt >= kTakesSeconds;
}

// How long to wait for the first server before a second one is asked too. It never passes with the
// query's own timeout for a server without history. One that takes seconds is no match for any other.
[[nodiscard]] constexpr base::Duration hedge_delay(const cache::ServerView& health) {
  if (!health.known || takes_seconds(health)) return kHedgeDelayUnknown;
  return std::max(kHedgeDelayMin, usual_wait(health));
}

// A server that answered not long ago may be back any moment; one long dead hardly.
inline constexpr base::Duration kProbeDeadEvery = base::seconds(2);
inline constexpr base::Duration kProbeLongDeadEvery = base::seconds(60);
inline constexpr base::Duration kLongDeadAfter = base::seconds(600);

[[nodiscard]] constexpr bool is_probe_due(base::Instant now, const cache::ServerView& health) {
  const auto since = [&](uint32_t at_s) { return now - base::Instant::from_boot(base::seconds(at_s)); };
  const bool is_long_dead = since(health.last_answer_s) > kLongDeadAfter;
  return since(health.last_timeout_s) >= (is_long_dead ? kProbeLongDeadEvery : kProbeDeadEvery);
}

// When everything is slow a second query for each would only add to it: one for every kQueriesPerHedge
// queries, and a reserve for the first moments of an outage.
class HedgeAllowance {
 public:
  static constexpr uint32_t kQueriesPerHedge = 4;
  static constexpr uint32_t kReserve = 64;

  constexpr void on_query() {
    if (quarters_ < kReserve * kQueriesPerHedge) ++quarters_;
  }
  [[nodiscard]] constexpr bool take() {
    if (quarters_ < kQueriesPerHedge) return false;
    quarters_ -= kQueriesPerHedge;
    return true;
  }

 private:
  uint32_t quarters_ = kReserve * kQueriesPerHedge;
};

}  // namespace resolver
