// ManagedKeys: the keys of the zones that have trust anchors, as RFC 5011 has them. One for all workers: one of
// them looks at the zones' DNSKEY RRsets and puts what it makes of them, all read. What the states mean and who
// decides them is in resolver/dnssec/rfc5011.h.
//
// Thread-safe: version() is one load, all else takes a lock. Bounded by who puts: at most kKeysPerZoneMax keys of a
// zone, and the zones are those of the configuration.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/instant.h"
#include "wire/name.h"

namespace cache {

enum class KeyState : uint8_t { kStart, kAddPending, kValid, kMissing, kRevoked, kRemoved };
inline constexpr uint8_t kKeyStates = 6;

// A thief could make a zone's DNSKEY RRset grow; more than this is no rollover.
inline constexpr size_t kManagedKeysMax = 16;
inline constexpr size_t kConfiguredKeysMax = 32;  // as long as no more are there, the operator's find room
inline constexpr size_t kRemovedKeysMax = 16;     // beside those: what is left of rollovers; the oldest goes
inline constexpr size_t kKeysPerZoneMax = kConfiguredKeysMax + kRemovedKeysMax;
// RSA with a modulus of 512 bytes takes 519; what is longer can not be used.
inline constexpr size_t kManagedKeyBytesMax = 2048;

struct ManagedKey {
  std::vector<uint8_t> rdata;  // DNSKEY with the REVOKE flag clear
  KeyState state = KeyState::kStart;
  base::WallTime since;        // in this state
  bool is_configured = false;  // the operator's anchors name it
};

struct ManagedZone {
  wire::Name zone;  // lower case
  std::vector<ManagedKey> keys;
};

class ManagedKeys {
 public:
  // Rises with every change.
  [[nodiscard]] uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] std::vector<ManagedZone> zones() const;
  // All of them.
  void replace_all(std::vector<ManagedZone> zones);
  // This zone's, in the place of what was there.
  void put(ManagedZone zone);

 private:
  mutable std::mutex mutex_;
  std::vector<ManagedZone> zones_;    // under mutex_
  std::atomic<uint64_t> version_{0};  // raised under mutex_, after zones_
};

}  // namespace cache
