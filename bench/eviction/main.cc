// bench_eviction [LOG]: the hit ratio of the cache's policy beside known ones, on a sequence with a fixed
// seed and on a log of queries. One JSON object a line.
//
//   {"trace": "zipf", "capacity": 64, "policy": "s3fifo", "requests": 400000, "hits": 123456, "hit_percent": 30.86}
#include <array>
#include <cstdio>
#include <string_view>

#include "bench/eviction/ours.h"
#include "bench/eviction/policies.h"

namespace {

constexpr std::array<uint32_t, 3> kCapacities = {64, 256, 1024};
// The secret decides which entries are neighbours: the mean of several is the policy's.
constexpr int kSecrets = 5;

void print(const bench::Trace& trace, uint32_t capacity, std::string_view policy, double hits) {
  std::printf(R"({"trace": "%s", "capacity": %u, "policy": "%.*s", "requests": %zu, "hits": %.0f, "hit_percent": %.2f})"
              "\n",
              trace.label.c_str(), capacity, static_cast<int>(policy.size()), policy.data(), trace.requests.size(),
              hits, 100 * hits / static_cast<double>(trace.requests.size()));
  std::fflush(stdout);
}

void compare(const bench::Trace& trace) {
  for (const uint32_t capacity : kCapacities) {
    double ours = 0;
    for (int secret = 1; secret <= kSecrets; ++secret) {
      ours += static_cast<double>(bench::our_hits(trace, capacity, static_cast<uint8_t>(secret))) / kSecrets;
    }
    print(trace, capacity, "holdfast", ours);
    print(trace, capacity, "s3fifo", static_cast<double>(bench::s3fifo_hits(trace, capacity)));
    print(trace, capacity, "sieve", static_cast<double>(bench::sieve_hits(trace, capacity)));
    print(trace, capacity, "lru", static_cast<double>(bench::lru_hits(trace, capacity)));
    print(trace, capacity, "best", static_cast<double>(bench::best_hits(trace, capacity)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  compare(bench::zipf_trace());
  if (argc > 1) compare(bench::read_trace(argv[1]));
  return 0;
}
