#include "server/stats.h"

#include <utility>

namespace server {
namespace {

constexpr std::array<std::string_view, kGaugeCount> kGaugeNames = {
    "now.clients", "now.resolutions", "now.exchanges",    "now.streams",
    "now.flights", "now.timers",      "now.engine_bytes", "now.client_connections"};

struct Line {
  std::string name;
  std::string value;
  bool is_text = false;
};

std::vector<Line> lines_of(const ServerFacts& facts, const std::vector<const WorkerReport*>& workers,
                           const cache::Cache::Usage& cache, const ProviderStats& providers,
                           const StoreFacts& store) {
  std::vector<Line> lines = {{"server.version", facts.version, true},
                             {"server.backend", facts.backend, true},
                             {"server.uptime_s", std::to_string(facts.uptime_s)},
                             {"server.workers", std::to_string(workers.size())},
                             {"log.lines_lost", std::to_string(facts.log_lines_lost)}};
  for (size_t index = 0; index < base::kCounterCount; ++index) {
    uint64_t sum = 0;
    for (const WorkerReport* worker : workers) sum += worker->counters.get(static_cast<base::Counter>(index));
    if (store.counters != nullptr) sum += store.counters->get(static_cast<base::Counter>(index));
    lines.push_back({std::string(base::kCounterInfo[index].name), std::to_string(sum)});
  }
  for (size_t index = 0; index < kGaugeCount; ++index) {
    uint64_t sum = 0;
    for (const WorkerReport* worker : workers) sum += worker->gauges.get(static_cast<Gauge>(index));
    lines.push_back({std::string(kGaugeNames[index]), std::to_string(sum)});
  }
  for (const auto& [name, value] : {std::pair<std::string_view, uint64_t>("cache.entries", cache.entries),
                                    {"cache.bytes", cache.bytes},
                                    {"cache.bytes_max", cache.bytes_max},
                                    {"cache.retired_bytes", cache.retired_bytes},
                                    {"cache.evictions", cache.evictions},
                                    {"store.entries", store.entries},
                                    {"store.bytes", store.bytes},
                                    {"store.bytes_max", store.bytes_max},
                                    {"store.writing", store.is_writing ? 1 : 0}}) {
    lines.push_back({std::string(name), std::to_string(value)});
  }
  for (const UpstreamFacts& upstream : facts.upstreams) {
    const std::string prefix = "upstreams." + upstream.name;
    lines.push_back({prefix + ".sent", std::to_string(upstream.sent)});
    lines.push_back({prefix + ".responses", std::to_string(upstream.responses)});
    lines.push_back({prefix + ".timeouts", std::to_string(upstream.timeouts)});
    lines.push_back({prefix + ".answers", std::to_string(upstream.answers)});
  }
  lines.push_back({"providers.uplink_lost", providers.is_uplink_lost ? "1" : "0"});
  lines.push_back({"providers.down", std::to_string(providers.open.size())});
  for (size_t index = 0; index < providers.open.size(); ++index) {
    const auto& circuit = providers.open[index];
    const std::string prefix = "providers.down." + std::to_string(index + 1);
    const auto seconds = base::duration_cast<base::seconds>(circuit.open_for).count();
    lines.push_back({prefix + ".name", circuit.group, true});
    lines.push_back({prefix + ".seconds", std::to_string(seconds)});
    lines.push_back({prefix + ".failed", std::to_string(circuit.failures)});
    lines.push_back({prefix + ".stale_answers", std::to_string(circuit.stale_answers)});
  }
  return lines;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') result += '\\';
    result += character < ' ' ? '?' : character;
  }
  return result + "\"";
}

}  // namespace

std::string render_stats(const ServerFacts& facts, const std::vector<const WorkerReport*>& workers,
                         const cache::Cache::Usage& cache, const ProviderStats& providers, const StoreFacts& store,
                         StatsFormat format) {
  std::string text;
  for (const Line& line : lines_of(facts, workers, cache, providers, store)) {
    switch (format) {
      case StatsFormat::kText:
        text += line.name + " " + line.value + "\n";
        break;
      case StatsFormat::kJson:
        text += (text.empty() ? "{\n  " : ",\n  ") + quoted(line.name) + ": " +
                (line.is_text ? quoted(line.value) : line.value);
        break;
    }
  }
  return format == StatsFormat::kJson ? text + "\n}\n" : text;
}

}  // namespace server
