#include "cache/claims.h"

#include <algorithm>
#include <array>

#include "cache/claims_protocol.h"

namespace cache {

namespace {

constexpr uint32_t kSlotsPerBucket = 4;

uint32_t ticks(base::Instant at) {
  constexpr int64_t kTick_ns = 10'000'000;
  return static_cast<uint32_t>((at.since_boot().count() + kTick_ns - 1) / kTick_ns);
}

// What is further off than a day is a day: the comparison of ticks goes round a circle.
uint32_t deadline_ticks(base::Instant now, base::Instant deadline) {
  return ticks(std::min(deadline, now + base::seconds(86'400)));
}

uint64_t holder_of(uint64_t hash, uint32_t worker) {
  return (hash & ClaimProtocol<>::kTagMask) | uint64_t{worker % 255 + 1} << 32;
}

}  // namespace

// One cache line.
struct alignas(64) ClaimTable::Bucket {
  std::array<ClaimSlot, kSlotsPerBucket> slots;
};

ClaimTable::ClaimTable(uint32_t claims_max)
    : bucket_count_(std::max<uint32_t>(1, (claims_max + kSlotsPerBucket - 1) / kSlotsPerBucket)) {
  static_assert(sizeof(Bucket) == 64);
  buckets_ = std::make_unique<Bucket[]>(bucket_count_);
}

ClaimTable::~ClaimTable() = default;

// The lower half of the hash chooses the bucket, the upper 24 bits are the tag.
ClaimTable::Bucket& ClaimTable::bucket_of(uint64_t question_hash) const {
  return buckets_[(question_hash & 0xffffffffU) * bucket_count_ >> 32];
}

ClaimOutcome ClaimTable::acquire(base::Instant now, uint64_t question_hash, uint32_t worker, base::Instant deadline) {
  return ClaimProtocol<>::acquire(bucket_of(question_hash).slots, ticks(now),
                                  holder_of(question_hash, worker) | deadline_ticks(now, deadline),
                                  uint64_t{1} << (worker % kWorkersMax));
}

uint64_t ClaimTable::release(uint64_t question_hash, uint32_t worker) {
  return ClaimProtocol<>::release(bucket_of(question_hash).slots, holder_of(question_hash, worker));
}

}  // namespace cache
