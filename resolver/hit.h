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
  kAnswered,   // `out` holds `out_bytes` to send
  kMiss,       // give it to Engine::handle_query
  kDropped,    // nothing to send
};

struct HitSlot {
  ClientQuery query;
  base::MutableBytes out;   // kUdpAnswerBytesMax for UDP, kAnswerBytesMax for TCP
  HitOutcome outcome = HitOutcome::kDropped;
  size_t out_bytes = 0;
};

void answer_hits(base::Now now, std::span<HitSlot> batch, const AnswerPolicy& policy, cache::Cache& cache,
                 base::Counters& counters);

}  // namespace resolver
