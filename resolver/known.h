// What the cache knows of one name and type: one link of an answer. Reads the cache and decides nothing else.
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "cache/cache.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver {

struct Known {
  enum class Kind : uint8_t {
    kNothing,
    kData,    // the RRset asked for, or that there is none of this type (NODATA)
    kAlias,   // a CNAME at the name
    kDname,   // a DNAME above it (RFC 6672 §3.3)
    kDenial,  // NXDOMAIN, here or above (RFC 8020)
  };
  Kind kind = Kind::kNothing;
  const cache::Entry* entry = nullptr;
};

// What of the cache may be looked at.
struct KnownScope {
  wire::NameView zone = {};        // of the name's route: what stands above it was learned by another route
  bool without_forwarded = false;  // a forwarder's word does not count
  bool with_unchecked = false;     // what would have to be validated to answer a client
};

// REQUIRES of both: `name` is lower case; the caller's reader is online.
[[nodiscard]] Known find_fresh(base::Instant now, cache::Cache& cache, wire::NameView name, wire::Type type,
                               const KnownScope& scope = {});

// The newest of what is past its TTL by at most `max_age_s`: what was learned later replaced what was learned
// before (RFC 8767 §4), whichever kind it is. Past the parent's lease only what the parent has not taken back.
[[nodiscard]] Known find_stale(base::Instant now, cache::Cache& cache, wire::NameView name, wire::Type type,
                               uint32_t max_age_s, const KnownScope& scope = {});

// Whether a CNAME that the cache has at a name answers a question for this type there. Not for types that stand beside
// it or are it (RFC 2181 §10.1, RFC 4035 §2.5), and not for DS: that is the parent's, and the CNAME may be one that
// the child has at its apex (RFC 4035 §3.1.4.1).
[[nodiscard]] constexpr bool follows_aliases(wire::Type type) {
  return type != wire::Type::kCname && type != wire::Type::kRrsig && type != wire::Type::kNsec &&
         type != wire::Type::kDs;
}

// Where an alias entry (CNAME or DNAME) leads.
[[nodiscard]] std::optional<wire::Name> alias_target(const cache::Entry& entry);

}  // namespace resolver
