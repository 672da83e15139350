// What the two plain servers share: a socket on loopback, and datagrams received and sent many at a time.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace echo {

inline constexpr unsigned kBatch = 64;
inline constexpr size_t kDatagramBytes = 2048;

// For recvmmsg and sendmmsg; some 130 KiB: not for the stack.
struct Batch {
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_in, kBatch> clients{};
  std::array<std::array<uint8_t, kDatagramBytes>, kBatch> bytes{};
  unsigned count = 0;

  // Ready to receive kBatch datagrams.
  void clear() {
    count = 0;
    for (size_t index = 0; index < kBatch; ++index) {
      parts[index] = {bytes[index].data(), kDatagramBytes};
      headers[index].msg_hdr = {};
      headers[index].msg_hdr.msg_name = &clients[index];
      headers[index].msg_hdr.msg_namelen = sizeof(clients[index]);
      headers[index].msg_hdr.msg_iov = &parts[index];
      headers[index].msg_hdr.msg_iovlen = 1;
    }
  }
};

[[noreturn]] inline void fail(const char* sentence) {
  std::perror(sentence);
  std::exit(1);
}

// `flags`: of socket(2), beside the type.
inline int listen_on_loopback(uint16_t port, int flags) {
  const int fd = socket(AF_INET, SOCK_DGRAM | flags, 0);
  const int receive_bytes = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  local.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) {
    fail("bench: cannot bind to the port; is it in use?");
  }
  return fd;
}

}  // namespace echo
