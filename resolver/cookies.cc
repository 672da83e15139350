#include "resolver/cookies.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace resolver {
namespace {

// RFC 9018 §4:
//
//   | version 1 | reserved 3 | timestamp 4 | hash 8 |
//
//   hash = SipHash-2-4(client cookie | version | reserved | timestamp | client address)
constexpr size_t kServerCookieBytes = 16;
constexpr size_t kHashedHeadBytes = 8;  // version, reserved, timestamp
constexpr uint8_t kVersion = 1;
constexpr size_t kAddressBytesMax = 16;
constexpr uint8_t kClientCookieTag = 'c';  // keeps these hashes apart from others under the secret

// SipHash's result is a byte string: least significant byte first.
void store_hash(uint64_t hash, uint8_t* out) {
  for (size_t index = 0; index < 8; ++index) out[index] = static_cast<uint8_t>(hash >> (8 * index));
}

void hash_server_cookie(const base::KeyedHash& secret, const base::IpAddress& client, base::Bytes client_cookie,
                        base::Bytes head, uint8_t* out) {
  std::array<uint8_t, wire::kClientCookieBytes + kHashedHeadBytes + kAddressBytesMax> input{};
  uint8_t* end = std::copy(client_cookie.begin(), client_cookie.end(), input.data());
  end = std::copy(head.begin(), head.end(), end);
  const base::Bytes address = client.bytes();
  end = std::copy(address.begin(), address.end(), end);
  store_hash(secret({input.data(), static_cast<size_t>(end - input.data())}), out);
}

}  // namespace

ClientCookie make_client_cookie(const base::KeyedHash& secret, const base::IpAddress& server) {
  std::array<uint8_t, 1 + kAddressBytesMax> input{kClientCookieTag};
  const base::Bytes address = server.bytes();
  std::copy(address.begin(), address.end(), input.begin() + 1);
  ClientCookie cookie;
  store_hash(secret({input.data(), 1 + address.size()}), cookie.data());
  return cookie;
}

CookieVerdict check_server_cookie(base::WallTime now, const base::KeyedHash& secret, const base::IpAddress& client,
                                  const wire::CookieOption& cookie) {
  const bool well_formed =
      cookie.client.size() == wire::kClientCookieBytes && cookie.server.size() == kServerCookieBytes;
  if (!well_formed || cookie.server[0] != kVersion) return CookieVerdict::kInvalid;
  // Serial number arithmetic (RFC 9018 §4.3, RFC 1982): the difference of 32 bits, signed.
  const auto age_s =
      static_cast<int32_t>(static_cast<uint32_t>(now.seconds_since_1970) - base::load_be32(&cookie.server[4]));
  if (age_s > kCookieAgeMax_s || age_s < -kCookieFutureMax_s) return CookieVerdict::kInvalid;
  std::array<uint8_t, 8> expected;
  hash_server_cookie(secret, client, cookie.client, cookie.server.first(kHashedHeadBytes), expected.data());
  // Without an early end, so that the time taken tells nothing about the hash.
  uint8_t difference = 0;
  for (size_t index = 0; index < expected.size(); ++index) {
    difference = static_cast<uint8_t>(difference | (expected[index] ^ cookie.server[kHashedHeadBytes + index]));
  }
  if (difference != 0) return CookieVerdict::kInvalid;
  return age_s > kCookieRenewAfter_s ? CookieVerdict::kRenew : CookieVerdict::kValid;
}

void write_cookie_option(base::WallTime now, const base::KeyedHash& secret, const base::IpAddress& client,
                         base::Bytes client_cookie, std::array<uint8_t, 24>& out) {
  CHECK(client_cookie.size() == wire::kClientCookieBytes);
  std::copy(client_cookie.begin(), client_cookie.end(), out.begin());
  uint8_t* const server = out.data() + wire::kClientCookieBytes;
  base::store_be32(server, uint32_t{kVersion} << 24);
  base::store_be32(server + 4, static_cast<uint32_t>(now.seconds_since_1970));
  hash_server_cookie(secret, client, client_cookie, {server, kHashedHeadBytes}, server + kHashedHeadBytes);
}

}  // namespace resolver
