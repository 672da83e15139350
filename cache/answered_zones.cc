#include "cache/answered_zones.h"

#include <algorithm>
#include <array>

#include "cache/provider_evidence.h"

namespace cache {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr uint32_t kWords = 8;
constexpr uint64_t kTickBits = 24;
constexpr uint64_t kTickMask = (uint64_t{1} << kTickBits) - 1;
constexpr uint64_t kCameAgain = uint64_t{1} << kTickBits;
constexpr uint64_t kTagMask = ~uint64_t{0} << (kTickBits + 1);
constexpr uint64_t kTick = stamps(base::seconds(4));

// Both halves are keyed hashes already; the product keeps (a, b) and (b, a) apart.
constexpr uint64_t pair_of(uint64_t group, uint64_t zone) { return group ^ (zone * 0x9e37'79b9'7f4a'7c15ULL); }
constexpr uint64_t tick_of(uint64_t stamp) { return stamp / kTick & kTickMask; }

// In ticks, round the circle of 24 bits (two years); a moment ahead is not old at all.
constexpr uint64_t age_of(uint64_t word, uint64_t now_tick) {
  const uint64_t age = (now_tick - word) & kTickMask;
  return age > kTickMask - 2 ? 0 : age;
}
constexpr bool is_over(uint64_t word, uint64_t now_tick) {
  return age_of(word, now_tick) > stamps(kAnsweredMemory) / kTick;
}

}  // namespace

struct alignas(64) AnsweredZones::Bucket {
  std::array<std::atomic<uint64_t>, kWords> words{};
};

AnsweredZones::AnsweredZones(uint32_t pairs_max)
    : bucket_count_(std::max<uint32_t>(1, (pairs_max + kWords - 1) / kWords)),
      buckets_(std::make_unique<Bucket[]>(bucket_count_)) {}

AnsweredZones::~AnsweredZones() = default;

AnsweredZones::Bucket& AnsweredZones::bucket_of(uint64_t pair) const {
  return buckets_[(pair >> 32) * bucket_count_ >> 32];
}

void AnsweredZones::remember(uint64_t stamp, uint64_t group, uint64_t zone) {
  const uint64_t pair = pair_of(group, zone);
  const uint64_t tag = pair << (kTickBits + 1);
  const uint64_t tick = tick_of(stamp);
  std::atomic<uint64_t>* victim = nullptr;
  uint64_t victim_word = 0;
  uint64_t victim_worth = UINT64_MAX;
  for (std::atomic<uint64_t>& slot : bucket_of(pair).words) {
    uint64_t word = slot.load(kRelaxed);
    if (word != 0 && (word & kTagMask) == tag) {
      // Lost to another thread: it has written the same, or given the word away.
      if ((word & kTickMask) != tick) slot.compare_exchange_strong(word, tag | kCameAgain | tick, kRelaxed);
      return;
    }
    const uint64_t youth = kTickMask - age_of(word, tick);
    const uint64_t worth = word == 0 || is_over(word, tick) ? 0 : (word & kCameAgain) | youth;
    if (worth >= victim_worth) continue;
    victim = &slot;
    victim_word = word;
    victim_worth = worth;
  }
  victim->compare_exchange_strong(victim_word, tag | tick, kRelaxed);
}

bool AnsweredZones::is_remembered(uint64_t stamp, uint64_t group, uint64_t zone) const {
  const uint64_t pair = pair_of(group, zone);
  for (const std::atomic<uint64_t>& slot : bucket_of(pair).words) {
    const uint64_t word = slot.load(kRelaxed);
    if (word != 0 && (word & kTagMask) == pair << (kTickBits + 1)) return !is_over(word, tick_of(stamp));
  }
  return false;
}

}  // namespace cache
