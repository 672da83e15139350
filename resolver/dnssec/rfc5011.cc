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
  return fields && fields->is_zone_key() && fields->is_entry_point() && fields->protocol == 3 &&
         key.rdata.size() <= cache::kManagedKeyBytesMax;
}

bool is_revoked(base::Bytes rdata) { return (rdata[1] & kRevokeInLowByte) != 0; }

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
    const bool revoked = is_revoked(candidate.rdata);
    if (revoked && candidate.signed_itself) return Sighting::kSeenRevoked;
    if (!revoked) sighting = Sighting::kSeen;
  }
  return sighting;
}

size_t count_of(const std::vector<ManagedKey>& keys, bool removed) {
  return static_cast<size_t>(std::count_if(keys.begin(), keys.end(), [removed](const ManagedKey& key) {
    return (key.state == KeyState::kRemoved) == removed;
  }));
}

// What a key begins as that was not known; kStart: not at all.
KeyState first_state(const SeenKey& key) {
  if (!is_revoked(key.rdata)) {
    return key.is_configured ? KeyState::kValid : next_state(KeyState::kStart, Sighting::kSeen, false);
  }
  return key.is_configured && key.signed_itself ? KeyState::kRevoked : KeyState::kStart;
}

void add_new_keys(base::WallTime now, std::vector<ManagedKey>& keys, const std::vector<SeenKey>& seen,
                  bool configured) {
  for (const SeenKey& candidate : seen) {
    if (candidate.is_configured != configured || !is_candidate(candidate)) continue;
    const bool known =
        std::any_of(keys.begin(), keys.end(), [&](const ManagedKey& key) { return is_same_key(key, candidate.rdata); });
    const KeyState state = first_state(candidate);
    const bool is_full = count_of(keys, false) >= (configured ? cache::kConfiguredKeysMax : kManagedKeysMax);
    if (known || state == KeyState::kStart || is_full) continue;
    keys.push_back({without_revocation(candidate.rdata), state, now, configured});
  }
}

void drop_old_removed(std::vector<ManagedKey>& keys) {
  while (count_of(keys, true) > cache::kRemovedKeysMax) {
    auto oldest = keys.end();
    for (auto key = keys.begin(); key != keys.end(); ++key) {
      if (key->state == KeyState::kRemoved && (oldest == keys.end() || key->since < oldest->since)) oldest = key;
    }
    keys.erase(oldest);
  }
}

uint32_t between(uint32_t low, uint32_t value, uint32_t high) { return std::clamp(value, low, high); }

}  // namespace

std::vector<uint8_t> without_revocation(base::Bytes dnskey_rdata) {
  std::vector<uint8_t> same(dnskey_rdata.begin(), dnskey_rdata.end());
  same[1] &= static_cast<uint8_t>(~kRevokeInLowByte);
  return same;
}

std::vector<ManagedKey> observe(base::WallTime now, std::vector<ManagedKey> keys, const std::vector<SeenKey>& seen) {
  for (ManagedKey& key : keys) {
    // A clock that went back makes the hold-down begin again, never end early.
    if (now < key.since) key.since = now;
    const bool held = now.seconds_since_1970 - key.since.seconds_since_1970 >= kHoldDown_s;
    const KeyState next = next_state(key.state, sighting_of(key, seen), held);
    if (next != key.state) key = {std::move(key.rdata), next, now, key.is_configured};
  }
  keys.erase(
      std::remove_if(keys.begin(), keys.end(), [](const ManagedKey& key) { return key.state == KeyState::kStart; }),
      keys.end());
  // The operator's first: a crowd of new ones takes no place from them.
  add_new_keys(now, keys, seen, true);
  add_new_keys(now, keys, seen, false);
  drop_old_removed(keys);
  return keys;
}

std::vector<ManagedKey> follow_step(std::vector<ManagedKey> keys, int64_t step_s) {
  for (ManagedKey& key : keys) key.since.seconds_since_1970 += step_s;
  return keys;
}

uint32_t query_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s) {
  return between(kHour_s, std::min(original_ttl_s, signature_life_s) / 2, 15 * kDay_s);
}

uint32_t retry_interval_s(uint32_t original_ttl_s, uint32_t signature_life_s) {
  return between(kHour_s, std::min(original_ttl_s, signature_life_s) / 10, kDay_s);
}

}  // namespace resolver::dnssec
