// compose_answer: the one function that makes a client's answer, for hits and misses alike: the
// header's flags, the client's own question (its letter case survives), the records of a chain of
// entries with owners and TTLs patched, the SOA of a denial, OPT with cookie, NSID and EDE,
// truncation by the client's size (RFC 6891 §6.2.5; over UDP never above kEdnsPayloadBytes).
//
// The chain: each alias link an RRset entry (CNAME; a DNAME stands before the CNAME that was made
// from it), then the RRset asked for, or a denial. Empty for errors.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/counters.h"
#include "base/instant.h"
#include "cache/entry.h"
#include "resolver/client.h"
#include "resolver/options.h"
#include "wire/query.h"

namespace resolver {

// Links of an alias chain that are followed: BIND and Unbound stop at 11 as well.
inline constexpr size_t kAliasLinksMax = 11;
inline constexpr size_t kUdpAnswerBytesMax = 1232;
inline constexpr size_t kAnswerBytesMax = 65535;

// ANY is answered with one RRset (RFC 8482 §4.1): the question resolved is another.
[[nodiscard]] constexpr wire::Type type_to_resolve(wire::Type type) {
  return type == wire::Type::kAny ? wire::Type::kA : type;
}

struct AnswerParts {
  wire::Rcode rcode = wire::Rcode::kNoerror;
  std::span<const cache::Entry* const> chain{};
  std::optional<wire::ExtendedError> error{};
  std::string_view error_text{};
  std::optional<wire::ExtendedError> cause{};  // why the error is: of stale data, what validation said of the new
  uint32_t expired_ttl_s = 0;  // the TTL of records past theirs (RFC 8767 §4), where a stale answer is given
  bool authentic = false;      // AD, where the client asked for it (RFC 6840 §5.7)
  // Not 0: the chain is one fresh RRset with so much TTL left, found by the question's name and type: most hits.
  uint32_t plain_ttl_s = 0;
};

// REQUIRES: out.size() >= kUdpAnswerBytesMax (UDP) or kAnswerBytesMax (TCP). Returns the size.
size_t compose_answer(base::Now now, const ClientQuery& client, const wire::Query& query, const AnswerParts& parts,
                      const AnswerPolicy& policy, base::MutableBytes out);

// By what `answer` says, which may differ from what was meant (RFC 8509); an extended RCODE is not in its header.
inline void count_answer(base::Counters& counters, wire::Rcode meant, base::Bytes answer) {
  const bool is_extended = static_cast<uint16_t>(meant) > 15;
  const auto said = is_extended ? meant : static_cast<wire::Rcode>(answer[3] & 0x0F);
  counters.add(said == wire::Rcode::kNoerror    ? base::Counter::kAnswerNoerror
               : said == wire::Rcode::kNxdomain ? base::Counter::kAnswerNxdomain
               : said == wire::Rcode::kServfail ? base::Counter::kAnswerServfail
                                                : base::Counter::kAnswerOther);
  if ((answer[2] & 0x02) != 0) counters.add(base::Counter::kClientTruncated);
}

}  // namespace resolver
