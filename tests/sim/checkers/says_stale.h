// Whether an answer may be past its TTL: it says so (EDE 3 or 19, RFC 8767), or its asker sent no OPT and is not told.
#pragma once

#include "wire/message.h"

namespace sim {

[[nodiscard]] inline bool says_stale(const wire::MessageView& message) {
  if (!message.edns()) return true;
  if (!message.edns()->extended_error) return false;
  const wire::ExtendedError code = message.edns()->extended_error->code;
  return code == wire::ExtendedError::kStaleAnswer || code == wire::ExtendedError::kStaleNxdomain;
}

}  // namespace sim
