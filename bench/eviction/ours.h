// The hits that cache::Cache itself makes of a trace: the real table, publish and eviction, with room for
// `capacity` entries, all of one size.
#pragma once

#include "bench/eviction/trace.h"

namespace bench {

[[nodiscard]] uint64_t our_hits(const Trace& trace, uint32_t capacity, uint8_t secret);

}  // namespace bench
