#include "server/preflight.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace server {
namespace {

constexpr uint16_t kPrivilegedPortMax = 1023;
constexpr int kPauseBetweenTries_ms = 20;

std::string sentence(const base::Endpoint& endpoint, const char* transport, int reason) {
  const std::string where = std::string("cannot listen on ") + endpoint.to_text() + " (" + transport + "): ";
  if (reason == EADDRINUSE) return where + "another process uses it; stop that process, or choose another port";
  if (reason == EACCES && endpoint.port <= kPrivilegedPortMax) {
    return where + "ports below 1024 need root; start as root, or choose a port like 5300";
  }
  if (reason == EADDRNOTAVAIL) return where + "this machine has no such address; choose one that `ip address` shows";
  if (reason == EAFNOSUPPORT) return where + "this machine has no IPv6; remove the address from [server] listen";
  return where + std::strerror(reason) + "; choose another address";
}

int try_bind(const base::Endpoint& endpoint, int type) {
  const base::Bytes bytes = endpoint.address.bytes();
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  const int descriptor = socket(family, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int one = 1;
  // TCP: connections of an earlier run that still time out are no obstacle; a listener is.
  if (type == SOCK_STREAM) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  int status = 0;
  if (endpoint.address.is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, bytes.data(), bytes.size());
    status = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  } else {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
    status = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  int reason = status == 0 ? 0 : errno;
  if (reason == 0 && type == SOCK_STREAM && listen(descriptor, 1) != 0) reason = errno;
  close(descriptor);
  return reason;
}

int try_bind(const base::Endpoint& endpoint, int type, int tries) {
  for (;; --tries) {
    const int reason = try_bind(endpoint, type);
    if (reason != EADDRINUSE || tries <= 1) return reason;
    poll(nullptr, 0, kPauseBetweenTries_ms);
  }
}

}  // namespace

base::Result<void, std::string> check_endpoint_free(const base::Endpoint& endpoint, int tries) {
  if (const int reason = try_bind(endpoint, SOCK_DGRAM, tries); reason != 0)
    return base::error(sentence(endpoint, "udp", reason));
  if (const int reason = try_bind(endpoint, SOCK_STREAM, tries); reason != 0)
    return base::error(sentence(endpoint, "tcp", reason));
  return {};
}

}  // namespace server
