// What the servers of signed zones add to their answers for who asks with DO: signatures beside the sets, proofs
// beside denials and what wildcards made, the DS set or its denial beside a referral.
#pragma once

#include <vector>

#include "base/instant.h"
#include "tests/sim/authority.h"

namespace sim {

// `response` is what answer_authoritatively() has said to the same question, from the same zones.
void add_signatures(Response& response, const std::vector<const Zone*>& zones, wire::NameView name, wire::Type type,
                    base::Instant now);

}  // namespace sim
