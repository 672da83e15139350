// RFC 5011: a zone's trust anchors follow its key rollovers. Pure: the state machine of one key, and
// what an observation of the zone's DNSKEY RRset, validated by the anchors of now, makes of all keys.
// What the configuration has to do with it is in managed_anchors.h, who asks for the RRset in
// engine_anchors.cc; the states are kept in cache/managed_keys.h.
//
//   kStart --seen--> kAddPending --30 days, then seen--> kValid <--seen/not seen--> kMissing
//      ^---not seen------'                                  '------revoked-----.-------'
//                                                    kRevoked <----------------'--30 days--> kRemoved
//
// Keys in kValid and kMissing are trusted. The hold-down keeps a thief of a key from adding his own
// at once: the owner has 30 days to revoke.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "cache/managed_keys.h"

namespace resolver::dnssec {

using cache::KeyState;
using cache::kManagedKeysMax;
using cache::ManagedKey;
enum class Sighting : uint8_t { kSeen, kNotSeen, kSeenRevoked };

inline constexpr int64_t kHoldDown_s = 30 * 86'400;  // RFC 5011 §2.4.1, §2.4.2

// RFC 5011 §4.2. `held` : the hold-down since the state was entered is over.
[[nodiscard]] constexpr KeyState next_state(KeyState state, Sighting sighting, bool held) {
  switch (state) {
    case KeyState::kStart:
      return sighting == Sighting::kSeen ? KeyState::kAddPending : KeyState::kStart;
    case KeyState::kAddPending:
      if (sighting != Sighting::kSeen) return KeyState::kStart;
      return held ? KeyState::kValid : KeyState::kAddPending;
    case KeyState::kValid:
    case KeyState::kMissing:
      if (sighting == Sighting::kSeenRevoked) return KeyState::kRevoked;
      return sighting == Sighting::kSeen ? KeyState::kValid : KeyState::kMissing;
    case KeyState::kRevoked:
      return held ? KeyState::kRemoved : KeyState::kRevoked;
    case KeyState::kRemoved:
      return KeyState::kRemoved;
  }
  return state;
}

[[nodiscard]] constexpr bool is_trusted(KeyState state) {
  return state == KeyState::kValid || state == KeyState::kMissing;
}

struct SeenKey {
  base::Bytes rdata;           // as seen
  bool signed_itself = false;  // the RRset carries a signature by this very key that holds
  bool is_configured = false;  // the operator's anchors name it: trusted without a hold-down
};

// `seen`: the DNSKEY RRset, found secure by the anchors of now. Keys without the SEP flag are left
// alone (RFC 5011 §3). The order of keys stays; new ones come last, and those of the configuration first
// among them. A configured key that was never seen and is revoked now is kept as revoked: else a new
// installation would go on trusting it.
[[nodiscard]] std::vector<ManagedKey> observe(base::WallTime now, std::vector<ManagedKey> keys,
                                              const std::vector<SeenKey>& seen);
// The wall clock was moved by so much: what began by the old one began so much later or earlier by the new.
// While the process runs, no step makes a hold-down shorter or longer.
[[nodiscard]] std::vector<ManagedKey> follow_step(std::vector<ManagedKey> keys, int64_t step_s);

// RDATA with the REVOKE flag clear. REQUIRES: at least 2 bytes.
[[nodiscard]] std::vector<uint8_t> without_revocation(base::Bytes dnskey_rdata);

// RFC 5011 §2.3: when to look again after success, or after a failure. In seconds.
[[nodiscard]] uint32_t query_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s);
[[nodiscard]] uint32_t retry_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s);

}  // namespace resolver::dnssec
