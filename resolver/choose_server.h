// choose_server: which address of a zone to ask next. Pure but for the entropy it is given.
// Prefers domains of servers, then servers, then addresses with few sends in this question, then a low expected
// wait; among the good ones the choice is random (RFC 5452 §9.2: unpredictable), and one first choice in
// kExploreOneIn goes to any usable one, so that a server that became fast is found.
#pragma once

#include <optional>
#include <span>

#include "base/entropy.h"
#include "base/instant.h"
#include "base/ip.h"
#include "cache/server_health.h"

namespace resolver {

inline constexpr base::Duration kUnknownServerRtt = base::milliseconds(150);  // as an estimate, to be tried early
inline constexpr base::Duration kTimeoutMin = base::milliseconds(100);  // kernel and server jitter above a small RTT
inline constexpr base::Duration kTimeoutLastMin = base::milliseconds(400);  // of the last send: a short stall passes
inline constexpr base::Duration kTimeoutMax = base::milliseconds(3000);
inline constexpr base::Duration kTimeoutUnknown = base::milliseconds(400);
// What a server says later than this after it was asked is not heard any more.
inline constexpr base::Duration kLateAnswerMax = base::seconds(8);
inline constexpr uint32_t kExploreOneIn = 20;        // as Knot Resolver's epsilon
inline constexpr uint8_t kSendsPerTransportMax = 3;  // RFC 9520 §3.1: at most two retries
inline constexpr uint8_t kDarkAfterTimeouts = 4;     // then probed only, not asked

struct Candidate {
  base::IpAddress address;
  cache::ServerView health;
  uint8_t sends = 0;            // over UDP, for this question in this zone
  uint8_t server_sends = 0;     // the same, the most of any address of its server: they share its fate
  uint8_t domain_sends = 0;     // the same of any server whose name is in its domain
  bool excluded = false;        // failed for this question, full, or never_query
  bool dark = false;            // its provider's circuit is open
  bool doubted = false;         // gave a bogus answer in this zone lately
  bool family_suspect = false;  // the address family has answered nobody lately
};

// It has stopped answering, by itself or with its provider.
[[nodiscard]] inline bool is_dark(const Candidate& candidate) {
  return candidate.dark || candidate.health.timeouts_in_row >= kDarkAfterTimeouts;
}

// Index into `candidates`, or nothing when all are excluded or have had their sends.
[[nodiscard]] std::optional<size_t> choose_server(std::span<const Candidate> candidates, base::Entropy& entropy);

// How long to wait for a response over UDP: RFC 6298 (srtt + 4 var), doubled per earlier send to this server, then
// kept within kTimeoutMin (kTimeoutLastMin) and kTimeoutMax: a lost packet of a near server costs the same little time
// twice. A server known to take seconds is given up to kLateAnswerMax.
[[nodiscard]] base::Duration udp_timeout(const cache::ServerView& health, uint8_t earlier_sends);

}  // namespace resolver
