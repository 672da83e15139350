// Making and configuring sockets: every option that DNS wants is set here and nowhere else.
//
//   listener UDP   SO_REUSEPORT (one per worker), packet info on wildcard addresses so that the
//                  answer leaves from the address asked, path-MTU discovery off, large buffers
//   listener TCP   SO_REUSEPORT, TCP_NODELAY (inherited by what is accepted)
//   exchange       no reuse of any kind (a port is one query's), path-MTU discovery off, connected
//   stream         TCP_NODELAY, connecting without blocking
//
// All are non-blocking and closed on exec; IPv6 sockets are IPv6 only.
#pragma once

#include <utility>

#include "base/ip.h"
#include "base/result.h"
#include "net/loop.h"

namespace net {

// Owns one file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

base::Result<Descriptor, StartError> make_udp_listener(const base::Endpoint& endpoint);
base::Result<Descriptor, StartError> make_tcp_listener(const base::Endpoint& endpoint);

// True if datagrams of this listener carry packet info: their local address is not known otherwise.
[[nodiscard]] bool wants_packet_info(const base::IpAddress& listening);

// Why an outgoing socket is not there.
enum class OpenFailure : uint8_t { kNoDescriptor, kPortTaken, kUnreachable, kRefused, kOther };
[[nodiscard]] TransportError to_transport_error(OpenFailure failure);
[[nodiscard]] TransportError transport_error_of(int errno_value);

base::Result<Descriptor, OpenFailure> open_exchange_socket(const base::IpAddress* local_address, uint16_t local_port,
                                                           const base::Endpoint& server);
// The connection is under way when this returns; it is there when the socket is writable.
base::Result<Descriptor, OpenFailure> open_stream_socket(const base::IpAddress* local_address,
                                                         const base::Endpoint& server);

// True for an errno that says that this machine, not the peer, lacks something.
[[nodiscard]] bool is_own_lack(int errno_value);

}  // namespace net
