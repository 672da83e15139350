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

// The hash of a name under the cache's secret.
enum class NameHash : uint64_t {};

// What a key hashes to. Bijective for each type and space (MurmurHash3's finaliser): those of one name
// land in unrelated buckets, and in which stays secret, because the hash of the name is.
[[nodiscard]] constexpr uint64_t key_hash(NameHash name_hash, wire::Type type, Space space) {
  const auto type_number = has_type(space) ? static_cast<uint64_t>(type) : 0;
  uint64_t value = static_cast<uint64_t>(name_hash);
  value ^= (type_number << 8 | static_cast<uint64_t>(space)) * 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdULL;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

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
