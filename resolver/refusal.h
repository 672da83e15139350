// refusal_for: which questions are answered with an error whatever the cache holds. Pure, one
// rule a line, each with the place it comes from.
#pragma once

#include <optional>

#include "wire/types.h"

namespace resolver {

// The RCODE, or nothing for a question that is to be resolved. Class CHAOS is answered elsewhere
// (resolver/hit.cc) and refused here.
[[nodiscard]] std::optional<wire::Rcode> refusal_for(wire::Type type, wire::Class klass);

}  // namespace resolver
