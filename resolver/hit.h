// The hit path: one pure function over a batch of queries, called by the worker and by the
// simulation. It parses, applies the ACL, answers CHAOS and other queries that need no data,
// answers from the cache (following aliases), and leaves the rest to the engine. It never
// allocates, locks or waits.
#pragma once

#include <span>

#include "base/counters.h"
#include "base/instant.h"
#include "cache/cache.h"
#include "resolver/client.h"
#include "resolver/options.h"

namespace resolver {

enum class HitOutcome : uint8_t {
  kAnswered,  // `out` holds `out_bytes` to send
  kMiss,      // give it to Engine::handle_query
  kDropped,   // nothing to send
};

struct HitSlot {
  ClientQuery query;
  base::MutableBytes out;  // kUdpAnswerBytesMax for UDP, kAnswerBytesMax for TCP
  HitOutcome outcome = HitOutcome::kDropped;
  size_t out_bytes = 0;
  const cache::Entry* expiring = nullptr;  // popular and nearly past its TTL: for Engine::handle_expiring, in this turn
};

// The last tenth of the TTL, at least a second; below kPrefetchTtlMin_s it would be asked for all the time.
inline constexpr uint32_t kPrefetchTtlMin_s = 5;
[[nodiscard]] constexpr bool is_expiring(uint32_t ttl_s, uint32_t left_s) {
  return ttl_s >= kPrefetchTtlMin_s && left_s <= (ttl_s < 10 ? 1 : ttl_s / 10);
}
static_assert(is_expiring(300, 30) && !is_expiring(300, 31) && is_expiring(5, 1) && !is_expiring(5, 2));
static_assert(!is_expiring(4, 1), "a TTL so short is meant to be short");

void answer_hits(base::Now now, std::span<HitSlot> batch, const AnswerPolicy& policy, cache::Cache& cache,
                 base::Counters& counters);

}  // namespace resolver
