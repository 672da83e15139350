// ServerHealth: what is known about each server address: round-trip time, failures, capabilities.
// A fixed number of 64-byte slots of packed atomics, keyed with a secret; any thread reads and
// writes. The last writer of a round-trip time wins. Fixed in size: a full bucket replaces the
// slot that was used least recently, and a server in use (answered within the last minute) is
// never replaced by one that has not answered anything (attacker's glue).
//
// Failures are forgotten by halves with time, and one success clears them (NLnetLabs/unbound#1461).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/instant.h"
#include "base/ip.h"
#include "base/keyed_hash.h"

namespace cache {

enum class EdnsSupport : uint8_t { kUnknown, kSupported, kBroken };

// 16 bytes: what nearly every server sends (RFC 9018). Other lengths are not kept.
using ServerCookie = std::array<uint8_t, 16>;

struct ServerView {
  bool known = false;              // a round-trip time has been measured
  base::Duration smoothed_rtt{0};  // RFC 6298 §2
  base::Duration rtt_variation{0};
  uint8_t timeouts_in_row = 0;  // decayed: halves every kFailureHalfLife
  uint8_t tcp_failures_in_row = 0;
  uint32_t last_answer_s = 0;  // boot seconds; 0: none
  uint32_t last_timeout_s = 0;
  EdnsSupport edns = EdnsSupport::kUnknown;
  bool keeps_case = true;  // false: it does not echo the letter case of the question
  std::optional<ServerCookie> cookie;
  bool sends_cookies = false;  // once seen, an answer without one over UDP is suspect (RFC 7873 §5.3)
};

// What outlives the process: no counts of failures, which are over in minutes, and no cookies. It names a
// server by its keyed hash, so it means something only under the same secret.
struct SavedServer {
  uint64_t key = 0;
  uint32_t smoothed_rtt_us = 0;  // 0: not measured
  uint32_t rtt_variation_us = 0;
  EdnsSupport edns = EdnsSupport::kUnknown;
  bool keeps_case = true;
  // Boot seconds.
  uint32_t edns_at_s = 0;
  uint32_t case_at_s = 0;
  uint32_t answered_at_s = 0;
};

inline constexpr base::Duration kFailureHalfLife = base::seconds(30);
// EDNS and letter-case verdicts are tried anew after this.
inline constexpr base::Duration kCapabilityLife = base::seconds(3600);

class ServerHealth {
 public:
  ServerHealth(uint32_t servers_max, const base::KeyedHash::Secret& secret);
  ~ServerHealth();

  [[nodiscard]] ServerView view(base::Instant now, const base::IpAddress& server) const;
  void on_response(base::Instant now, const base::IpAddress& server, base::Duration rtt);
  void on_timeout(base::Instant now, const base::IpAddress& server);
  void on_tcp_success(base::Instant now, const base::IpAddress& server);
  void on_tcp_failure(base::Instant now, const base::IpAddress& server);
  void set_edns(base::Instant now, const base::IpAddress& server, EdnsSupport support);
  void set_keeps_case(base::Instant now, const base::IpAddress& server, bool keeps_case);
  void set_cookie(base::Instant now, const base::IpAddress& server, const ServerCookie& cookie);
  // As if it had never sent one: `sends_cookies` is false again. Both end by themselves kCapabilityLife
  // after the last cookie.
  void clear_cookie(const base::IpAddress& server);

  // Every server that has ever answered.
  void for_each_saved(const std::function<void(const SavedServer&)>& visit) const;
  // Before any event of this server; what is known already stays. Any values are safe.
  void restore(base::Instant now, const SavedServer& saved);

 private:
  struct Slot;
  [[nodiscard]] uint64_t key_of(const base::IpAddress& server) const;
  [[nodiscard]] Slot* find(uint64_t key) const;
  Slot* find_or_take(base::Instant now, uint64_t key, bool has_answered);
  base::KeyedHash hash_;
  std::unique_ptr<Slot[]> slots_;
  uint32_t bucket_count_;
};

}  // namespace cache
