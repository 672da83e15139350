#include "bench/eviction/trace.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unordered_map>

#include "bench/support/zipf.h"

namespace bench {

Trace read_trace(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    std::fprintf(stderr, "bench_eviction: cannot read %s: give a file of lines \"SECOND KEY\"\n", path.c_str());
    std::exit(1);
  }
  Trace trace{.label = "log", .requests = {}, .distinct = 0};
  std::unordered_map<std::string, uint32_t> items;
  uint32_t second = 0;
  std::string key;
  while (file >> second >> key) {
    const auto [found, is_new] = items.try_emplace(key, trace.distinct);
    if (is_new) ++trace.distinct;
    trace.requests.push_back({found->second, second});
  }
  return trace;
}

Trace zipf_trace() {
  constexpr uint32_t kRequests = 400'000;
  constexpr uint32_t kNames = 10'000;
  constexpr uint32_t kRequestsPerSecond = 1000;
  std::mt19937_64 random(108);
  const Zipf zipf(kNames, 1.08);
  Trace trace{.label = "zipf", .requests = {}, .distinct = kNames};
  for (uint32_t index = 0; index < kRequests; ++index) {
    const bool in_flood = index >= kRequests / 10 * 4 && index < kRequests / 10 * 6;
    const bool once = random() % 10 == 0 || (in_flood && random() % 2 == 0);
    const uint32_t item = once ? trace.distinct++ : zipf.draw(random);
    trace.requests.push_back({item, index / kRequestsPerSecond});
  }
  return trace;
}

}  // namespace bench
