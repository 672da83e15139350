// DenialCheck: do these NSEC or NSEC3 records, whose signatures hold, prove what the response
// claims? (RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4, RFC 9276.) A state object: only NSEC3 needs
// hashes, of which step() makes at most so many before it yields.
//
//   kNxdomain      the name does not exist, and no wildcard would have answered
//   kNodata        the name (or the wildcard in its place) exists without the type; a name that only
//                  has names below it (empty non-terminal) counts as existing
//   kWildcard      the name does not exist, so that the wildcard below `encloser_labels` was used rightly
//   kNoDs          for a referral or on the way down: kInsecure (kUnsignedDelegation, kOptOut) says that an
//                  unsigned zone begins at or may begin at the name; kSecure that there is no cut
//
// The closest encloser is looked for from the zone downwards: that takes no more hashes than it has
// labels below the zone, and two; names of many labels cost no more (HashTrap, CVE-2023-50868).
#pragma once

#include <cstdint>
#include <optional>

#include "resolver/dnssec/budget.h"
#include "resolver/dnssec/denials.h"
#include "resolver/dnssec/policy.h"
#include "resolver/dnssec/reason.h"

namespace resolver::dnssec {

enum class Claim : uint8_t { kNxdomain, kNodata, kWildcard, kNoDs };

struct DenialQuestion {
  Claim claim = Claim::kNxdomain;
  wire::NameView name;
  wire::Type type = wire::Type::kNone;  // kNodata
  uint8_t encloser_labels = 0;          // kWildcard
};

class DenialCheck {
 public:
  // `denials` outlives the check, and the question's name does.
  DenialCheck(const Denials& denials, const DenialQuestion& question, const Policy& policy);
  DenialCheck(const DenialCheck&) = delete;
  DenialCheck& operator=(const DenialCheck&) = delete;

  Step step(ValidationBudget& budget, uint32_t hashes_max);
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }

 private:
  enum class Phase : uint8_t { kName, kEncloser, kWildcard, kNextCloser, kDone };

  [[nodiscard]] Reason flaw_of_question() const;
  // NSEC: at once.
  [[nodiscard]] Verdict judge_nsec() const;
  [[nodiscard]] std::optional<Verdict> judge_nsec_at_name(const Nsec& nsec) const;
  [[nodiscard]] Verdict judge_nsec_cover(const Nsec& nsec) const;
  // NSEC3: one hash after the other.
  void begin_nsec3();
  [[nodiscard]] wire::Name name_to_hash() const;
  void take_hash(const Nsec3Hash& hash);
  void take_name(const Nsec3* match);
  void take_encloser(const Nsec3* match, const Nsec3* cover);
  void take_wildcard(const Nsec3* match, const Nsec3* cover);
  void encloser_found(const Nsec3& next_closer_cover);
  [[nodiscard]] const Nsec3* matching(const Nsec3Hash& hash) const;
  [[nodiscard]] const Nsec3* covering(const Nsec3Hash& hash) const;
  [[nodiscard]] Verdict judge_no_ds_at_name(const wire::TypeBitmap& types) const;
  void conclude(const Verdict& verdict);
  void conclude(Reason reason) { conclude(Verdict::of(reason, denials_.zone())); }

  const Denials& denials_;
  const DenialQuestion question_;
  const Policy& policy_;
  Phase phase_ = Phase::kName;
  size_t labels_ = 0;                // of the name being hashed in kEncloser
  const Nsec3* encloser_ = nullptr;  // matches the name one label above
  bool opt_out_ = false;             // the next closer name is covered by an opt-out span
  Verdict verdict_;
  std::optional<Step> finished_;
};

}  // namespace resolver::dnssec
