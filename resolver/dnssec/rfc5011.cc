#include "resolver/dnssec/rfc5011.h"

#include <algorithm>
#include <utility>

#include "wire/dnssec_rdata.h"

namespace resolver::dnssec {
namespace {

constexpr uint8_t kRevokeInLowByte = 0x80;  // of the flags (RFC 5011 §7)
constexpr uint32_t kHour_s = 3600;
constexpr uint32_t kDay_s = 86'400;

bool is_candidate(const SeenKey& key) {
  const auto fields = wire::parse_dnskey(key.rdata);
  return fields && fields->is_zone_key() && fields->is_entry_point() && fields->protocol == 3;
}

std::vector<uint8_t> without_revocation(base::Bytes rdata) {
  std::vector<uint8_t> same(rdata.begin(), rdata.end());
  same[1] &= static_cast<uint8_t>(~kRevokeInLowByte);
  return same;
}

bool is_same_key(const ManagedKey& key, base::Bytes seen) {
  return key.rdata.size() == seen.size() && key.rdata[0] == seen[0] &&
         key.rdata[1] == (seen[1] & static_cast<uint8_t>(~kRevokeInLowByte)) &&
         std::equal(key.rdata.begin() + 2, key.rdata.end(), seen.begin() + 2);
}

// A revocation counts when the key itself has signed it (RFC 5011 §2.1); else anybody who may sign
// for the zone could take its anchors away.
Sighting sighting_of(const ManagedKey& key, const std::vector<SeenKey>& seen) {
  auto sighting = Sighting::kNotSeen;
  for (const SeenKey& candidate : seen) {
    if (!is_candidate(candidate) || !is_same_key(key, candidate.rdata)) continue;
    const bool revoked = (candidate.rdata[1] & kRevokeInLowByte) != 0;
    if (revoked && candidate.signed_itself) return Sighting::kSeenRevoked;
    if (!revoked) sighting = Sighting::kSeen;
  }
  return sighting;
}

void add_new_keys(base::WallTime now, std::vector<ManagedKey>& keys, const std::vector<SeenKey>& seen) {
  for (const SeenKey& candidate : seen) {
    if (!is_candidate(candidate) || (candidate.rdata[1] & kRevokeInLowByte) != 0) continue;
    const bool known =
        std::any_of(keys.begin(), keys.end(), [&](const ManagedKey& key) { return is_same_key(key, candidate.rdata); });
    if (known || keys.size() >= kManagedKeysMax) continue;
    const KeyState state =
        candidate.is_configured ? KeyState::kValid : next_state(KeyState::kStart, Sighting::kSeen, false);
    keys.push_back({without_revocation(candidate.rdata), state, now});
  }
}

uint32_t between(uint32_t low, uint32_t value, uint32_t high) { return std::clamp(value, low, high); }

}  // namespace

std::vector<ManagedKey> observe(base::WallTime now, std::vector<ManagedKey> keys, const std::vector<SeenKey>& seen) {
  for (ManagedKey& key : keys) {
    // A clock that went back makes the hold-down begin again, never end early.
    if (now < key.since) key.since = now;
    const bool held = now.seconds_since_1970 - key.since.seconds_since_1970 >= kHoldDown_s;
    const KeyState next = next_state(key.state, sighting_of(key, seen), held);
    if (next != key.state) key = {std::move(key.rdata), next, now};
  }
  keys.erase(
      std::remove_if(keys.begin(), keys.end(), [](const ManagedKey& key) { return key.state == KeyState::kStart; }),
      keys.end());
  add_new_keys(now, keys, seen);
  return keys;
}

uint32_t query_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s) {
  return between(kHour_s, std::min(original_ttl_s, signature_life_s) / 2, 15 * kDay_s);
}

uint32_t retry_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s) {
  return between(kHour_s, std::min(original_ttl_s, signature_life_s) / 10, kDay_s);
}

}  // namespace resolver::dnssec
