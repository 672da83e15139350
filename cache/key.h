// Key: what an entry is found by. One name can hold several entries side by side, in spaces:
//
//   kAnswer      (name, type)  an RRset, or the denial of it (NODATA): the newer replaces the older
//   kNxdomain    (name)        nothing exists at or below this name (RFC 8020)
//   kFailure     (name, type)  a failed resolution (RFC 9520); never hides the spaces above
//   kDelegation  (zone)        the parent's word on who serves a zone, with its glue
//   kChildNs     (zone)        the zone's own NS RRset as seen beside answers (RFC 2181 ranking below
//                              an explicit answer): used when the parent's servers do not serve
//
// Names are kept in lower case. The hash is keyed with the cache's secret (SipHash), the whole key
// is compared on every lookup.
#pragma once

#include <cstdint>

#include "wire/name.h"
#include "wire/types.h"

namespace cache {

enum class Space : uint8_t { kAnswer, kNxdomain, kFailure, kDelegation, kChildNs };

// The other spaces hold one entry per name: a type given for them counts for nothing.
[[nodiscard]] constexpr bool has_type(Space space) { return space == Space::kAnswer || space == Space::kFailure; }

struct Key {
  wire::NameView name;  // lower case
  wire::Type type = wire::Type::kNone;
  Space space = Space::kAnswer;
  uint64_t hash = 0;
};

// An owned question in lower case: what a Key can borrow its name from.
class KeyName {
 public:
  explicit KeyName(wire::NameView name) : name_(wire::Name(name).lowercased()) {}
  [[nodiscard]] wire::NameView view() const { return name_.view(); }

 private:
  wire::Name name_;
};

}  // namespace cache
