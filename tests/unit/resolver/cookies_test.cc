#include "resolver/cookies.h"

#include <algorithm>

#include "tests/unit/resolver/support.h"

namespace {

using resolver::check_server_cookie;
using resolver::CookieVerdict;
using resolver_test::address;

std::vector<uint8_t> hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<uint8_t> bytes;
  for (size_t at = 0; at < text.size(); at += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(text[at]) * 16 + digit(text[at + 1])));
  }
  return bytes;
}

base::KeyedHash keyed(std::string_view secret_hex) {
  base::KeyedHash::Secret secret{};
  const auto bytes = hex(secret_hex);
  std::copy(bytes.begin(), bytes.end(), secret.begin());
  return base::KeyedHash(secret);
}

// RFC 9018 Appendix A.
struct Vector {
  const char* secret;
  const char* client_address;
  const char* client_cookie;
  int64_t at;
  const char* server_cookie;
};
constexpr Vector kMade[] = {
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957", 1559731985,
     "010000005cf79f111f8130c3eee29480"},
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957", 1559734385,
     "010000005cf7a871d4a564a1442aca77"},
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203", "fc93fc62807ddb86", 1559734700,
     "010000005cf7a9acf73a7810aca2381e"},
    {"445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298", 1559741961,
     "010000005cf7c609a6bb79d16625507a"},
};

TEST(ServerCookie, VectorsOfTheRfc) {
  for (const Vector& vector : kMade) {
    const base::KeyedHash secret = keyed(vector.secret);
    const auto client = hex(vector.client_cookie);
    std::array<uint8_t, 24> out{};
    resolver::write_cookie_option({vector.at}, secret, address(vector.client_address), client, out);
    auto expected = client;
    const auto server = hex(vector.server_cookie);
    expected.insert(expected.end(), server.begin(), server.end());
    EXPECT_TRUE(std::equal(out.begin(), out.end(), expected.begin(), expected.end())) << vector.client_address;
    EXPECT_EQ(check_server_cookie({vector.at}, secret, address(vector.client_address), {client, server}), CookieVerdict::kValid);
  }
}

TEST(ServerCookie, ReservedBytesAreHashedAsTheyCame) {
  const auto client = hex("fc93fc62807ddb86");
  const auto server = hex("01abcdef5cf78f71a314227b6679ebf5");  // RFC 9018 A.3
  EXPECT_EQ(check_server_cookie({1559728000}, keyed("e5e973e5a6b2a43f48e7dc849e37bfcf"), address("203.0.113.203"), {client, server}),
            CookieVerdict::kValid);
}

TEST(ServerCookie, VerdictByAge) {
  const base::KeyedHash secret = keyed("e5e973e5a6b2a43f48e7dc849e37bfcf");
  const auto client = hex("2464c4abcf10c957");
  struct Row {
    int64_t age_s;
    CookieVerdict expected;
  };
  constexpr Row kRows[] = {
      {-301, CookieVerdict::kInvalid}, {-300, CookieVerdict::kValid}, {0, CookieVerdict::kValid},
      {1800, CookieVerdict::kValid},   {1801, CookieVerdict::kRenew}, {3600, CookieVerdict::kRenew},
      {3601, CookieVerdict::kInvalid},
  };
  // The last start wraps the 32-bit clock in between (RFC 1982).
  for (const int64_t made : {int64_t{1559731985}, int64_t{0x1'0000'0000} - 10}) {
    std::array<uint8_t, 24> out{};
    resolver::write_cookie_option({made}, secret, address("192.0.2.1"), client, out);
    const base::Bytes server = base::Bytes(out).subspan(8);
    for (const Row& row : kRows) {
      EXPECT_EQ(check_server_cookie({made + row.age_s}, secret, address("192.0.2.1"), {client, server}), row.expected) << row.age_s;
    }
  }
}

TEST(ServerCookie, AnyChangedByteIsInvalid) {
  const base::KeyedHash secret = keyed("e5e973e5a6b2a43f48e7dc849e37bfcf");
  const auto client = hex("2464c4abcf10c957");
  std::array<uint8_t, 24> out{};
  resolver::write_cookie_option({1559731985}, secret, address("192.0.2.1"), client, out);
  for (size_t at = 0; at < out.size(); ++at) {
    auto changed = out;
    changed[at] ^= 1;
    const base::Bytes bytes(changed);
    EXPECT_EQ(check_server_cookie({1559731985}, secret, address("192.0.2.1"), {bytes.first(8), bytes.subspan(8)}),
              CookieVerdict::kInvalid) << at;
  }
  const base::Bytes bytes(out);
  EXPECT_EQ(check_server_cookie({1559731985}, secret, address("192.0.2.2"), {bytes.first(8), bytes.subspan(8)}), CookieVerdict::kInvalid);
  EXPECT_EQ(check_server_cookie({1559731985}, secret, address("192.0.2.1"), {bytes.first(8), bytes.subspan(8, 8)}), CookieVerdict::kInvalid);
  EXPECT_EQ(check_server_cookie({1559731985}, secret, address("192.0.2.1"), {bytes.first(8), {}}), CookieVerdict::kInvalid);
}

TEST(ClientCookie, OneForEachServerAndSecret) {
  const base::KeyedHash secret = keyed("e5e973e5a6b2a43f48e7dc849e37bfcf");
  const base::KeyedHash other = keyed("445536bcd2513298075a5d379663c962");
  const auto cookie = resolver::make_client_cookie(secret, address("192.0.2.1"));
  EXPECT_EQ(cookie, resolver::make_client_cookie(secret, address("192.0.2.1")));
  EXPECT_NE(cookie, resolver::make_client_cookie(secret, address("192.0.2.2")));
  EXPECT_NE(cookie, resolver::make_client_cookie(secret, address("2001:db8::1")));
  EXPECT_NE(cookie, resolver::make_client_cookie(other, address("192.0.2.1")));
}

}  // namespace
