// The numbers of DNS: types, classes, RCODEs, opcodes, EDNS options, extended errors, with the
// names of the IANA registries. Values that are not listed are legal (RFC 3597): cast them.
#pragma once

#include <cstdint>
#include <string>

namespace wire {

enum class Type : uint16_t {
  kNone = 0, kA = 1, kNs = 2, kMd = 3, kMf = 4, kCname = 5, kSoa = 6, kMb = 7, kMg = 8, kMr = 9,
  kNull = 10, kWks = 11, kPtr = 12, kHinfo = 13, kMinfo = 14, kMx = 15, kTxt = 16, kRp = 17,
  kAfsdb = 18, kX25 = 19, kIsdn = 20, kRt = 21, kNsap = 22, kNsapPtr = 23, kSig = 24, kKey = 25,
  kPx = 26, kGpos = 27, kAaaa = 28, kLoc = 29, kNxt = 30, kEid = 31, kNimloc = 32, kSrv = 33,
  kAtma = 34, kNaptr = 35, kKx = 36, kCert = 37, kA6 = 38, kDname = 39, kSink = 40, kOpt = 41,
  kApl = 42, kDs = 43, kSshfp = 44, kIpseckey = 45, kRrsig = 46, kNsec = 47, kDnskey = 48,
  kDhcid = 49, kNsec3 = 50, kNsec3param = 51, kTlsa = 52, kSmimea = 53, kHip = 55, kNinfo = 56,
  kRkey = 57, kTalink = 58, kCds = 59, kCdnskey = 60, kOpenpgpkey = 61, kCsync = 62,
  kZonemd = 63, kSvcb = 64, kHttps = 65, kSpf = 99, kNid = 104, kL32 = 105, kL64 = 106, kLp = 107,
  kEui48 = 108, kEui64 = 109, kTkey = 249, kTsig = 250, kIxfr = 251, kAxfr = 252, kMailb = 253,
  kMaila = 254, kAny = 255, kUri = 256, kCaa = 257, kTa = 32768, kDlv = 32769
};

enum class Class : uint16_t { kIn = 1, kChaos = 3, kHesiod = 4, kNone = 254, kAny = 255 };

// Extended RCODEs (RFC 6891 §6.1.3): values above 15 need an OPT record.
enum class Rcode : uint16_t {
  kNoerror = 0, kFormerr = 1, kServfail = 2, kNxdomain = 3, kNotimp = 4, kRefused = 5,
  kYxdomain = 6, kYxrrset = 7, kNxrrset = 8, kNotauth = 9, kNotzone = 10, kBadvers = 16,
  kBadcookie = 23
};

enum class Opcode : uint8_t { kQuery = 0, kIquery = 1, kStatus = 2, kNotify = 4, kUpdate = 5, kDso = 6 };

enum class OptionCode : uint16_t {
  kNsid = 3, kClientSubnet = 8, kCookie = 10, kKeepalive = 11, kPadding = 12, kExtendedError = 15
};

// RFC 8914 §4 and the registry.
enum class ExtendedError : uint16_t {
  kOther = 0, kUnsupportedAlgorithm = 1, kUnsupportedDigest = 2, kStaleAnswer = 3, kForged = 4,
  kIndeterminate = 5, kBogus = 6, kSignatureExpired = 7, kSignatureNotYetValid = 8,
  kDnskeyMissing = 9, kRrsigsMissing = 10, kNoZoneKeyBit = 11, kNsecMissing = 12,
  kCachedError = 13, kNotReady = 14, kBlocked = 15, kCensored = 16, kFiltered = 17,
  kProhibited = 18, kStaleNxdomain = 19, kNotAuthoritative = 20, kNotSupported = 21,
  kNoReachableAuthority = 22, kNetworkError = 23, kInvalidData = 24, kSignatureExpiredEarly = 25,
  kTooEarly = 26, kNsec3Iterations = 27, kUnableToConform = 28, kSynthesized = 29
};

// 128 to 255 and OPT: never data, never asked of a server (RFC 6895 §3.1). ANY is among them.
[[nodiscard]] constexpr bool is_meta_type(Type type) {
  const auto number = static_cast<uint16_t>(type);
  return type == Type::kOpt || (number >= 128 && number <= 255) || number == 0;
}

// "A", "TYPE65280" (RFC 3597 §5); "NOERROR", "RCODE11"; "IN", "CLASS9".
[[nodiscard]] std::string to_text(Type type);
[[nodiscard]] std::string to_text(Rcode rcode);
[[nodiscard]] std::string to_text(Class klass);

}  // namespace wire
