// SignedPlan: what a signed world adds (seeds from kFirstSignedSeed on): zones signed from the root down with
// insecure ones among them (Zone::signer), signatures that fail for a while, keys that are rolled, and a forger on the
// path to some servers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.h"

namespace sim {

inline constexpr uint64_t kFirstSignedSeed = 2'000'000;

// What the forger makes of an answer.
enum class Forgery : uint8_t {
  kRdata,            // other data below the true signatures
  kStripSignatures,  // as if the zone were not signed, with true data or other
  kStripDs,          // as if the zone below were not signed
  kAddRecords,       // data and addresses that nobody asked for
  kNxdomain,
  kNodata,
  kForeignDenial,  // NXDOMAIN with proofs of other names and zones
  kReplay,         // what was said to the same question before
  kReferral,       // to the forger's own server
  kDnskey,         // his own keys, and DS for them
  kOwnKey,         // other data, signed with his own key
  kTtl,            // everything lasts a week
  kBits,           // AD and CD are set, on other data
  kRcode,          // FORMERR, SERVFAIL, REFUSED, NOTIMP
};
inline constexpr uint32_t kForgeries = 14;

struct ForgerPlan {
  base::Instant from;
  base::Instant until;
  uint32_t chance = 0;          // percent of the answers that pass by
  std::vector<size_t> servers;  // he is on the path to these
  std::vector<Forgery> forgeries;
  bool has_server = false;  // he answers at his own address, whenever he is asked

  [[nodiscard]] bool is_on(base::Instant now) const { return from <= now && now < until; }
  [[nodiscard]] bool is_before(size_t server) const { return std::ranges::find(servers, server) != servers.end(); }
};

struct SignedPlan {
  std::optional<ForgerPlan> forger;
  base::Duration recovery_gap{};  // between two rounds of questions after the healing; 0: nobody asks
  base::Instant healed = base::Instant::never();
};

}  // namespace sim
