// next_qname: QNAME minimisation (RFC 9156, relaxed). Which name to ask the servers of `zone` next
// on the way to `name`: one label more than the zone for the first kMinimiseOneLabelCount steps,
// then larger steps, at most kMinimiseCountMax minimised steps, then the whole name. Labels that
// begin with an underscore are never a step of their own (RFC 9156 §2.3).
#pragma once

#include <cstdint>

#include "wire/name.h"

namespace resolver {

inline constexpr uint8_t kMinimiseCountMax = 10;      // RFC 9156 §2.3 MAX_MINIMISE_COUNT
inline constexpr uint8_t kMinimiseOneLabelCount = 4;  // RFC 9156 §2.3 MINIMISE_ONE_LAB

// `known_labels`: labels of `name` below which no zone cut is known to lie (the zone's own count
// at first, then those of the last minimised name that was answered). `steps`: minimised queries
// sent so far for this name. Returns how many labels of `name` to ask for; label_count() means the
// whole name. REQUIRES: known_labels < name.label_count().
[[nodiscard]] size_t next_qname_labels(wire::NameView name, size_t known_labels, uint8_t steps);

}  // namespace resolver
