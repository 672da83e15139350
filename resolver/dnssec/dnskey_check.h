// DnskeyCheck: a zone's DNSKEY RRset against the DS RRset of its parent, or against a trust anchor
// in the form of DS records (RFC 4035 §5.2). A state object like RrsetCheck.
//
// Whether the zone is insecure for lack of an algorithm or digest that we check is decided from the
// DS records alone (RFC 6840 §5.2): what the child's servers say has no part in it, so that stripping
// keys or signatures makes a zone bogus and never insecure (downgrade, attacks row 18).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "resolver/dnssec/rrset_check.h"

namespace resolver::dnssec {

// kNone: some DS can be checked, the zone is signed as far as we are concerned. Else
// kUnsupportedAlgorithm or kUnsupportedDigest: insecure, the keys need not be fetched.
[[nodiscard]] Reason ds_support(const Policy& policy, base::Bytes ds_records);

class DnskeyCheck {
 public:
  // All of them outlive the check. `dnskeys.owner` is the zone; no records: kDnskeyMissing.
  DnskeyCheck(const SignedRrset& dnskeys, base::Bytes ds_records, KeyCache& cache, const Policy& policy,
              base::WallTime now);
  DnskeyCheck(const DnskeyCheck&) = delete;
  DnskeyCheck& operator=(const DnskeyCheck&) = delete;

  // A digest counts as a check.
  Step step(ValidationBudget& budget, uint32_t checks_max);
  [[nodiscard]] const RrsetVerdict& verdict() const { return verdict_; }
  // All keys of the zone. REQUIRES: the verdict is secure; once.
  [[nodiscard]] KeySet take_keys();

 private:
  struct DigestToMake {
    size_t key = 0;  // index of all_
    uint8_t digest_type = 0;
  };
  void collect(base::Bytes ds_records);
  bool plan_digests(size_t key);
  [[nodiscard]] bool matches_a_ds(const DigestToMake& plan) const;
  Step compare_digests(ValidationBudget& budget, uint32_t& checks_left);
  Step finish(const Verdict& verdict, Step step);

  const SignedRrset dnskeys_;
  KeyCache& cache_;
  const Policy& policy_;
  const base::WallTime now_;
  KeySet all_;
  KeySet entry_;  // those that a DS names
  std::vector<wire::DsFields> ds_;
  std::vector<DigestToMake> digests_;
  size_t next_digest_ = 0;
  Reason support_;                          // of the DS records
  Verdict mismatch_;                        // what to say when no key is the one of a DS
  std::unique_ptr<RrsetCheck> signatures_;  // once the digests are compared
  std::optional<Step> finished_;
  RrsetVerdict verdict_;
};

}  // namespace resolver::dnssec
