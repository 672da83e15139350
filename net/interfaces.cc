#include "net/interfaces.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace net {

std::vector<base::IpAddress> interface_addresses() {
  std::vector<base::IpAddress> addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return addresses;
  for (const ifaddrs* item = list; item != nullptr; item = item->ifa_next) {
    if (item->ifa_addr == nullptr) continue;
    if (item->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4;
      std::memcpy(&v4, item->ifa_addr, sizeof(v4));
      std::array<uint8_t, 4> bytes;
      std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
      addresses.push_back(base::IpAddress::v4(bytes));
    } else if (item->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6;
      std::memcpy(&v6, item->ifa_addr, sizeof(v6));
      std::array<uint8_t, 16> bytes;
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      addresses.push_back(base::IpAddress::v6(bytes));
    }
  }
  freeifaddrs(list);
  return addresses;
}

std::vector<base::Endpoint> expand_wildcards(const std::vector<base::Endpoint>& endpoints,
                                             const std::vector<base::IpAddress>& addresses) {
  std::vector<base::Endpoint> expanded;
  for (const base::Endpoint& endpoint : endpoints) {
    expanded.push_back(endpoint);
    const base::Bytes bytes = endpoint.address.bytes();
    if (!std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; })) continue;
    for (const base::IpAddress& address : addresses) {
      if (address.family() == endpoint.address.family()) expanded.push_back({address, endpoint.port});
    }
  }
  return expanded;
}

}  // namespace net
