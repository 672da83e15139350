#include "net/interfaces.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace net {
namespace {

base::IpAddress address(const char* text) { return *base::IpAddress::parse(text); }

TEST(Interfaces, LoopbackIsAmongTheAddresses) {
  const auto addresses = interface_addresses();
  EXPECT_NE(std::find(addresses.begin(), addresses.end(), address("127.0.0.1")), addresses.end());
}

TEST(Interfaces, AWildcardStandsForEveryAddressOfItsFamily) {
  const std::vector<base::IpAddress> addresses = {address("192.0.2.1"), address("2001:db8::1"), address("192.0.2.2")};
  const std::vector<base::Endpoint> endpoints = {
      {address("0.0.0.0"), 53}, {address("192.0.2.9"), 54}, {address("::"), 55}};
  const std::vector<base::Endpoint> expected = {{address("0.0.0.0"), 53},   {address("192.0.2.1"), 53},
                                                {address("192.0.2.2"), 53}, {address("192.0.2.9"), 54},
                                                {address("::"), 55},        {address("2001:db8::1"), 55}};
  EXPECT_EQ(expand_wildcards(endpoints, addresses), expected);
}

}  // namespace
}  // namespace net
