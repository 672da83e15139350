// What `holdfastctl anchors` prints: the trust anchors, one a line:
//
//   ZONE KEY-TAG ALGORITHM STATE [since TIME] [configured]
//
// The state is one of RFC 5011 §4 (add-pending, valid, missing, revoked, removed), "unseen" for a configured anchor
// whose key was not seen yet, or "fixed" when anchors are not managed. Trusted are valid, missing, unseen and fixed.
#pragma once

#include <string>
#include <vector>

#include "cache/managed_keys.h"
#include "resolver/dnssec/anchors.h"

namespace server {

[[nodiscard]] std::string render_anchors(const resolver::dnssec::TrustAnchors& configured,
                                         const std::vector<cache::ManagedZone>& managed, bool is_managed);

}  // namespace server
