// What `holdfastctl stats` prints: the counters of all workers added up, and how things stand now.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "cache/cache.h"
#include "cache/provider_health.h"

namespace server {

// What one worker has in hand: written by it at the end of each turn, read by any thread.
enum class Gauge : uint8_t {
  kClients,
  kResolutions,
  kExchanges,
  kStreams,
  kFlights,
  kTimers,
  kEngineBytes,
  kConnections,
  kCount
};
inline constexpr size_t kGaugeCount = static_cast<size_t>(Gauge::kCount);

struct Gauges {
  void set(Gauge gauge, uint64_t value) { values[static_cast<size_t>(gauge)].store(value, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t get(Gauge gauge) const {
    return values[static_cast<size_t>(gauge)].load(std::memory_order_relaxed);
  }
  alignas(64) std::array<std::atomic<uint64_t>, kGaugeCount> values{};
};

// What one worker reports.
struct WorkerReport {
  base::Counters counters;
  Gauges gauges;
};

// What the store tells, if there is one.
struct StoreFacts {
  const base::Counters* counters = nullptr;  // nullptr: no store
  uint64_t entries = 0;
  uint64_t bytes = 0;
  uint64_t bytes_max = 0;
  bool is_writing = false;
};

// Of an [[upstream]], over all workers.
struct UpstreamFacts {
  std::string name;
  uint64_t sent = 0;
  uint64_t responses = 0;
  uint64_t timeouts = 0;
  uint64_t answers = 0;
};

struct ServerFacts {
  std::string version;
  std::string backend;
  uint64_t uptime_s = 0;
  uint64_t log_lines_lost = 0;
  std::vector<UpstreamFacts> upstreams;
};

// The providers that are taken to be down now.
struct ProviderStats {
  bool is_uplink_lost = false;
  std::vector<cache::ProviderHealth::OpenCircuit> open;
};

enum class StatsFormat : uint8_t { kText, kJson };

// "name value" a line, or one JSON object of numbers (version and backend are strings).
[[nodiscard]] std::string render_stats(const ServerFacts& facts, const std::vector<const WorkerReport*>& workers,
                                       const cache::Cache::Usage& cache, const ProviderStats& providers,
                                       const StoreFacts& store, StatsFormat format);

}  // namespace server
