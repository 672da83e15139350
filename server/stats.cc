#include "server/stats.h"

#include <utility>

namespace server {
namespace {

constexpr std::array<std::string_view, kGaugeCount> kGaugeNames = {
    "now.clients", "now.resolutions", "now.exchanges",    "now.streams",
    "now.flights", "now.timers",      "now.engine_bytes", "now.client_connections"};

struct Line {
  std::string_view name;
  std::string value;
  bool is_text = false;
};

std::vector<Line> lines_of(const ServerFacts& facts, const std::vector<const WorkerReport*>& workers,
                           const cache::Cache::Usage& cache) {
  std::vector<Line> lines = {{"server.version", facts.version, true},
                             {"server.backend", facts.backend, true},
                             {"server.uptime_s", std::to_string(facts.uptime_s)},
                             {"server.workers", std::to_string(workers.size())},
                             {"log.lines_lost", std::to_string(facts.log_lines_lost)}};
  for (size_t index = 0; index < base::kCounterCount; ++index) {
    uint64_t sum = 0;
    for (const WorkerReport* worker : workers) sum += worker->counters.get(static_cast<base::Counter>(index));
    lines.push_back({base::kCounterInfo[index].name, std::to_string(sum)});
  }
  for (size_t index = 0; index < kGaugeCount; ++index) {
    uint64_t sum = 0;
    for (const WorkerReport* worker : workers) sum += worker->gauges.get(static_cast<Gauge>(index));
    lines.push_back({kGaugeNames[index], std::to_string(sum)});
  }
  for (const auto& [name, value] : {std::pair<std::string_view, uint64_t>("cache.entries", cache.entries),
                                    {"cache.bytes", cache.bytes},
                                    {"cache.bytes_max", cache.bytes_max},
                                    {"cache.retired_bytes", cache.retired_bytes},
                                    {"cache.evictions", cache.evictions}}) {
    lines.push_back({name, std::to_string(value)});
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
                         const cache::Cache::Usage& cache, StatsFormat format) {
  std::string text;
  for (const Line& line : lines_of(facts, workers, cache)) {
    switch (format) {
      case StatsFormat::kText:
        text += std::string(line.name) + " " + line.value + "\n";
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
