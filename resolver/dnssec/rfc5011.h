// RFC 5011: a zone's trust anchors follow its key rollovers. Pure: the state machine of one key, and
// what an observation of the zone's DNSKEY RRset, validated by the anchors of now, makes of all keys.
// Who asks for the RRset and where the states are kept is elsewhere.
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

namespace resolver::dnssec {

enum class KeyState : uint8_t { kStart, kAddPending, kValid, kMissing, kRevoked, kRemoved };
enum class Sighting : uint8_t { kSeen, kNotSeen, kSeenRevoked };

inline constexpr int64_t kHoldDown_s = 30 * 86'400;  // RFC 5011 §2.4.1, §2.4.2
// A thief could make a zone's DNSKEY RRset grow; more than this is no rollover.
inline constexpr size_t kManagedKeysMax = 16;

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

struct ManagedKey {
  std::vector<uint8_t> rdata;  // DNSKEY with the REVOKE flag clear
  KeyState state = KeyState::kStart;
  base::WallTime since;  // in this state
};

struct SeenKey {
  base::Bytes rdata;           // as seen
  bool signed_itself = false;  // the RRset carries a signature by this very key that holds
  bool is_configured = false;  // the operator's anchors name it: trusted without a hold-down
};

// `seen`: the DNSKEY RRset, found secure by the anchors of now. Keys without the SEP flag are left
// alone (RFC 5011 §3). The order of keys stays; new ones come last.
[[nodiscard]] std::vector<ManagedKey> observe(base::WallTime now, std::vector<ManagedKey> keys,
                                              const std::vector<SeenKey>& seen);

// RFC 5011 §2.3: when to look again after success, or after a failure. In seconds.
[[nodiscard]] uint32_t query_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s);
[[nodiscard]] uint32_t retry_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s);

}  // namespace resolver::dnssec
