#include "net/socket.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/address.h"

namespace net {
namespace {

// Chosen: a burst of some ten thousand queries waits in the kernel while a worker is busy.
constexpr int kListenerReceiveBufferBytes = 4 << 20;
constexpr int kListenerSendBufferBytes = 1 << 20;
constexpr int kAcceptBacklog = 4096;  // the kernel lowers it to net.core.somaxconn

void set_option(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof(value)); }

int family_of(const base::IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

// Forged "packet too big" messages must neither shrink our datagrams into fragments nor stop
// them (IP_PMTUDISC_OMIT: ignore the path MTU, never set DF).
void ignore_path_mtu(int fd, const base::IpAddress& address) {
  if (address.is_v4()) set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  else set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
}

// The FORCE variant needs a privilege but is not capped by net.core.rmem_max.
void raise_buffer(int fd, int forced, int plain, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) != 0) set_option(fd, SOL_SOCKET, plain, bytes);
}

StartError listen_error(const base::Endpoint& endpoint, const char* transport, int errno_value) {
  const std::string where = endpoint.to_text() + " (" + transport + ")";
  switch (errno_value) {
    case EADDRINUSE:
      return {"cannot listen on " + where + ": another program uses this port; stop it or choose another port in "
              "[server] listen"};
    case EACCES:
    case EPERM:
      return {"cannot listen on " + where + ": permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE"};
    case EADDRNOTAVAIL:
      return {"cannot listen on " + where + ": this machine does not have the address; correct [server] listen"};
    case EAFNOSUPPORT:
      return {"cannot listen on " + where + ": this machine does not have this address family; remove it from "
              "[server] listen"};
    case EMFILE:
    case ENFILE:
      return {"cannot listen on " + where + ": out of file descriptors; raise the limit (ulimit -n)"};
    default:
      return {"cannot listen on " + where + ": " + std::strerror(errno_value)};
  }
}

base::Result<Descriptor, int> make_listener(const base::Endpoint& endpoint, int type) {
  Descriptor fd(socket(family_of(endpoint.address), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::error(errno);
  if (!endpoint.address.is_v4()) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  // For TCP: what is left of a former process's connections (TIME_WAIT) does not hold the port.
  if (type == SOCK_STREAM) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  SocketAddress address;
  const socklen_t length = to_socket_address(endpoint, 0, address);
  if (bind(fd.get(), &address.any, length) != 0) return base::error(errno);
  return fd;
}

OpenFailure open_failure_of(int errno_value) {
  if (is_own_lack(errno_value)) return OpenFailure::kNoDescriptor;
  switch (transport_error_of(errno_value)) {
    case TransportError::kUnreachable: return OpenFailure::kUnreachable;
    case TransportError::kRefused: return OpenFailure::kRefused;
    case TransportError::kOther: return OpenFailure::kOther;
  }
  UNREACHABLE();
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool wants_packet_info(const base::IpAddress& listening) {
  return is_wildcard(listening) || is_link_local_v6(listening);
}

base::Result<Descriptor, StartError> make_udp_listener(const base::Endpoint& endpoint) {
  auto fd = make_listener(endpoint, SOCK_DGRAM);
  if (!fd) return base::error(listen_error(endpoint, "UDP", fd.error()));
  ignore_path_mtu(fd->get(), endpoint.address);
  if (wants_packet_info(endpoint.address)) {
    if (endpoint.address.is_v4()) set_option(fd->get(), IPPROTO_IP, IP_PKTINFO, 1);
    else set_option(fd->get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  }
  raise_buffer(fd->get(), SO_RCVBUFFORCE, SO_RCVBUF, kListenerReceiveBufferBytes);
  raise_buffer(fd->get(), SO_SNDBUFFORCE, SO_SNDBUF, kListenerSendBufferBytes);
  return std::move(*fd);
}

base::Result<Descriptor, StartError> make_tcp_listener(const base::Endpoint& endpoint) {
  auto fd = make_listener(endpoint, SOCK_STREAM);
  if (!fd) return base::error(listen_error(endpoint, "TCP", fd.error()));
  set_option(fd->get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::listen(fd->get(), kAcceptBacklog) != 0) return base::error(listen_error(endpoint, "TCP", errno));
  return std::move(*fd);
}

TransportError to_transport_error(OpenFailure failure) {
  switch (failure) {
    case OpenFailure::kUnreachable: return TransportError::kUnreachable;
    case OpenFailure::kRefused: return TransportError::kRefused;
    case OpenFailure::kNoDescriptor:
    case OpenFailure::kPortTaken:
    case OpenFailure::kOther: return TransportError::kOther;
  }
  UNREACHABLE();
}

TransportError transport_error_of(int errno_value) {
  switch (errno_value) {
    case ECONNREFUSED: return TransportError::kRefused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:  // no address of ours leads there
    case EAFNOSUPPORT:   // this machine lacks the address family
    case EINVAL:         // connect: no such interface, or an address nobody can have
    case EACCES:         // connect: a broadcast address
    case EPERM:          // a packet filter of this machine
      return TransportError::kUnreachable;
    default: return TransportError::kOther;
  }
}

bool is_own_lack(int errno_value) {
  return errno_value == EMFILE || errno_value == ENFILE || errno_value == ENOBUFS || errno_value == ENOMEM;
}

base::Result<Descriptor, OpenFailure> open_exchange_socket(const base::IpAddress* local_address, uint16_t local_port,
                                                           const base::Endpoint& server) {
  Descriptor fd(socket(family_of(server.address), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::error(open_failure_of(errno));
  if (!server.address.is_v4()) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  ignore_path_mtu(fd.get(), server.address);
  SocketAddress address;
  base::Endpoint local;
  if (local_address != nullptr) local.address = *local_address;
  else if (!server.address.is_v4()) local.address = base::IpAddress::v6(std::array<uint8_t, 16>{});
  local.port = local_port;
  socklen_t length = to_socket_address(local, 0, address);
  if (bind(fd.get(), &address.any, length) != 0) {
    if (errno == EADDRINUSE || errno == EACCES) return base::error(OpenFailure::kPortTaken);
    return base::error(open_failure_of(errno));
  }
  length = to_socket_address(server, 0, address);
  if (connect(fd.get(), &address.any, length) != 0) return base::error(open_failure_of(errno));
  return fd;
}

base::Result<Descriptor, OpenFailure> open_stream_socket(const base::IpAddress* local_address,
                                                         const base::Endpoint& server) {
  Descriptor fd(socket(family_of(server.address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::error(open_failure_of(errno));
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  SocketAddress address;
  if (local_address != nullptr) {
    set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    base::Endpoint local;
    local.address = *local_address;
    const socklen_t length = to_socket_address(local, 0, address);
    if (bind(fd.get(), &address.any, length) != 0) return base::error(open_failure_of(errno));
  }
  const socklen_t length = to_socket_address(server, 0, address);
  if (connect(fd.get(), &address.any, length) != 0 && errno != EINPROGRESS) return base::error(open_failure_of(errno));
  return fd;
}

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

}  // namespace net
