// The registrable domain of a name: its public suffix and one label more ("www.example.co.uk" -> "example.co.uk"),
// by the Public Suffix List built into libpsl. Pure, thread-safe, allocates nothing.
#pragma once

#include "wire/name.h"

namespace resolver {

// A suffix of `name`, in its bytes. A name that is a public suffix itself, and the root: the name itself. A
// top-level domain that the list does not know counts as a public suffix.
[[nodiscard]] wire::NameView registrable_domain(wire::NameView name);

}  // namespace resolver
