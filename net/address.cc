#include "net/address.h"

#include <algorithm>
#include <cstring>

namespace net {

socklen_t to_socket_address(const base::Endpoint& endpoint, uint32_t scope, SocketAddress& out) {
  out = SocketAddress{};
  std::memset(&out, 0, sizeof(out));
  const base::Bytes bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(endpoint.port);
    std::memcpy(&out.v4.sin_addr, bytes.data(), bytes.size());
    return sizeof(sockaddr_in);
  }
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(endpoint.port);
  std::memcpy(&out.v6.sin6_addr, bytes.data(), bytes.size());
  if (is_link_local_v6(endpoint.address)) out.v6.sin6_scope_id = scope;
  return sizeof(sockaddr_in6);
}

base::Endpoint to_endpoint(const SocketAddress& address) {
  base::Endpoint endpoint;
  if (address.any.sa_family == AF_INET) {
    endpoint.address = base::IpAddress::v4({reinterpret_cast<const uint8_t*>(&address.v4.sin_addr), 4});
    endpoint.port = ntohs(address.v4.sin_port);
  } else if (address.any.sa_family == AF_INET6) {
    endpoint.address = base::IpAddress::v6({reinterpret_cast<const uint8_t*>(&address.v6.sin6_addr), 16});
    endpoint.port = ntohs(address.v6.sin6_port);
  }
  return endpoint;
}

bool is_wildcard(const base::IpAddress& address) {
  const base::Bytes bytes = address.bytes();
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

bool is_link_local_v6(const base::IpAddress& address) {
  return !address.is_v4() && address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0x80;
}

}  // namespace net
