// The protocol of cache/claims.h by itself, over one bucket of slots, so that a test can step it
// through every order of its atomic operations.
//
// A slot is two words. `claim` is all of a claim, so that one compare-and-swap takes, renews, takes
// over or ends it:
//
//   | tag: 24 bits of the hash | worker + 1: 8 bits | deadline in 10 ms of boot time: 32 bits |   0: free
//
// `waiters` is a bit per worker. Between a waiter and the owner:
//
//   waiter                                        owner, in release()
//   W1  reads `claim`: another's                  R1  claim: own word -> 0
//   W2  waiters |= its bit                        R2  mask = waiters, waiters = 0
//   W3  claim: the same word -> the same word     R3  wakes the mask
//       (changes nothing, but stands in the
//       order of all changes of `claim`)
//
// W3 succeeds: it stands before R1, which reads what it left, so W2 happens before R2 and the bit is
// in the mask, or in that of a release before, which wakes early. W3 fails: the claim is gone or
// another's, and the waiter begins again. No bit is ever cleared without being returned.
//
// Two claims of one question in two slots of a bucket can come about when a slot between is freed at
// that moment; the price is one exchange too many.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "cache/claims.h"
#include "cache/epochs.h"

namespace cache {

struct ClaimSlot {
  std::atomic<uint64_t> claim{0};
  std::atomic<uint64_t> waiters{0};
};

template <class Hook = NoHook>
struct ClaimProtocol {
  static constexpr uint64_t kTagMask = ~uint64_t{0} << 40;
  static constexpr uint64_t kHolderMask = ~uint64_t{0} << 32;  // tag and worker
  // A failed compare-and-swap means that another thread's came first; so many in a row do not happen.
  static constexpr int kAttemptsMax = 32;

  // Deadlines are compared round the circle of 32 bits: 497 days.
  static bool is_expired(uint64_t claim, uint32_t now_ticks) {
    return static_cast<int32_t>(static_cast<uint32_t>(claim) - now_ticks) <= 0;
  }

  // `wanted`: the whole claim word. `waiter_bit`: of the worker that asks.
  static ClaimOutcome acquire(std::span<ClaimSlot> bucket, uint32_t now_ticks, uint64_t wanted, uint64_t waiter_bit) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      ClaimSlot* target = nullptr;
      uint64_t seen = 0;
      bool is_same_question = false;
      for (ClaimSlot& slot : bucket) {
        Hook::yield_point();
        // Pairs with the compare-and-swaps below and in release(): who finds the claim gone sees
        // what its owner published.
        const uint64_t claim = slot.claim.load(std::memory_order_acquire);  // W1
        is_same_question = claim != 0 && (claim & kTagMask) == (wanted & kTagMask);
        const bool is_free = claim == 0 || is_expired(claim, now_ticks);
        if (!is_same_question && (!is_free || target != nullptr)) continue;
        target = &slot;
        seen = claim;
        if (is_same_question) break;
      }
      if (target == nullptr) return ClaimOutcome::kUnrecorded;

      const bool is_own = is_same_question && (seen & kHolderMask) == (wanted & kHolderMask);
      const bool is_held = is_same_question && !is_own && !is_expired(seen, now_ticks);
      if (is_held) {
        Hook::yield_point();
        target->waiters.fetch_or(waiter_bit, std::memory_order_acq_rel);  // W2
      }
      Hook::yield_point();
      // W3, or the taking of the slot.
      if (!target->claim.compare_exchange_strong(seen, is_held ? seen : wanted, std::memory_order_acq_rel)) continue;
      if (is_held) return ClaimOutcome::kHeldByOther;
      return is_same_question && !is_own ? ClaimOutcome::kTakenOver : ClaimOutcome::kAcquired;
    }
    return ClaimOutcome::kUnrecorded;
  }

  // `holder`: tag and worker.
  static uint64_t release(std::span<ClaimSlot> bucket, uint64_t holder) {
    for (ClaimSlot& slot : bucket) {
      Hook::yield_point();
      uint64_t claim = slot.claim.load(std::memory_order_acquire);
      // A waiter's W3 leaves the word as it is, so this fails only when the claim is taken over.
      while ((claim & kHolderMask) == holder) {
        Hook::yield_point();
        if (!slot.claim.compare_exchange_strong(claim, 0, std::memory_order_acq_rel)) continue;  // R1
        Hook::yield_point();
        return slot.waiters.exchange(0, std::memory_order_acq_rel);  // R2
      }
    }
    return 0;
  }
};

}  // namespace cache
