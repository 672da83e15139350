#include "resolver/query_builder.h"

#include <array>
#include <cstring>

#include "base/check.h"
#include "wire/edns.h"
#include "wire/writer.h"

namespace resolver {

std::vector<uint8_t> build_query(const QueryParts& parts) {
  std::array<uint8_t, wire::kUdpPayloadBytesMin> buffer;
  wire::Header header;
  header.id = parts.id;
  header.rd = parts.recursion_desired;
  wire::MessageWriter writer(buffer, buffer.size(), header);
  // 12 + 255 + 4 bytes of question and 11 + 28 of OPT always fit.
  CHECK(writer.question(parts.name, parts.type, wire::Class::kIn));
  if (parts.edns) {
    std::array<uint8_t, 64> options;
    size_t options_bytes = 0;
    if (parts.client_cookie) {
      std::array<uint8_t, wire::kClientCookieBytes + sizeof(cache::ServerCookie)> cookie;
      size_t cookie_bytes = parts.client_cookie->size();
      std::memcpy(cookie.data(), parts.client_cookie->data(), cookie_bytes);
      if (parts.server_cookie) {
        std::memcpy(cookie.data() + cookie_bytes, parts.server_cookie->data(), parts.server_cookie->size());
        cookie_bytes += parts.server_cookie->size();
      }
      CHECK(wire::append_option(options, options_bytes, wire::OptionCode::kCookie, {cookie.data(), cookie_bytes}));
    }
    CHECK(writer.opt(wire::kEdnsPayloadBytes, 0, parts.dnssec_ok, {options.data(), options_bytes}));
  }
  const base::Bytes message = writer.finish();
  return {message.begin(), message.end()};
}

}  // namespace resolver
