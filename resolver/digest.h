// digest_response: what a server's response means for the question that was asked, and what of it
// may be learned. Pure: the one place of classification, bailiwick scrubbing (RFC 5452 §6, RFC 2181
// §5.4.1) and ranking. Everything that was not asked for and is not needed is dropped and counted.
//
//   answer      only the alias chain from the question's name on, each owner within the asked zone;
//               a DNAME is checked, its CNAME is made here, never believed (RFC 6672 §3)
//   authority   the SOA of a denial (owner: the zone or between it and the name), the NS set of a referral
//               (owner strictly below the zone and at or above the name), the zone's own NS set
//               with DO: NSEC and NSEC3 within the zone, the DS set of a referral; what they prove is the
//               validator's to say
//   additional  addresses of that NS set whose names lie within the asked zone (glue)
//
// Without AA: believed with a lower rank where RA is clear (some servers forget AA); with RA set it is a
// recursive resolver speaking of what it heard: lame. A chain that loops, leaves the zone or is longer than
// twelve aliases is kAlias: `target` may stand in the chain already, which the caller counts as a loop.
// As a last resort (`Asked::last_resort`), when no server of the zone does better, what was heard is taken,
// and so is NODATA whose SOA is not the zone's (the SOA is dropped), or that has neither AA nor SOA: load
// balancers do that. NXDOMAIN never is.
// A question for DS whose servers refer to the very name asked is kReferral; that there is no DS is the
// caller's conclusion.
//
// Of a forwarder only the alias chain and its denial are taken, with the rank of an answer without AA,
// whatever its AA bit: no NS set, no glue, so that it can give no delegation (MaginotDNS); a referral from
// it is lame. RA without AA is what a forwarder should say.
//
// The caller has matched id, peer, port and question before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cache/delegation.h"
#include "cache/entry.h"
#include "resolver/routes.h"
#include "wire/message.h"

namespace resolver {

struct Asked {
  wire::NameView name;     // the question as asked (perhaps minimised)
  wire::Type type;
  wire::NameView zone;     // whose servers were asked
  bool of_forwarder = false;
  // A chain ends where another route begins: its names are asked there, whatever these servers say of them.
  const RouteTable* routes = nullptr;  // nullptr: one route for all
  bool wants_proofs = false;           // DO was sent: proofs and DS are looked for
  bool last_resort = false;            // no server of the zone does better: see above
};

enum class ResponseClass : uint8_t {
  kAnswer,      // the chain ends in the RRset asked for
  kAlias,       // the chain ends in an alias whose target must be asked for (`target`)
  kNodata,      // the chain ends in a name without the type; `soa` if there was one
  kNxdomain,    // the chain ends in a name that does not exist
  kReferral,    // `referral` is nearer to the name
  kTruncated,   // ask again over TCP; nothing was learned
  kLame,        // not a server for the zone: no AA and no data, upward or sideways referral
  kServfail,
  kRefused,     // REFUSED, NOTAUTH
  kFormerr,     // FORMERR, NOTIMP: perhaps because of EDNS
  kBadvers,
  kBadcookie,
  kYxdomain,    // a DNAME made a name that is too long (RFC 6672 §2.2)
  kBroken,      // contradicts itself or holds broken RDATA: as if it had not come
};

// RRsets above these bounds are cut off as broken (CVE-2024-1737, attacks row 35).
inline constexpr size_t kRecordsPerRrsetMax = 256;
inline constexpr size_t kRrsetBytesMax = 60'000;
inline constexpr size_t kRrsigsPerRrsetMax = 8;
inline constexpr size_t kProofsMax = 16;

struct LearnedRrset {
  wire::Name owner;
  wire::Type type = wire::Type::kNone;
  uint32_t ttl_s = 0;                  // lowest of the set (RFC 2181 §5.2); top bit set counts as the maximum
  uint16_t record_count = 0;
  uint16_t signature_count = 0;
  std::vector<uint8_t> rendered;       // wire/rendered.h; duplicates removed
  std::vector<uint8_t> signatures;
  cache::Rank rank = cache::Rank::kAuthAnswer;
  // What validation adds (resolver/validation.h).
  cache::Validation validation = cache::Validation::kUnchecked;
  std::vector<uint8_t> proofs;  // cache/proofs.h: that a wildcard made it rightly
};

struct LearnedDelegation {
  cache::Delegation delegation;
  uint32_t ttl_s = 0;
};

struct ResponseDigest {
  ResponseClass response_class = ResponseClass::kBroken;
  std::vector<LearnedRrset> chain;             // alias links in order, then the answer
  wire::Name target;                           // where the chain ended
  std::optional<LearnedRrset> soa;             // of a denial
  uint32_t negative_ttl_s = 0;                 // min(SOA TTL, MINIMUM), RFC 2308 §5; 0 without SOA
  std::optional<LearnedDelegation> referral;
  std::optional<LearnedDelegation> child_ns;   // the asked zone's own NS set from an AA response
  uint32_t scrubbed_records = 0;
  // EDE 3 or 19 of a forwarder: what it gives is past its TTL there, so it must not be cached as fresh.
  std::optional<wire::ExtendedError> stale_at_forwarder;
  std::vector<LearnedRrset> proofs;         // NSEC and NSEC3 of the authority section, at most kProofsMax
  std::optional<LearnedRrset> referral_ds;  // the DS RRset beside the NS set of a referral
  // What validation adds.
  cache::Validation denial_validation = cache::Validation::kUnchecked;
  std::vector<uint8_t> denial_proofs;  // cache/proofs.h
};

[[nodiscard]] ResponseDigest digest_response(const wire::MessageView& message, const Asked& asked);

}  // namespace resolver
