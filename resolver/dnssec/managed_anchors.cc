#include "resolver/dnssec/managed_anchors.h"

#include <algorithm>
#include <utility>

#include "resolver/dnssec/crypto.h"
#include "resolver/dnssec/rrset_check.h"
#include "wire/dnssec_rdata.h"
#include "wire/rendered.h"

namespace resolver::dnssec {
namespace {

// Of one observation. Each revoked key that counts has one signature of its own.
constexpr ValidationLimits kSelfSignatureLimits{32, 16, 0, 0, 0};

bool is_gone(KeyState state) { return state == KeyState::kRevoked || state == KeyState::kRemoved; }

// A DS that no key has: its zone is signed, and nothing in it can be validated.
void append_ds_of_no_key(std::vector<uint8_t>& ds_records) {
  constexpr size_t kSha256Bytes = 32;
  std::vector<uint8_t> ds = {0, 0, algorithm::kRsaSha256, digest_type::kSha256};
  ds.resize(ds.size() + kSha256Bytes);
  wire::append_rendered(ds_records, wire::Type::kDs, wire::Class::kIn, 0, ds);
}

std::vector<uint8_t> collect_trusted(wire::NameView zone, base::Bytes configured_ds,
                                     const std::vector<ManagedKey>& keys) {
  std::vector<uint8_t> trusted;
  wire::for_each_rendered(configured_ds, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    std::vector<uint8_t> ds;
    wire::append_rendered(ds, type, wire::Class::kIn, 0, rdata);
    const bool is_known_as_bad = std::any_of(keys.begin(), keys.end(), [&](const ManagedKey& key) {
      return is_gone(key.state) && names_key(zone, ds, key.rdata);
    });
    if (!is_known_as_bad) trusted.insert(trusted.end(), ds.begin(), ds.end());
  });
  for (const ManagedKey& key : keys) {
    if (is_trusted(key.state) && !names_key(zone, trusted, key.rdata)) append_ds_of(zone, key.rdata, trusted);
  }
  return trusted;
}

std::vector<ManagedKey> adopt_keys(base::WallTime now, wire::NameView zone, base::Bytes configured_ds,
                                   const std::vector<ManagedKey>& stored) {
  std::vector<ManagedKey> keys;
  for (ManagedKey key : stored) {
    const bool is_configured = names_key(zone, configured_ds, key.rdata);
    if (key.is_configured && !is_configured && !is_gone(key.state)) continue;
    key.is_configured = is_configured;
    if (is_configured && !is_gone(key.state) && !is_trusted(key.state)) {
      key.state = KeyState::kValid;
      key.since = now;
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

bool signed_itself(const SignedRrset& dnskeys, base::Bytes rdata, KeyCache& cache, const Policy& policy,
                   base::WallTime now, ValidationBudget& budget) {
  KeySet itself = KeySet::of_revoked_key(dnskeys.owner, rdata);
  if (itself.keys().empty()) return false;
  RrsetCheck check(dnskeys, itself, cache, policy, now);
  static_cast<void>(check.step(budget, kSelfSignatureLimits.signature_checks));
  return check.verdict().verdict.security == Security::kSecure;
}

const ManagedKey* find_key(const std::vector<ManagedKey>& keys, base::Bytes rdata) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const ManagedKey& key) {
    return std::equal(key.rdata.begin(), key.rdata.end(), rdata.begin(), rdata.end());
  });
  return found == keys.end() ? nullptr : &*found;
}

std::string line_of(wire::NameView zone, const ManagedKey& key, const char* what) {
  return "dnssec: key " + std::to_string(wire::key_tag(key.rdata)) + " of " + zone.to_text() + " " + what;
}

std::optional<KeyNews> news_of_key(wire::NameView zone, KeyState before, const ManagedKey& key) {
  using enum base::LogLevel;
  switch (key.state) {
    case KeyState::kAddPending:
      return KeyNews{kInfo, line_of(zone, key, "is new; it is trusted if it is still there in 30 days (RFC 5011)")};
    case KeyState::kValid:
      if (before == KeyState::kMissing) return KeyNews{kInfo, line_of(zone, key, "is there again")};
      if (before == KeyState::kStart) return std::nullopt;  // a configured one, seen for the first time
      return KeyNews{kInfo, line_of(zone, key, "is trusted from now on: its 30 days are over (RFC 5011)")};
    case KeyState::kMissing:
      return KeyNews{kInfo, line_of(zone, key, "is not in the zone any more; it stays trusted (RFC 5011)")};
    case KeyState::kRevoked:
      return KeyNews{kWarning, line_of(zone, key, "was revoked by its owner and is not trusted any more (RFC 5011)")};
    case KeyState::kStart:
    case KeyState::kRemoved:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

bool names_key(wire::NameView zone, base::Bytes ds_records, base::Bytes dnskey_rdata) {
  const auto fields = wire::parse_dnskey(dnskey_rdata);
  if (!fields) return false;
  const uint16_t tag = wire::key_tag(dnskey_rdata);
  bool found = false;
  wire::for_each_rendered(ds_records, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    const auto ds = wire::parse_ds(rdata);
    if (found || type != wire::Type::kDs || !ds || ds->key_tag != tag || ds->algorithm != fields->algorithm) return;
    const auto digest = ds_digest(ds->digest_type, zone, dnskey_rdata);
    if (!digest) return;
    const base::Bytes made = digest->view();
    found = std::equal(made.begin(), made.end(), ds->digest.begin(), ds->digest.end());
  });
  return found;
}

std::vector<cache::ManagedZone> adopt(base::WallTime now, const TrustAnchors& configured,
                                      const std::vector<cache::ManagedZone>& stored) {
  std::vector<cache::ManagedZone> zones;
  configured.for_each([&](wire::NameView zone, base::Bytes ds_records) {
    const auto known = std::find_if(stored.begin(), stored.end(),
                                    [&](const cache::ManagedZone& other) { return other.zone.view() == zone; });
    zones.push_back({wire::Name(zone), known == stored.end() ? std::vector<ManagedKey>{}
                                                             : adopt_keys(now, zone, ds_records, known->keys)});
  });
  return zones;
}

bool trusts_any(wire::NameView zone, base::Bytes configured_ds, const std::vector<ManagedKey>& keys) {
  return !collect_trusted(zone, configured_ds, keys).empty();
}

std::vector<uint8_t> trusted_ds(wire::NameView zone, base::Bytes configured_ds, const std::vector<ManagedKey>& keys) {
  std::vector<uint8_t> trusted = collect_trusted(zone, configured_ds, keys);
  if (trusted.empty()) append_ds_of_no_key(trusted);
  return trusted;
}

Observation read_observation(const SignedRrset& dnskeys, base::Bytes configured_ds, const std::vector<ManagedKey>& keys,
                             KeyCache& cache, const Policy& policy, base::WallTime now) {
  Observation observation;
  ValidationBudget budget(kSelfSignatureLimits);
  wire::for_each_rendered(dnskeys.records, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    const auto fields = wire::parse_dnskey(rdata);
    if (type != wire::Type::kDnskey || !fields) return;
    const std::vector<uint8_t> same = without_revocation(rdata);
    SeenKey seen{rdata, false, names_key(dnskeys.owner, configured_ds, same)};
    if (fields->is_revoked() && (seen.is_configured || find_key(keys, same) != nullptr)) {
      seen.signed_itself = signed_itself(dnskeys, rdata, cache, policy, now, budget);
    }
    observation.seen.push_back(seen);
  });
  uint32_t ttl_s = UINT32_MAX;
  uint32_t life_s = UINT32_MAX;
  wire::for_each_rendered(dnskeys.signatures, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    const auto rrsig = wire::parse_rrsig(rdata);
    if (type != wire::Type::kRrsig || !rrsig || rrsig->covered != wire::Type::kDnskey) return;
    const uint32_t left_s = signature_left_s(now, rrsig->expiration);
    if (left_s == 0) return;
    ttl_s = std::min(ttl_s, rrsig->original_ttl);
    life_s = std::min(life_s, left_s);
  });
  if (ttl_s != UINT32_MAX) observation.original_ttl_s = ttl_s;
  if (life_s != UINT32_MAX) observation.signature_life_s = life_s;
  return observation;
}

std::vector<KeyNews> news_of(wire::NameView zone, const std::vector<ManagedKey>& before,
                             const std::vector<ManagedKey>& after) {
  std::vector<KeyNews> news;
  for (const ManagedKey& key : after) {
    const ManagedKey* known = find_key(before, key.rdata);
    const KeyState was = known == nullptr ? KeyState::kStart : known->state;
    if (was == key.state) continue;
    if (auto one = news_of_key(zone, was, key)) news.push_back(*std::move(one));
  }
  for (const ManagedKey& key : before) {
    const bool was_taken_back = key.state == KeyState::kAddPending && find_key(after, key.rdata) == nullptr;
    if (was_taken_back) news.push_back({base::LogLevel::kInfo, line_of(zone, key, "was taken back, and begins anew")});
  }
  return news;
}

const char* to_text(KeyState state) {
  switch (state) {
    case KeyState::kStart:
      return "start";
    case KeyState::kAddPending:
      return "add-pending";
    case KeyState::kValid:
      return "valid";
    case KeyState::kMissing:
      return "missing";
    case KeyState::kRevoked:
      return "revoked";
    case KeyState::kRemoved:
      return "removed";
  }
  return "";
}

}  // namespace resolver::dnssec
