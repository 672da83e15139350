// AnsweredZones: which group answered for which zone within the last hour. Fixed in size, lock-free, keyed by
// hashes under a secret. Inside cache/ only (ProviderHealth).
//
// A word for each pair: | tag: 39 bits | came again: 1 | when, in 4 s of boot time: 24 |; 0: empty. A full
// bucket gives up what is over an hour old, then the oldest that came once, then the oldest: a flood of
// zones that are asked once pushes out only itself. A pair lost costs its zone the vote, nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace cache {

class AnsweredZones {
 public:
  explicit AnsweredZones(uint32_t pairs_max);
  ~AnsweredZones();

  // `stamp`: see provider_evidence.h.
  void remember(uint64_t stamp, uint64_t group, uint64_t zone);
  [[nodiscard]] bool is_remembered(uint64_t stamp, uint64_t group, uint64_t zone) const;

 private:
  struct Bucket;
  [[nodiscard]] Bucket& bucket_of(uint64_t pair) const;
  uint32_t bucket_count_;
  std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace cache
