// Which algorithms and digests are checked, and the limits that are a property of data, not of a
// question. Decision 0015 says why SHA-1 is off.
#pragma once

#include <cstdint>

#include "base/instant.h"

namespace resolver::dnssec {

// IANA "DNS Security Algorithm Numbers".
namespace algorithm {
inline constexpr uint8_t kRsaSha1 = 5;
inline constexpr uint8_t kRsaSha1Nsec3 = 7;
inline constexpr uint8_t kRsaSha256 = 8;
inline constexpr uint8_t kRsaSha512 = 10;
inline constexpr uint8_t kEcdsaP256 = 13;
inline constexpr uint8_t kEcdsaP384 = 14;
inline constexpr uint8_t kEd25519 = 15;
inline constexpr uint8_t kEd448 = 16;
}  // namespace algorithm

// IANA "DS RR Type Digest Algorithms".
namespace digest_type {
inline constexpr uint8_t kSha1 = 1;
inline constexpr uint8_t kSha256 = 2;
inline constexpr uint8_t kSha384 = 4;
}  // namespace digest_type

struct Policy {
  bool sha1_signatures = false;        // algorithms 5 and 7 (RFC 9905 §2: operators treat them as unsupported)
  bool sha1_digests = false;           // DS digest type 1
  uint16_t nsec3_iterations_max = 50;  // above: insecure with EDE 27 (RFC 9276 §3.2)
  // A signature counts for so long before its inception and after its expiration: clocks differ.
  uint32_t skew_s_max = 300;  // chosen; and never more than a tenth of the signature's life
};

[[nodiscard]] constexpr bool supports_algorithm(const Policy& policy, uint8_t number) {
  switch (number) {
    case algorithm::kRsaSha1:
    case algorithm::kRsaSha1Nsec3:
      return policy.sha1_signatures;
    case algorithm::kRsaSha256:
    case algorithm::kRsaSha512:
    case algorithm::kEcdsaP256:
    case algorithm::kEcdsaP384:
    case algorithm::kEd25519:
    case algorithm::kEd448:
      return true;
    default:
      return false;
  }
}

[[nodiscard]] constexpr bool supports_digest(const Policy& policy, uint8_t number) {
  if (number == digest_type::kSha1) return policy.sha1_digests;
  return number == digest_type::kSha256 || number == digest_type::kSha384;
}

// RFC 1982 §3.2: `left` comes before `right`; false for equal numbers and for those 2^31 apart.
[[nodiscard]] constexpr bool serial_before(uint32_t left, uint32_t right) {
  return left != right && right - left < 0x8000'0000U;
}

enum class SignatureTime : uint8_t { kValid, kNotYet, kExpired, kExpiredBeforeValid };

// RFC 4034 §3.1.5: the times are numbers modulo 2^32, compared as serials.
[[nodiscard]] constexpr SignatureTime signature_time(const Policy& policy, base::WallTime now, uint32_t inception,
                                                     uint32_t expiration) {
  if (serial_before(expiration, inception)) return SignatureTime::kExpiredBeforeValid;
  const uint32_t tenth = (expiration - inception) / 10;
  const uint32_t skew = policy.skew_s_max < tenth ? policy.skew_s_max : tenth;
  const auto now_s = static_cast<uint32_t>(now.seconds_since_1970);
  if (serial_before(now_s, inception - skew)) return SignatureTime::kNotYet;
  if (serial_before(expiration + skew, now_s)) return SignatureTime::kExpired;
  return SignatureTime::kValid;
}

// Seconds until the signature expires; 0 within the skew after it.
[[nodiscard]] constexpr uint32_t signature_left_s(base::WallTime now, uint32_t expiration) {
  const auto now_s = static_cast<uint32_t>(now.seconds_since_1970);
  return serial_before(now_s, expiration) ? expiration - now_s : 0;
}

}  // namespace resolver::dnssec
