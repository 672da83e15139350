// The liars: a server in the tree that adds to its answers whatever might be believed about other
// zones, and an attacker off the path who answers before the server but has to guess.
#pragma once

#include <optional>
#include <vector>

#include "tests/sim/authority.h"
#include "tests/sim/world.h"

namespace sim {

// What a malicious server says instead of `honest` (its true answer) to a question.
[[nodiscard]] Response lie(const World& world, const Zone& own, wire::NameView name, wire::Type type,
                           const Response& honest, Random& dice);

// A response to `query` by somebody who sees neither id nor letter case, or mistakes the question:
// always wrong in at least one of them.
[[nodiscard]] std::vector<uint8_t> forge(const wire::MessageView& query, Random& dice);

}  // namespace sim
