// Managed anchors: what the operator configures, what RFC 5011 has made of it, and what a zone's DNSKEY RRset
// shows, brought together. Pure; the states themselves are those of rfc5011.h.
//
// The operator's word counts for keys that nothing else is known of; a key that its owner has revoked stays
// revoked though it is configured. What is trusted of a zone are its valid and missing keys, and the configured
// anchors whose key was not seen yet. If nothing is left of it, nothing in the zone can be validated and all is
// bogus: it does not become insecure (decision 0025).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/log.h"
#include "cache/managed_keys.h"
#include "resolver/dnssec/anchors.h"
#include "resolver/dnssec/canonical.h"
#include "resolver/dnssec/keys.h"
#include "resolver/dnssec/policy.h"
#include "resolver/dnssec/rfc5011.h"
#include "wire/name.h"

namespace resolver::dnssec {

// Whether one of the DS records is that of the key.
[[nodiscard]] bool names_key(wire::NameView zone, base::Bytes ds_records, base::Bytes dnskey_rdata);

// At start: the zones that have anchors now, with what is remembered of their keys. A configured key that waits
// for its hold-down is valid at once. One that was configured and is not any more is dropped, unless it is
// revoked or removed; one that was learned stays.
[[nodiscard]] std::vector<cache::ManagedZone> adopt(base::WallTime now, const TrustAnchors& configured,
                                                    const std::vector<cache::ManagedZone>& stored);

// Whether anything of the zone is trusted.
[[nodiscard]] bool trusts_any(wire::NameView zone, base::Bytes configured_ds, const std::vector<ManagedKey>& keys);
// What is trusted of the zone, as DS records; where that is nothing, the DS of no key.
[[nodiscard]] std::vector<uint8_t> trusted_ds(wire::NameView zone, base::Bytes configured_ds,
                                              const std::vector<ManagedKey>& keys);

// What a DNSKEY RRset, found secure, shows. `seen` looks into its records.
struct Observation {
  std::vector<SeenKey> seen;
  uint32_t original_ttl_s = 0;    // the least of its signatures'
  uint32_t signature_life_s = 0;  // until the first of those that still hold expires
};
// Checks the signatures of revoked keys that are known or configured by themselves, a few at the most.
[[nodiscard]] Observation read_observation(const SignedRrset& dnskeys, base::Bytes configured_ds,
                                           const std::vector<ManagedKey>& keys, KeyCache& cache, const Policy& policy,
                                           base::WallTime now);

// One line for each key whose state is another than before.
struct KeyNews {
  base::LogLevel level = base::LogLevel::kInfo;
  std::string line;
};
[[nodiscard]] std::vector<KeyNews> news_of(wire::NameView zone, const std::vector<ManagedKey>& before,
                                           const std::vector<ManagedKey>& after);

// "add-pending", "valid", ...
[[nodiscard]] const char* to_text(KeyState state);

}  // namespace resolver::dnssec
