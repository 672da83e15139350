// What a resolver tells about its root anchors: the root key sentinel (RFC 8509), asked by clients, and
// the key tag signal (RFC 8145), told to the zone's servers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "resolver/dnssec/reason.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver::dnssec {

enum class Sentinel : uint8_t {
  kNone,      // answer as ever
  kServfail,  // the answer to the test is "no": RCODE SERVFAIL
};

// RFC 8509 §2: only A and AAAA, with CD clear, and an answer that was found secure. The first label is
// root-key-sentinel-is-ta-NNNNN or root-key-sentinel-not-ta-NNNNN, the number of five digits.
[[nodiscard]] Sentinel decide_sentinel(wire::NameView name, wire::Type type, bool checking_disabled, Security security,
                                       const std::vector<uint16_t>& root_key_tags);

inline constexpr std::string_view kSentinelIsTa = "root-key-sentinel-is-ta-";
inline constexpr std::string_view kSentinelNotTa = "root-key-sentinel-not-ta-";
inline constexpr size_t kSentinelDigits = 5;

// By the length of its first label alone: nearly always not.
[[nodiscard]] inline bool may_be_sentinel(base::Bytes question) {
  return !question.empty() && (question[0] == kSentinelIsTa.size() + kSentinelDigits ||
                               question[0] == kSentinelNotTa.size() + kSentinelDigits);
}

// RFC 8145 §5.1: "_ta-4f66-9728.<zone>", asked with type NULL. `key_tags` rising; nothing when there is
// none, or no name long enough.
[[nodiscard]] std::optional<wire::Name> key_tag_query_name(wire::NameView zone, const std::vector<uint16_t>& key_tags);
// RFC 8145 §4.1: the value of EDNS option 14 in a query for a zone's DNSKEY.
[[nodiscard]] std::vector<uint8_t> key_tag_option(const std::vector<uint16_t>& key_tags);

}  // namespace resolver::dnssec
