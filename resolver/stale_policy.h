// When an answer past its TTL is given, and when work goes on beside it (RFC 8767): the table of
// docs/outages.md as pure functions, restated by static_asserts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/instant.h"
#include "cache/server_health.h"
#include "resolver/hedge.h"

namespace resolver {

struct StaleOptions {
  bool enabled = true;
  base::Duration client_timeout = base::milliseconds(1800);  // RFC 8767 §5: client response timer
  uint32_t answer_ttl_s = 30;                                // §5.1
  uint32_t max_age_s = 3 * 86400;                            // past the TTL, §5: 1 to 3 days
  base::Duration recheck = base::seconds(30);                // §5: failure recheck timer
  bool circuits = true;
};

// What is known when a question comes to the servers of a zone, before anyone is asked.
struct Situation {
  bool has_stale = false;  // data past its TTL that may still be given
  bool on_hold = false;    // a refresh failed within `recheck`, and nobody who failed has answered since
  bool all_dark = false;   // every server is in a group whose circuit is open
  bool uplink_lost = false;
};

enum class StaleVerdict : uint8_t {
  kResolve,         // somebody may give fresh data: stale data waits for the patience to end, or for the failure
  kAnswerOnHold,    // stale at once, nothing is asked
  kAnswerAndProbe,  // stale at once; one probe at a time, whoever asks
  kTryFew,          // nothing to give, and little hope: a few may try
};

[[nodiscard]] constexpr StaleVerdict decide_stale(const Situation& situation) {
  if (situation.uplink_lost || situation.all_dark) {
    return situation.has_stale ? StaleVerdict::kAnswerAndProbe : StaleVerdict::kTryFew;
  }
  if (situation.has_stale && situation.on_hold) return StaleVerdict::kAnswerOnHold;
  return StaleVerdict::kResolve;
}

static_assert(decide_stale({}) == StaleVerdict::kResolve);
static_assert(decide_stale({.has_stale = true}) == StaleVerdict::kResolve, "fresh when it can");
static_assert(decide_stale({.has_stale = true, .on_hold = true}) == StaleVerdict::kAnswerOnHold);
static_assert(decide_stale({.has_stale = true, .all_dark = true}) == StaleVerdict::kAnswerAndProbe);
static_assert(decide_stale({.has_stale = true, .on_hold = true, .all_dark = true}) == StaleVerdict::kAnswerAndProbe,
              "a hold does not keep the provider's recovery from being noticed");
static_assert(decide_stale({.has_stale = true, .uplink_lost = true}) == StaleVerdict::kAnswerAndProbe);
static_assert(decide_stale({.on_hold = true}) == StaleVerdict::kResolve, "RFC 9520's own entry speaks for that");
static_assert(decide_stale({.all_dark = true}) == StaleVerdict::kTryFew);
static_assert(decide_stale({.uplink_lost = true}) == StaleVerdict::kTryFew);

// A refresh that came to nothing is tried again in the background where one of the servers answered somebody in the
// last seconds: the path loses much, it is not dead. RFC 9520 §3.2: not before a second has passed, and ever slower.
inline constexpr uint8_t kRefreshRetriesMax = 2;
inline constexpr base::Duration kAnswersNowAndThen = base::seconds(10);

[[nodiscard]] constexpr base::Duration refresh_retry_delay(uint8_t number) {
  return base::seconds(1) * (1 << (number - 1));
}
static_assert(refresh_retry_delay(1) == base::seconds(1) && refresh_retry_delay(2) == base::seconds(2));

// Two near servers are sent to every 100 ms at first (udp_timeout): the answer to the fifth query is waited for.
inline constexpr base::Duration kPatienceMin = base::milliseconds(440);
inline constexpr base::Duration kPatienceOfSecond = base::milliseconds(380);  // for one of whom nothing is known
inline constexpr base::Duration kPatienceUnknown = base::milliseconds(1200);

// How long a client that could have stale data waits for a server, from the moment it was first asked: some
// times what that server usually takes, so that a retry and a second server fit in. Where it usually takes longer
// than the client would wait at all, there is nothing to wait for.
[[nodiscard]] constexpr base::Duration patience(const cache::ServerView& health, base::Duration client_timeout) {
  if (!health.known) return kPatienceUnknown;
  if (health.smoothed_rtt >= client_timeout) return kPatienceMin;
  return std::max(kPatienceMin, 3 * usual_wait(health));
}

}  // namespace resolver
