#include "base/ip.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace {

using base::Endpoint;
using base::IpAddress;
using base::Prefix;

TEST(IpAddress, ParsesAndPrints) {
  const struct {
    const char* text;
    const char* printed;  // nullptr: does not parse
  } kRows[] = {
      {"192.0.2.1", "192.0.2.1"}, {"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"},
      {"::", "::"}, {"2001:DB8::1", "2001:db8::1"}, {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"", nullptr}, {"192.0.2", nullptr}, {"192.0.2.256", nullptr}, {"192.0.2.1.", nullptr}, {" 192.0.2.1", nullptr},
      {"2001:db8::1::", nullptr}, {"12345::", nullptr}, {"example.com", nullptr}, {"fe80::1%eth0", nullptr},
  };
  for (const auto& row : kRows) {
    const auto address = IpAddress::parse(row.text);
    ASSERT_EQ(address.has_value(), row.printed != nullptr) << row.text;
    if (address) {
      EXPECT_EQ(address->to_text(), row.printed);
    }
  }
}

TEST(IpAddress, FamiliesAreKeptApart) {
  const auto v4 = IpAddress::parse("1.2.3.4");
  const auto v6 = IpAddress::parse("102:304::");
  ASSERT_TRUE(v4 && v6);
  EXPECT_EQ(v4->bytes().size(), 4U);
  EXPECT_EQ(v6->bytes().size(), 16U);
  EXPECT_NE(*v4, *v6);
  const std::unordered_set<IpAddress> set = {*v4, *v6, *v4};
  EXPECT_EQ(set.size(), 2U);
}

TEST(Endpoint, ParsesAndPrints) {
  const struct {
    const char* text;
    const char* printed;
  } kRows[] = {
      {"192.0.2.1:5300", "192.0.2.1:5300"}, {"192.0.2.1", "192.0.2.1:53"}, {"192.0.2.1@853", "192.0.2.1:853"},
      {"[2001:db8::1]:5300", "[2001:db8::1]:5300"}, {"[2001:db8::1]", "[2001:db8::1]:53"},
      {"2001:db8::1", "[2001:db8::1]:53"}, {"2001:db8::1@5300", "[2001:db8::1]:5300"}, {"[::1]@54", "[::1]:54"},
      {"1.2.3.4:65535", "1.2.3.4:65535"},
      {"", nullptr}, {"192.0.2.1:", nullptr}, {"192.0.2.1:0", nullptr}, {"192.0.2.1:65536", nullptr},
      {"192.0.2.1:-1", nullptr}, {"192.0.2.1:53x", nullptr}, {"[2001:db8::1", nullptr}, {"[2001:db8::1]5300", nullptr},
      {"[2001:db8::1]:", nullptr}, {"192.0.2.1@", nullptr}, {":53", nullptr}, {"localhost:53", nullptr},
  };
  for (const auto& row : kRows) {
    const auto endpoint = Endpoint::parse(row.text, 53);
    ASSERT_EQ(endpoint.has_value(), row.printed != nullptr) << row.text;
    if (endpoint) {
      EXPECT_EQ(endpoint->to_text(), row.printed);
    }
  }
}

TEST(Prefix, ParsesMasksAndPrints) {
  const struct {
    const char* text;
    const char* printed;
  } kRows[] = {
      {"10.0.0.0/8", "10.0.0.0/8"}, {"10.1.2.3/8", "10.0.0.0/8"}, {"10.255.2.3/9", "10.128.0.0/9"},
      {"1.2.3.4", "1.2.3.4/32"}, {"0.0.0.0/0", "0.0.0.0/0"}, {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
      {"::1", "::1/128"}, {"::/0", "::/0"},
      {"10.0.0.0/33", nullptr}, {"10.0.0.0/", nullptr}, {"10.0.0.0/-1", nullptr}, {"10.0.0.0/8x", nullptr},
      {"::/129", nullptr}, {"10/8", nullptr}, {"/8", nullptr}, {"", nullptr},
  };
  for (const auto& row : kRows) {
    const auto prefix = Prefix::parse(row.text);
    ASSERT_EQ(prefix.has_value(), row.printed != nullptr) << row.text;
    if (prefix) {
      EXPECT_EQ(prefix->to_text(), row.printed);
    }
  }
}

TEST(Prefix, ContainsItsAddressesAndNoOthers) {
  const struct {
    const char* prefix;
    const char* address;
    bool contained;
  } kRows[] = {
      {"10.0.0.0/8", "10.255.255.255", true}, {"10.0.0.0/8", "11.0.0.0", false}, {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "::1", false}, {"::/0", "1.2.3.4", false}, {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.0", false}, {"192.0.2.0/31", "192.0.2.1", true}, {"192.0.2.0/31", "192.0.2.2", false},
      {"172.16.0.0/12", "172.31.1.1", true}, {"172.16.0.0/12", "172.32.0.0", false},
      {"2001:db8::/33", "2001:db8:7fff::", true}, {"2001:db8::/33", "2001:db8:8000::", false}, {"::1", "::1", true},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(Prefix::parse(row.prefix)->contains(*IpAddress::parse(row.address)), row.contained)
        << row.prefix << " " << row.address;
  }
}

}  // namespace
