#include "resolver/dnssec/reason.h"

#include "base/check.h"

namespace resolver::dnssec {
namespace {

using wire::ExtendedError;

struct Row {
  Reason reason;
  Security security;
  std::optional<ExtendedError> error;
  std::string_view text;
};

// In the order of the enumeration.
constexpr Row kRows[] = {
    {Reason::kNone, Security::kSecure, std::nullopt, "secure"},
    {Reason::kUnsignedDelegation, Security::kInsecure, std::nullopt, "the delegation is not signed"},
    {Reason::kOptOut, Security::kInsecure, std::nullopt, "the proof allows unsigned delegations"},
    {Reason::kNegativeAnchor, Security::kInsecure, std::nullopt, "not validated by configuration"},
    {Reason::kUnsupportedAlgorithm, Security::kInsecure, ExtendedError::kUnsupportedAlgorithm,
     "no DS of a supported algorithm"},
    {Reason::kUnsupportedDigest, Security::kInsecure, ExtendedError::kUnsupportedDigest,
     "no DS with a supported digest"},
    {Reason::kNsec3Iterations, Security::kInsecure, ExtendedError::kNsec3Iterations, "too many NSEC3 iterations"},
    {Reason::kNoTrustAnchor, Security::kIndeterminate, ExtendedError::kIndeterminate, "no trust anchor"},
    {Reason::kBudget, Security::kIndeterminate, ExtendedError::kIndeterminate, "too much work to validate"},
    {Reason::kSignatureMissing, Security::kBogus, ExtendedError::kRrsigsMissing, "signature missing"},
    {Reason::kSignatureAlgorithm, Security::kBogus, ExtendedError::kRrsigsMissing,
     "no signature of a supported algorithm"},
    {Reason::kSignatureExpired, Security::kBogus, ExtendedError::kSignatureExpired, "signature expired"},
    {Reason::kSignatureNotYetValid, Security::kBogus, ExtendedError::kSignatureNotYetValid, "signature not yet valid"},
    {Reason::kSignatureExpiredBeforeValid, Security::kBogus, ExtendedError::kSignatureExpiredEarly,
     "signature expires before it is valid"},
    {Reason::kSignatureFailed, Security::kBogus, ExtendedError::kBogus, "signature does not match"},
    {Reason::kSignatureLabels, Security::kBogus, ExtendedError::kBogus, "signature is for another depth of names"},
    {Reason::kSignatureSigner, Security::kBogus, ExtendedError::kBogus, "signature by another zone"},
    {Reason::kTooManySignatures, Security::kBogus, ExtendedError::kBogus, "too many signatures that do not match"},
    {Reason::kKeyMissing, Security::kBogus, ExtendedError::kDnskeyMissing, "no DNSKEY for the signature"},
    {Reason::kDnskeyMissing, Security::kBogus, ExtendedError::kDnskeyMissing, "DNSKEY missing"},
    {Reason::kDsMismatch, Security::kBogus, ExtendedError::kDnskeyMissing, "no DNSKEY matches the DS"},
    {Reason::kKeyRevoked, Security::kBogus, ExtendedError::kDnskeyMissing, "the DNSKEY of the DS is revoked"},
    {Reason::kKeyProtocol, Security::kBogus, ExtendedError::kDnskeyMissing, "the DNSKEY has a wrong protocol field"},
    {Reason::kKeyUnusable, Security::kBogus, ExtendedError::kDnskeyMissing, "the DNSKEY cannot be used"},
    {Reason::kNoZoneKeyBit, Security::kBogus, ExtendedError::kNoZoneKeyBit, "the DNSKEY is no zone key"},
    {Reason::kDenialMissing, Security::kBogus, ExtendedError::kNsecMissing, "no NSEC or NSEC3"},
    {Reason::kDenialIncomplete, Security::kBogus, ExtendedError::kNsecMissing, "NSEC or NSEC3 do not prove it"},
    {Reason::kDenialContradicts, Security::kBogus, ExtendedError::kBogus, "NSEC or NSEC3 prove that it exists"},
    {Reason::kDenialMisplaced, Security::kBogus, ExtendedError::kBogus, "NSEC or NSEC3 of another place"},
    {Reason::kWildcardUnproven, Security::kBogus, ExtendedError::kNsecMissing, "no proof that the wildcard applies"},
};

constexpr bool rows_are_in_order() {
  for (size_t at = 0; at < std::size(kRows); ++at) {
    if (static_cast<size_t>(kRows[at].reason) != at) return false;
  }
  return true;
}
static_assert(rows_are_in_order());
static_assert(std::size(kRows) == static_cast<size_t>(Reason::kWildcardUnproven) + 1);

const Row& row_of(Reason reason) {
  CHECK(static_cast<size_t>(reason) < std::size(kRows));
  return kRows[static_cast<size_t>(reason)];
}

}  // namespace

Verdict Verdict::of(Reason reason, wire::NameView zone) {
  return {security_of(reason), reason, wire::Name(zone), 0, false};
}

Verdict Verdict::of(Reason reason, wire::NameView zone, uint16_t key_tag) {
  return {security_of(reason), reason, wire::Name(zone), key_tag, true};
}

Security security_of(Reason reason) { return row_of(reason).security; }
std::optional<ExtendedError> extended_error_of(Reason reason) { return row_of(reason).error; }
std::string_view to_text(Reason reason) { return row_of(reason).text; }

std::string to_text(const Verdict& verdict) {
  std::string text = verdict.zone.to_text() + ": " + std::string(to_text(verdict.reason));
  if (verdict.has_key_tag) text += " (key tag " + std::to_string(verdict.key_tag) + ")";
  return text;
}

}  // namespace resolver::dnssec
