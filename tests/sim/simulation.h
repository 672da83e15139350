// One run of one world: a safety phase with faults; then everything is healed; a liveness phase
// in which every name must resolve right; an idle phase in which all must come to rest.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/sim/checker.h"
#include "tests/sim/plant.h"

namespace sim {

struct RunOptions {
  uint64_t seed = 0;
  Plant plant = Plant::kNone;
  std::string_view only;  // the one checker to hear; empty: all
  bool prints_trace = false;
  uint64_t salt = 0;  // differs between runs of one seed; only the plant `unseeded` uses it
};

struct RunResult {
  std::optional<Violation> violation;
  uint64_t trace_hash = 0;
  uint64_t queries = 0;
  uint64_t sends = 0;
};

[[nodiscard]] RunResult run_world(const RunOptions& options);
// The same, and for every fourth seed (or with the checker alone) once more: same seed, same trace.
[[nodiscard]] RunResult run_seed(RunOptions options);

}  // namespace sim
