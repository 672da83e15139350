// Whether an entry made of these parts is one that every reader of entries may trust. For parts that
// come from outside this process: a file can hold anything. What the engine makes itself needs no check.
#pragma once

#include "cache/entry.h"

namespace cache {

// Checks all that readers rely on: that space, kind, type and rank go together; counts and lengths of the
// rendered records; that each RDATA has the form of its type without compressed names; zone_labels; a
// delegation's servers. Not the times: every value of them is possible. `name` is any checked name.
[[nodiscard]] bool is_well_formed(const EntryParts& parts);

// A copy of `rendered` (wire/rendered.h) would pass the bounds check of every reader.
[[nodiscard]] bool is_well_formed_rendered(base::Bytes rendered);

}  // namespace cache
