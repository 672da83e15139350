// DNS cookies. Towards servers: a client cookie per server address (RFC 7873 §4.1, RFC 9018 §3).
// From clients: server cookies of RFC 9018 §4: version, timestamp, SipHash-2-4.
#pragma once

#include <array>
#include <cstdint>

#include "base/instant.h"
#include "base/ip.h"
#include "base/keyed_hash.h"
#include "wire/edns.h"

namespace resolver {

using ClientCookie = std::array<uint8_t, wire::kClientCookieBytes>;
[[nodiscard]] ClientCookie make_client_cookie(const base::KeyedHash& secret, const base::IpAddress& server);

enum class CookieVerdict : uint8_t { kValid, kRenew /* valid, older than half an hour */, kInvalid };
inline constexpr int64_t kCookieAgeMax_s = 3600;      // RFC 9018 §4.3
inline constexpr int64_t kCookieRenewAfter_s = 1800;
inline constexpr int64_t kCookieFutureMax_s = 300;

[[nodiscard]] CookieVerdict check_server_cookie(base::WallTime now, const base::KeyedHash& secret,
                                                const base::IpAddress& client, const wire::CookieOption& cookie);
// Writes client cookie and server cookie (8 + 16 bytes).
void write_cookie_option(base::WallTime now, const base::KeyedHash& secret, const base::IpAddress& client,
                         base::Bytes client_cookie, std::array<uint8_t, 24>& out);

}  // namespace resolver
