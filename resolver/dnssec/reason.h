// What validation comes to: a verdict, and when it is not "secure" the reason, which names exactly
// one extended DNS error (RFC 8914), or none where nothing is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/name.h"
#include "wire/types.h"

namespace resolver::dnssec {

// RFC 4033 §5. Indeterminate: no anchor says that it should be signed, or the work was cut short.
enum class Security : uint8_t { kSecure, kInsecure, kBogus, kIndeterminate };

enum class Reason : uint8_t {
  kNone,  // secure
  // Insecure.
  kUnsignedDelegation,    // the parent proves that there is no DS
  kOptOut,                // the name lies in a span that may hold unsigned delegations (RFC 5155 §6)
  kNegativeAnchor,        // the operator switched validation off here (RFC 7646)
  kUnsupportedAlgorithm,  // no DS of an algorithm that we check (RFC 6840 §5.2)
  kUnsupportedDigest,     // no DS with a digest that we check
  kNsec3Iterations,       // more hash iterations than we make (RFC 9276 §3.2)
  // Indeterminate.
  kNoTrustAnchor,
  kBudget,  // the question's budget for signatures or hashes is used up
  // Bogus: signatures.
  kSignatureMissing,
  kSignatureAlgorithm,  // signed only by algorithms that we do not check, though the DS names one that we do
  kSignatureExpired,
  kSignatureNotYetValid,
  kSignatureExpiredBeforeValid,
  kSignatureFailed,
  kSignatureLabels,    // more labels than the owner, or fewer than the signer
  kSignatureSigner,    // the signer is not the zone
  kTooManySignatures,  // none of those tried holds, and no more are tried
  // Bogus: keys.
  kKeyMissing,     // no DNSKEY for the signature's tag and algorithm
  kDnskeyMissing,  // no DNSKEY RRset
  kDsMismatch,     // no DNSKEY has the digest of any DS
  kKeyRevoked,     // the key of the DS is revoked (RFC 5011 §2.1)
  kKeyProtocol,    // its protocol field is not 3 (RFC 4034 §2.1.2)
  kKeyUnusable,    // its public key is malformed, or of a size or exponent that is not checked
  kNoZoneKeyBit,   // the Zone Key flag is clear (RFC 4034 §2.1.1)
  // Bogus: denials.
  kDenialMissing,      // no NSEC or NSEC3 at all
  kDenialIncomplete,   // there are some, but the proof has a gap
  kDenialContradicts,  // they prove that what is denied exists
  kDenialMisplaced,    // from the wrong side of a cut, outside the zone, or reaching beyond it
  kWildcardUnproven,   // a wildcard's answer without the proof that the name itself does not exist
};

struct Verdict {
  Security security = Security::kIndeterminate;
  Reason reason = Reason::kNone;
  wire::Name zone;       // whose keys or denials they were
  uint16_t key_tag = 0;  // with has_key_tag
  bool has_key_tag = false;

  static Verdict secure(wire::NameView zone) { return {Security::kSecure, Reason::kNone, wire::Name(zone), 0, false}; }
  static Verdict of(Reason reason, wire::NameView zone);
  static Verdict of(Reason reason, wire::NameView zone, uint16_t key_tag);
};

[[nodiscard]] Security security_of(Reason reason);
[[nodiscard]] std::optional<wire::ExtendedError> extended_error_of(Reason reason);
[[nodiscard]] std::string_view to_text(Reason reason);
// For EXTRA-TEXT: "example.com.: signature expired (key tag 12345)".
[[nodiscard]] std::string to_text(const Verdict& verdict);

}  // namespace resolver::dnssec
