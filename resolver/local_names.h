// Locally served and special-use names: answered here, never asked of anybody.
// RFC 6761, 6762 (local), 7686 (onion), 8375 (home.arpa), 8880 (ipv4only.arpa), 9462 (resolver.arpa), 9476
// (alt), 6303 and the IANA registry of locally served zones (10.in-addr.arpa and kin).
#pragma once

#include <optional>
#include <vector>

#include "base/instant.h"
#include "cache/entry.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver {

struct LocalAnswer {
  wire::Rcode rcode = wire::Rcode::kNoerror;
  std::vector<cache::EntryPtr> chain;  // an RRset, or a denial with its SOA
};

// `route_zone`: the zone of the route that holds for the name. Where it is a locally served zone or lies below
// one, and the RFC leaves that zone to the operator, the names are asked there (RFC 6303 §3).
[[nodiscard]] std::optional<LocalAnswer> answer_locally(base::Instant now, wire::NameView name, wire::Type type,
                                                        wire::NameView route_zone = {});

// Whether names of this zone are answered here whatever routes say (onion, localhost and kin).
[[nodiscard]] bool is_always_local(wire::NameView zone);

}  // namespace resolver
