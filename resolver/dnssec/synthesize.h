// Aggressive use of validated denials (RFC 8198): may a question be answered with "no" from what is
// known already? Reads the index (cache/denial_index.h) and decides; nothing is asked of anybody.
//
// Conservative (attacks rows 14 to 18). A denial is synthesized only when it would be proven secure had
// the zone's servers sent these records now: the rules are those of denials.h. Besides:
//
//   - never from a span that is opt-out, nor past a delegation or a DNAME
//   - never a positive answer from a wildcard
//   - never for the types of the proofs themselves, nor meta types; never for DS at the zone's apex
//   - with the SOA at hand, and lasting no longer than the shortest of it and the proofs
#pragma once

#include <cstdint>
#include <vector>

#include "base/instant.h"
#include "cache/denial_index.h"
#include "resolver/dnssec/budget.h"
#include "resolver/dnssec/denials.h"
#include "resolver/dnssec/policy.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver::dnssec {

enum class Denied : uint8_t { kNothing, kNxdomain, kNodata };

struct Synthesis {
  Denied denied = Denied::kNothing;
  cache::DenialRecord soa;
  std::vector<cache::DenialRecord> proofs;  // each once
  uint32_t ttl_s = 0;
};

// `zone` holds the name and is the signer of what may be used. Hashes are paid from the budget; with
// none left the answer is kNothing.
[[nodiscard]] Synthesis synthesize(base::Instant now, cache::DenialIndex& index, wire::NameView zone,
                                   wire::NameView name, wire::Type type, const Policy& policy,
                                   ValidationBudget& budget);

// One NSEC or NSEC3 RRset that was found secure.
struct SecureDenial {
  wire::NameView zone;  // the signer
  wire::NameView owner;
  wire::Type type = wire::Type::kNone;
  base::Bytes rdata;       // of the only record
  base::Bytes signatures;  // rendered
  uint32_t ttl_s = 0;      // after validation, and at most the SOA's denial time (RFC 9077)
  bool from_wildcard = false;
};

// False when it is of no use, or not safe: made by a wildcard, not of its zone, above the iterations
// that we make, or spanning no name (the minimal spans of RFC 4470 and RFC 7129 appendix B, which would
// only fill the index).
bool keep_denial(base::Instant now, cache::DenialIndex& index, const SecureDenial& denial, const Policy& policy);

}  // namespace resolver::dnssec
