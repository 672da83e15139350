// The phases of a resolution, named by what is being done or awaited, and which may follow which.
#pragma once

#include <cstdint>

namespace resolver {

enum class Phase : uint8_t {
  kCacheCheck,      // is the answer (or an alias, a denial, a failure) already known?
  kFindServers,     // nearest delegation, next name to ask, server to ask
  kAwaitAddresses,  // sub-questions for addresses of the zone's servers are out
  kAwaitFlight,     // an equal exchange is in flight, here or in another worker
  kAwaitResponse,   // a query is out
  kValidate,        // what came is validated: keys are awaited, or a check goes on in the next turn
  kAwaitAlias,      // the alias's target is a sub-question; from any phase: a stale alias is followed as well
  kFinished,
};

[[nodiscard]] constexpr bool may_follow(Phase from, Phase to) {
  switch (from) {
    case Phase::kCacheCheck:
      return to == Phase::kFindServers || to == Phase::kValidate || to == Phase::kAwaitAlias || to == Phase::kFinished;
    case Phase::kFindServers:
      return to == Phase::kCacheCheck || to == Phase::kAwaitAddresses || to == Phase::kAwaitFlight ||
             to == Phase::kAwaitResponse || to == Phase::kValidate || to == Phase::kAwaitAlias ||
             to == Phase::kFinished;
    case Phase::kAwaitAddresses:
      return to == Phase::kFindServers || to == Phase::kAwaitAlias || to == Phase::kFinished;
    case Phase::kAwaitFlight:
      return to == Phase::kCacheCheck || to == Phase::kAwaitAlias || to == Phase::kFinished;
    case Phase::kAwaitResponse:
      return to == Phase::kFindServers || to == Phase::kCacheCheck || to == Phase::kValidate ||
             to == Phase::kAwaitAlias || to == Phase::kFinished;
    case Phase::kValidate:
      return to == Phase::kFindServers || to == Phase::kAwaitAlias || to == Phase::kFinished;
    case Phase::kAwaitAlias:
      return to == Phase::kFinished;
    case Phase::kFinished:
      return false;
  }
  return false;
}

static_assert(!may_follow(Phase::kFinished, Phase::kCacheCheck), "what is finished stays so");
static_assert(!may_follow(Phase::kAwaitAlias, Phase::kFindServers), "an alias is never asked for again");

}  // namespace resolver
