#include "store/health_state.h"

#include <vector>

namespace store {

namespace {

// A chunk: | version 1 | servers ... |, each
//   | key 8 | smoothed 4 | variation 4 | EDNS 1 | keeps case 1 | EDNS at 8 | case at 8 | answered at 8 |
constexpr uint8_t kVersion = 1;
constexpr size_t kServerBytes = 42;
constexpr size_t kChunkBytes = 1 + 200 * kServerBytes;

}  // namespace

void HealthState::save(const TimeBase& times, const std::function<void(base::Bytes chunk)>& emit) const {
  std::vector<uint8_t> chunk = {kVersion};
  health_.for_each_saved([&](const cache::SavedServer& server) {
    const size_t start = chunk.size();
    chunk.resize(start + kServerBytes);
    uint8_t* at = chunk.data() + start;
    base::store_be64(at, server.key);
    base::store_be32(at + 8, server.smoothed_rtt_us);
    base::store_be32(at + 12, server.rtt_variation_us);
    at[16] = static_cast<uint8_t>(server.edns);
    at[17] = server.keeps_case ? 1 : 0;
    base::store_be64(at + 18, static_cast<uint64_t>(wall_of(times, server.edns_at_s)));
    base::store_be64(at + 26, static_cast<uint64_t>(wall_of(times, server.case_at_s)));
    base::store_be64(at + 34, static_cast<uint64_t>(wall_of(times, server.answered_at_s)));
    if (chunk.size() < kChunkBytes) return;
    emit(chunk);
    chunk.resize(1);
  });
  if (chunk.size() > 1) emit(chunk);
}

void HealthState::restore(const TimeBase& times, base::Bytes chunk) {
  if (chunk.empty() || chunk[0] != kVersion) return;
  chunk = chunk.subspan(1);
  const base::Instant now = base::Instant::from_boot(base::seconds(times.boot_s));
  const auto boot_at = [&times](const uint8_t* at) {
    return boot_of(times, static_cast<int64_t>(base::load_be64(at))).value_or(0);
  };
  for (; chunk.size() >= kServerBytes; chunk = chunk.subspan(kServerBytes)) {
    const uint8_t* at = chunk.data();
    cache::SavedServer server;
    server.key = base::load_be64(at);
    server.smoothed_rtt_us = base::load_be32(at + 8);
    server.rtt_variation_us = base::load_be32(at + 12);
    server.edns = static_cast<cache::EdnsSupport>(at[16]);
    server.keeps_case = at[17] != 0;
    server.edns_at_s = boot_at(at + 18);
    server.case_at_s = boot_at(at + 26);
    server.answered_at_s = boot_at(at + 34);
    health_.restore(now, server);
  }
}

}  // namespace store
