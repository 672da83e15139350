// Hits that known policies make of a trace, with room for `capacity` entries. TTLs do not count.
#pragma once

#include "bench/eviction/trace.h"

namespace bench {

[[nodiscard]] uint64_t lru_hits(const Trace& trace, uint32_t capacity);
// Zhang et al., NSDI 2024.
[[nodiscard]] uint64_t sieve_hits(const Trace& trace, uint32_t capacity);
// Yang et al., SOSP 2023, algorithm 1: a small queue of a tenth, two bits, as many ghosts as the main queue holds.
[[nodiscard]] uint64_t s3fifo_hits(const Trace& trace, uint32_t capacity);
// Belady's optimum: knows the future; what is not asked for again soon enough is not taken in.
[[nodiscard]] uint64_t best_hits(const Trace& trace, uint32_t capacity);

}  // namespace bench
