// Claims: one flight per exchange across workers. A worker that is about to ask a server claims
// the hash of (question asked, zone asked) first. Who loses parks its question; the owner publishes
// what it learned, releases the claim, and wakes the workers that wait.
//
// A fixed table of atomic words; taken by one compare-and-swap. A claim whose deadline has passed
// may be taken over: its owner may be stuck. When the table's bucket is full the claim is granted
// without being recorded (kUnrecorded): the work must go on, and duplicates are only waste.
//
// A parked worker that is woken looks for the result, and where there is none acquires anew: a
// wake-up may come too early, never too late. The protocol stands in claims_protocol.h.
#pragma once

#include <cstdint>
#include <memory>

#include "base/instant.h"

namespace cache {

enum class ClaimOutcome : uint8_t { kAcquired, kTakenOver, kHeldByOther, kUnrecorded };

class ClaimTable {
 public:
  static constexpr uint32_t kWorkersMax = 64;  // workers beyond share a bit: a wake-up too many is harmless
  explicit ClaimTable(uint32_t claims_max);
  ~ClaimTable();

  // kHeldByOther: `worker` is noted and will be in the mask that release() returns to the owner.
  // A worker that already holds the claim gets kAcquired again.
  ClaimOutcome acquire(base::Instant now, uint64_t question_hash, uint32_t worker, base::Instant deadline);
  // Returns the mask of the workers (bit = worker % 64) that wait for it.
  // Releasing a claim that was taken over meanwhile does nothing and returns 0.
  uint64_t release(uint64_t question_hash, uint32_t worker);

 private:
  struct Bucket;
  [[nodiscard]] Bucket& bucket_of(uint64_t question_hash) const;
  std::unique_ptr<Bucket[]> buckets_;
  uint32_t bucket_count_;
};

}  // namespace cache
