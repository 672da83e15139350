// base::Endpoint <-> the kernel's socket addresses. The only file that touches sockaddr layouts.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "base/ip.h"

namespace net {

// Room for either family, and no more: arrays of these lie in the packet path.
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};
static_assert(sizeof(SocketAddress) == 28);

// `scope` is the interface of a link-local IPv6 address, else ignored.
// Returns the length that bind, connect and sendmsg want.
socklen_t to_socket_address(const base::Endpoint& endpoint, uint32_t scope, SocketAddress& out);
[[nodiscard]] base::Endpoint to_endpoint(const SocketAddress& address);

[[nodiscard]] bool is_wildcard(const base::IpAddress& address);
[[nodiscard]] bool is_link_local_v6(const base::IpAddress& address);

}  // namespace net
