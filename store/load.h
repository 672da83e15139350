// Loading: from the blocks into the index and the cache, newest first, on two threads: each takes one half of the
// keys, and whoever is ahead reads the next block for both. Only reads: it waits for no write to reach the disk.
// Each record is checked before anything is believed. The cache answers meanwhile, and what it learns
// meanwhile is never replaced.
#pragma once

#include <cstdint>
#include <functional>

#include "cache/cache.h"
#include "store/block_file.h"
#include "store/record_index.h"
#include "store/removed_bits.h"
#include "store/times.h"

namespace store {

// Says by which steps a name is resolved: what was learned by others is not believed. Any thread calls it.
using RouteOf = std::function<uint64_t(wire::NameView)>;
using Clock = std::function<base::Now()>;

struct LoadTally {
  uint64_t blocks = 0;
  uint64_t records = 0;
  uint64_t loaded = 0;
  uint64_t superseded = 0;  // by a newer record, or by what was learned meanwhile
  uint64_t removals = 0;
  uint64_t too_old = 0;
  uint64_t other_route = 0;
  uint64_t damaged = 0;
  uint64_t no_room = 0;  // in the cache or in the index
  bool failed = false;   // the file could not be read to its end
  LoadTally& operator+=(const LoadTally& other);
};

struct LoadContext {
  const base::KeyedHash& hash;
  RecordIndex& index;
  cache::Cache& cache;
  RemovedBits& removed;
  TimeBase times;
  uint32_t max_age_s = 0;
  const RouteOf& route_of;
  const Clock& clock;
};

// REQUIRES: the index is empty.
[[nodiscard]] LoadTally load(BlockScan& scan, const LoadContext& context);

}  // namespace store
