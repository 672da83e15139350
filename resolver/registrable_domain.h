// The registrable domain of a name: its public suffix and one label more ("www.example.co.uk" -> "example.co.uk"),
// by the Public Suffix List built into libpsl. Pure, thread-safe, allocates nothing.
#pragma once

#include <array>
#include <cstdint>

#include "base/keyed_hash.h"
#include "wire/name.h"

namespace resolver {

// A suffix of `name`, in its bytes. A name that is a public suffix itself, and the root: the name itself. A
// top-level domain that the list does not know counts as a public suffix.
[[nodiscard]] wire::NameView registrable_domain(wire::NameView name);

// The same from memory for names that come again and again, zones and their servers: a look-up of the list costs as
// much as parsing a response. For one thread; fixed in size; the last name takes the place of another.
class RegistrableDomains {
 public:
  explicit RegistrableDomains(const base::KeyedHash::Secret& secret) : hash_(secret) {}
  [[nodiscard]] wire::NameView of(wire::NameView name);

 private:
  // | 56 secret-keyed bits, which stand for the name | labels of its registrable domain: 8 bits |; 0: none
  base::KeyedHash hash_;
  std::array<uint64_t, 4096> slots_{};
};

}  // namespace resolver
