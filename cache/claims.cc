#include "cache/claims.h"

#include <algorithm>

namespace cache {

// A slot is two words. `claim` is all of a claim, so that one compare-and-swap takes, renews, takes
// over or ends it:
//
//   | tag: 24 bits of the hash | worker + 1: 8 bits | deadline in 10 ms of boot time: 32 bits |   0: free
//
// `waiters` is a bit per worker. The protocol between a waiter and the owner:
//
//   waiter                                        owner, in release()
//   W1  reads `claim`: another's                  R1  claim: own word -> 0
//   W2  waiters |= its bit                        R2  mask = waiters, waiters = 0
//   W3  claim: the same word -> the same word     R3  wakes the mask
//       (changes nothing, but stands in the
//       order of all changes of `claim`)
//
// W3 succeeds: it stands before R1, which reads what it left, so W2 happens before R2 and the bit is
// in the mask. W3 fails: the claim is gone or another's, and the waiter begins again.
//
// A worker that takes the slot between R1 and R2 may find waiters that the release before it still
// collects: they are woken early and ask again. No bit is ever cleared without being returned.
// Two claims of one question in two slots of a bucket can come about when a slot between is freed at
// that moment; the price is one exchange too many.
struct ClaimTable::Slot {
  std::atomic<uint64_t> claim{0};
  std::atomic<uint64_t> waiters{0};
};

namespace {

constexpr uint32_t kSlotsPerBucket = 4;  // one cache line
// A failed compare-and-swap means that another thread's came first; so many in a row do not happen.
constexpr int kAttemptsMax = 32;
constexpr uint64_t kTagMask = ~uint64_t{0} << 40;
constexpr uint64_t kHolderMask = ~uint64_t{0} << 32;  // tag and worker

uint32_t ticks(base::Instant at) {
  constexpr int64_t kTick_ns = 10'000'000;
  return static_cast<uint32_t>((at.since_boot().count() + kTick_ns - 1) / kTick_ns);
}

// `never` and what is further off than a day is a day: ticks are compared round the circle (497 days).
uint32_t deadline_ticks(base::Instant now, base::Instant deadline) {
  return ticks(std::min(deadline, now + base::seconds(86'400)));
}

uint64_t holder_of(uint64_t hash, uint32_t worker) { return (hash & kTagMask) | uint64_t{worker % 255 + 1} << 32; }
bool is_expired(uint64_t claim, base::Instant now) {
  return static_cast<int32_t>(static_cast<uint32_t>(claim) - ticks(now)) <= 0;
}
uint64_t bit_of(uint32_t worker) { return uint64_t{1} << (worker % ClaimTable::kWorkersMax); }

}  // namespace

ClaimTable::ClaimTable(uint32_t claims_max)
    : bucket_count_(std::max<uint32_t>(1, (claims_max + kSlotsPerBucket - 1) / kSlotsPerBucket)) {
  slots_ = std::make_unique<Slot[]>(size_t{bucket_count_} * kSlotsPerBucket);
}

ClaimTable::~ClaimTable() = default;

ClaimTable::Slot* ClaimTable::bucket_of(uint64_t question_hash) const {
  // The lower half chooses the bucket, the upper 24 bits are the tag.
  return &slots_[((question_hash & 0xffffffffU) * bucket_count_ >> 32) * kSlotsPerBucket];
}

ClaimOutcome ClaimTable::acquire(base::Instant now, uint64_t question_hash, uint32_t worker, base::Instant deadline) {
  Slot* bucket = bucket_of(question_hash);
  const uint64_t holder = holder_of(question_hash, worker);
  const uint64_t wanted = holder | deadline_ticks(now, deadline);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    Slot* target = nullptr;
    uint64_t target_claim = 0;
    bool is_same_question = false;
    for (Slot* slot = bucket; slot != bucket + kSlotsPerBucket; ++slot) {
      // Pairs with the compare-and-swaps below and in release(): who finds the claim gone sees what
      // its owner published.
      const uint64_t claim = slot->claim.load(std::memory_order_acquire);
      is_same_question = claim != 0 && (claim & kTagMask) == (holder & kTagMask);
      const bool is_free = claim == 0 || is_expired(claim, now);
      if (!is_same_question && (!is_free || target != nullptr)) continue;
      target = slot;
      target_claim = claim;
      if (is_same_question) break;
    }
    if (target == nullptr) return ClaimOutcome::kUnrecorded;

    const bool is_own = is_same_question && (target_claim & kHolderMask) == holder;
    if (is_same_question && !is_own && !is_expired(target_claim, now)) {
      target->waiters.fetch_or(bit_of(worker), std::memory_order_acq_rel);  // W2
      if (target->claim.compare_exchange_strong(target_claim, target_claim, std::memory_order_acq_rel)) {  // W3
        return ClaimOutcome::kHeldByOther;
      }
      continue;
    }
    if (target->claim.compare_exchange_strong(target_claim, wanted, std::memory_order_acq_rel)) {
      return is_same_question && !is_own ? ClaimOutcome::kTakenOver : ClaimOutcome::kAcquired;
    }
  }
  return ClaimOutcome::kUnrecorded;
}

uint64_t ClaimTable::release(uint64_t question_hash, uint32_t worker) {
  Slot* bucket = bucket_of(question_hash);
  const uint64_t holder = holder_of(question_hash, worker);
  for (Slot* slot = bucket; slot != bucket + kSlotsPerBucket; ++slot) {
    uint64_t claim = slot->claim.load(std::memory_order_acquire);
    // W3 leaves the word as it is, so this fails for good only when the claim was taken over.
    while ((claim & kHolderMask) == holder) {
      if (slot->claim.compare_exchange_weak(claim, 0, std::memory_order_acq_rel)) {  // R1
        return slot->waiters.exchange(0, std::memory_order_acq_rel);                  // R2
      }
    }
  }
  return 0;
}

}  // namespace cache
