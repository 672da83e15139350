// RrsetCheck: is this RRset signed by a key of its zone, now? A state object: step() makes at most
// so many signature checks, then yields. One signature that holds, by any key and any algorithm that
// we check, is enough (RFC 6840 §5.11).
//
// Tried are at most kSignaturesMax signatures, each against at most kSameTagKeysMax keys of its tag
// and algorithm, and after kFailuresMax that do not hold no more (KeyTrap, SigJam, LockCram: attacks
// row 31). Signatures that cannot hold (times, labels, signer, unknown key) cost nothing.
//
// Who the signer must be is the caller's knowledge: `keys` are those of the zone that the RRset
// belongs to; for DS the parent's.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "resolver/dnssec/budget.h"
#include "resolver/dnssec/canonical.h"
#include "resolver/dnssec/keys.h"
#include "resolver/dnssec/policy.h"
#include "resolver/dnssec/reason.h"

namespace resolver::dnssec {

inline constexpr size_t kSignaturesMax = 8;
inline constexpr size_t kSameTagKeysMax = 4;
inline constexpr size_t kFailuresMax = 4;

struct RrsetVerdict {
  Verdict verdict;
  // Of a secure RRset:
  uint32_t ttl_s = 0;  // cut to the original TTL and to what is left of the signature (RFC 4035 §5.3.3)
  // The records come from the wildcard below the last so many labels of the owner: that the owner
  // itself does not exist has to be proven besides (RFC 4035 §5.3.4).
  std::optional<uint8_t> wildcard_encloser_labels;
};

class RrsetCheck {
 public:
  // All of them outlive the check. REQUIRES: rrset.records is not empty.
  RrsetCheck(const SignedRrset& rrset, KeySet& keys, KeyCache& cache, const Policy& policy, base::WallTime now);
  RrsetCheck(const RrsetCheck&) = delete;
  RrsetCheck& operator=(const RrsetCheck&) = delete;

  Step step(ValidationBudget& budget, uint32_t checks_max);
  // After kDone or kBudget.
  [[nodiscard]] const RrsetVerdict& verdict() const { return verdict_; }

 private:
  struct Candidate {
    wire::RrsigFields rrsig;
    uint32_t signature_ttl_s = 0;
    ZoneKey* key = nullptr;
  };
  void consider(const wire::RrsigFields& rrsig, uint32_t signature_ttl_s);
  [[nodiscard]] Reason flaw_of(const wire::RrsigFields& rrsig) const;
  bool holds(const Candidate& candidate);
  void accept(const Candidate& candidate);
  void note(Reason reason, std::optional<uint16_t> key_tag);
  Step finish(const Verdict& verdict, Step step);

  const SignedRrset rrset_;
  KeySet& keys_;
  KeyCache& cache_;
  const Policy& policy_;
  const base::WallTime now_;
  CanonicalRrset canonical_;
  std::vector<Candidate> candidates_;
  size_t next_ = 0;
  size_t signatures_ = 0;
  size_t failures_ = 0;
  Verdict worst_;  // the most telling reason so far why it is not secure
  std::optional<Step> finished_;
  RrsetVerdict verdict_;
};

}  // namespace resolver::dnssec
