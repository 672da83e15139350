// EDNS(0), RFC 6891: the OPT record and its options. One pass, first occurrence of an option
// wins, unknown options are kept as bytes so that they can be carried over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "wire/parse_error.h"
#include "wire/types.h"

namespace wire {

// RFC 9715 / DNS flag day 2020: no IP fragments.
inline constexpr uint16_t kEdnsPayloadBytes = 1232;
inline constexpr uint16_t kUdpPayloadBytesMin = 512;  // RFC 6891 §6.2.3: smaller values count as 512
inline constexpr size_t kClientCookieBytes = 8;
inline constexpr size_t kServerCookieBytesMin = 8;  // RFC 7873 §4
inline constexpr size_t kServerCookieBytesMax = 32;

struct CookieOption {
  base::Bytes client;  // 8 bytes
  base::Bytes server;  // 0, or 8 to 32 bytes
};

struct ExtendedErrorOption {
  ExtendedError code = ExtendedError::kOther;
  std::string_view text;  // as sent; may be empty; not checked to be UTF-8
};

struct Edns {
  // Written out: what `= default` makes sets all bytes to zero first, for each query anew.
  Edns() {}  // NOLINT(modernize-use-equals-default)

  uint16_t payload_bytes = 0;  // as sent
  uint8_t extended_rcode = 0;  // upper eight bits
  uint8_t version = 0;
  bool dnssec_ok = false;
  base::Bytes options;  // the whole RDATA

  // A cookie option of illegal length gives `malformed_cookie` (RFC 7873 §5.2.2: FORMERR).
  std::optional<CookieOption> cookie;
  bool malformed_cookie = false;
  std::optional<ExtendedErrorOption> extended_error;  // the first
  bool nsid_requested = false;
  bool keepalive_requested = false;

  // `klass`, `ttl` and `rdata` of the OPT record. kBadOpt when the options overrun the RDATA.
  static Parsed<Edns> parse(uint16_t klass, uint32_t ttl, base::Bytes rdata);
  // The same in place, for an object as it is when made: nothing when it is well.
  [[nodiscard]] std::optional<ParseError> read(uint16_t klass, uint32_t ttl, base::Bytes rdata) {
    payload_bytes = klass;
    extended_rcode = static_cast<uint8_t>(ttl >> 24);
    version = static_cast<uint8_t>(ttl >> 16);
    dnssec_ok = (ttl & 0x8000U) != 0;
    options = rdata;
    // What the RDATA of another version looks like is not known (RFC 6891 §6.1.3).
    if (version != 0 || rdata.empty()) return std::nullopt;
    return read_options(rdata);
  }

 private:
  [[nodiscard]] std::optional<ParseError> read_options(base::Bytes rdata);
};

}  // namespace wire
