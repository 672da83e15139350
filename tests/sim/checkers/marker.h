// Looks for the liars' markers in messages and cache entries.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "base/ip.h"
#include "tests/sim/world.h"

namespace sim {

[[nodiscard]] inline bool contains(base::Bytes bytes, base::Bytes marker) {
  return std::search(bytes.begin(), bytes.end(), marker.begin(), marker.end()) != bytes.end();
}

[[nodiscard]] inline bool contains_marker(base::Bytes bytes, base::IpAddress (*address)(wire::Type),
                                          std::string_view label) {
  return contains(bytes, address(wire::Type::kA).bytes()) || contains(bytes, address(wire::Type::kAaaa).bytes()) ||
         contains(bytes, base::as_bytes(label));
}

}  // namespace sim
