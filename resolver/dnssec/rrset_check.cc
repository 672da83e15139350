#include "resolver/dnssec/rrset_check.h"

#include <algorithm>

#include "base/check.h"
#include "wire/rendered.h"

namespace resolver::dnssec {
namespace {

// Of several signatures that do not hold, the reason that tells an operator most.
int weight_of(Reason reason) {
  constexpr Reason kRising[] = {
      Reason::kSignatureMissing,
      Reason::kSignatureAlgorithm,
      Reason::kSignatureSigner,
      Reason::kSignatureLabels,
      Reason::kKeyMissing,
      Reason::kKeyProtocol,
      Reason::kKeyRevoked,
      Reason::kNoZoneKeyBit,
      Reason::kSignatureNotYetValid,
      Reason::kSignatureExpired,
      Reason::kSignatureExpiredBeforeValid,
      Reason::kKeyUnusable,
      Reason::kSignatureFailed,
  };
  return static_cast<int>(std::find(std::begin(kRising), std::end(kRising), reason) - std::begin(kRising));
}

// These exist at their own names only; a wildcard's would be read as the word of another place.
bool may_come_from_a_wildcard(wire::Type type) {
  return type != wire::Type::kDs && type != wire::Type::kDnskey && type != wire::Type::kSoa &&
         type != wire::Type::kNsec3;
}

Reason reason_of(SignatureTime time) {
  switch (time) {
    case SignatureTime::kValid:
      return Reason::kNone;
    case SignatureTime::kNotYet:
      return Reason::kSignatureNotYetValid;
    case SignatureTime::kExpired:
      return Reason::kSignatureExpired;
    case SignatureTime::kExpiredBeforeValid:
      return Reason::kSignatureExpiredBeforeValid;
  }
  return Reason::kNone;
}

}  // namespace

RrsetCheck::RrsetCheck(const SignedRrset& rrset, KeySet& keys, KeyCache& cache, const Policy& policy,
                       base::WallTime now)
    : rrset_(rrset),
      keys_(keys),
      cache_(cache),
      policy_(policy),
      now_(now),
      canonical_(rrset_),
      worst_(Verdict::of(Reason::kSignatureMissing, keys.zone())) {
  CHECK(!rrset_.records.empty());
  wire::for_each_rendered(rrset_.signatures, [&](wire::Type type, uint32_t ttl_s, base::Bytes rdata) {
    const auto rrsig = wire::parse_rrsig(rdata);
    if (type == wire::Type::kRrsig && rrsig && rrsig->covered == rrset_.type) consider(*rrsig, ttl_s);
  });
}

Reason RrsetCheck::flaw_of(const wire::RrsigFields& rrsig) const {
  if (!supports_algorithm(policy_, rrsig.algorithm)) return Reason::kSignatureAlgorithm;
  const bool in_zone = rrsig.signer == keys_.zone() && rrset_.owner.is_within(keys_.zone());
  // DS belongs to the parent: a zone's word on its own DS is worth nothing (RFC 4035 §2.4).
  const bool own_ds = rrset_.type == wire::Type::kDs && rrset_.owner == keys_.zone();
  if (!in_zone || own_ds) return Reason::kSignatureSigner;
  const size_t owner_labels = signed_labels(rrset_.owner);
  const bool is_expanded = rrsig.labels < owner_labels;
  if (rrsig.labels > owner_labels || rrsig.labels < keys_.zone().label_count() ||
      (is_expanded && !may_come_from_a_wildcard(rrset_.type))) {
    return Reason::kSignatureLabels;
  }
  return reason_of(signature_time(policy_, now_, rrsig.inception, rrsig.expiration));
}

void RrsetCheck::consider(const wire::RrsigFields& rrsig, uint32_t signature_ttl_s) {
  if (const Reason flaw = flaw_of(rrsig); flaw != Reason::kNone) return note(flaw, rrsig.key_tag);
  if (signatures_ == kSignaturesMax) return;
  ++signatures_;
  size_t same_tag = 0;
  Reason flaw = Reason::kKeyMissing;
  for (ZoneKey& key : keys_.keys()) {
    if (key.tag != rrsig.key_tag || key.fields.algorithm != rrsig.algorithm) continue;
    if (key.flaw != Reason::kNone) {
      flaw = key.flaw;
      continue;
    }
    if (same_tag++ == kSameTagKeysMax) break;
    candidates_.push_back({rrsig, signature_ttl_s, &key});
  }
  if (same_tag == 0) note(flaw, rrsig.key_tag);
}

void RrsetCheck::note(Reason reason, std::optional<uint16_t> key_tag) {
  if (weight_of(reason) <= weight_of(worst_.reason)) return;
  worst_ = key_tag ? Verdict::of(reason, keys_.zone(), *key_tag) : Verdict::of(reason, keys_.zone());
}

bool RrsetCheck::holds(const Candidate& candidate) {
  PublicKey* const key = candidate.key->usable(cache_);
  if (key == nullptr) {
    note(Reason::kKeyUnusable, candidate.rrsig.key_tag);
    return false;
  }
  if (key->verifies(candidate.rrsig.signature, canonical_.signed_data(candidate.rrsig))) return true;
  note(Reason::kSignatureFailed, candidate.rrsig.key_tag);
  return false;
}

void RrsetCheck::accept(const Candidate& candidate) {
  verdict_.ttl_s = std::min(
      {candidate.signature_ttl_s, candidate.rrsig.original_ttl, signature_left_s(now_, candidate.rrsig.expiration)});
  wire::for_each_rendered(rrset_.records, [&](wire::Type, uint32_t ttl_s, base::Bytes) {
    verdict_.ttl_s = std::min(verdict_.ttl_s, ttl_s);
  });
  if (candidate.rrsig.labels < signed_labels(rrset_.owner)) {
    verdict_.wildcard_encloser_labels = candidate.rrsig.labels;
  }
}

Step RrsetCheck::finish(const Verdict& verdict, Step step) {
  verdict_.verdict = verdict;
  finished_ = step;
  return step;
}

Step RrsetCheck::step(ValidationBudget& budget, uint32_t checks_max) {
  if (finished_) return *finished_;
  for (uint32_t checks = 0; next_ < candidates_.size(); ++checks) {
    if (failures_ == kFailuresMax) {
      return finish(Verdict::of(Reason::kTooManySignatures, keys_.zone(), candidates_[next_].rrsig.key_tag),
                    Step::kDone);
    }
    if (checks == checks_max) return Step::kYield;
    if (!budget.spend_signature_check()) return finish(Verdict::of(Reason::kBudget, keys_.zone()), Step::kBudget);
    const Candidate& candidate = candidates_[next_++];
    if (holds(candidate)) {
      accept(candidate);
      return finish(Verdict::secure(keys_.zone()), Step::kDone);
    }
    ++failures_;
    budget.count_failed_check();
  }
  return finish(worst_, Step::kDone);
}

}  // namespace resolver::dnssec
