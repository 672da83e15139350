#include "wire/edns.h"

namespace wire {
namespace {

bool is_cookie_length(size_t bytes) {
  const size_t with_server = bytes - kClientCookieBytes;  // wraps for short ones; then it is too large
  return bytes == kClientCookieBytes ||
         (bytes > kClientCookieBytes && with_server >= kServerCookieBytesMin && with_server <= kServerCookieBytesMax);
}

void read_option(Edns& edns, uint16_t code, base::Bytes value) {
  // Only the codes with a meaning here; all others stay in edns.options.
  if (code == static_cast<uint16_t>(OptionCode::kCookie)) {
    if (edns.cookie || edns.malformed_cookie) return;
    if (!is_cookie_length(value.size())) {
      edns.malformed_cookie = true;
      return;
    }
    edns.cookie = CookieOption{value.first(kClientCookieBytes), value.subspan(kClientCookieBytes)};
  } else if (code == static_cast<uint16_t>(OptionCode::kExtendedError)) {
    // Shorter than its INFO-CODE: says nothing, and is no reason to discard a response.
    if (edns.extended_error || value.size() < 2) return;
    edns.extended_error = ExtendedErrorOption{static_cast<ExtendedError>(base::load_be16(value.data())),
                                              base::as_text(value.subspan(2))};
  } else if (code == static_cast<uint16_t>(OptionCode::kNsid)) {
    edns.nsid_requested = true;
  } else if (code == static_cast<uint16_t>(OptionCode::kKeepalive)) {
    edns.keepalive_requested = true;
  }
}

}  // namespace

std::optional<ParseError> Edns::read_options(base::Bytes rdata) {
  while (!rdata.empty()) {
    if (rdata.size() < 4) return ParseError::kBadOpt;
    const uint16_t code = base::load_be16(rdata.data());
    const size_t length = base::load_be16(rdata.data() + 2);
    if (rdata.size() - 4 < length) return ParseError::kBadOpt;
    read_option(*this, code, rdata.subspan(4, length));
    rdata = rdata.subspan(4 + length);
  }
  return std::nullopt;
}

Parsed<Edns> Edns::parse(uint16_t klass, uint32_t ttl, base::Bytes rdata) {
  Edns edns;
  if (const auto error = edns.read(klass, ttl, rdata)) return base::error(*error);
  return edns;
}

}  // namespace wire
