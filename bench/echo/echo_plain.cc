// bench_echo_plain PORT: the ceiling of all hits. A recvmmsg loop that turns each datagram around with the
// bit QR set, and does nothing else.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {
constexpr unsigned kBatch = 64;
constexpr size_t kDatagramBytes = 2048;

std::array<mmsghdr, kBatch> headers;
std::array<iovec, kBatch> parts;
std::array<sockaddr_in, kBatch> clients;
std::array<std::array<uint8_t, kDatagramBytes>, kBatch> bytes;

int open_socket(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const int receive_bytes = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  local.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) {
    std::perror("bench_echo_plain: cannot bind; is the port in use?");
    std::exit(1);
  }
  return fd;
}
}  // namespace

int main(int argc, char** argv) {
  const int fd = open_socket(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5300));
  for (;;) {
    for (size_t index = 0; index < kBatch; ++index) {
      parts[index] = {bytes[index].data(), kDatagramBytes};
      headers[index].msg_hdr = {};
      headers[index].msg_hdr.msg_name = &clients[index];
      headers[index].msg_hdr.msg_namelen = sizeof(clients[index]);
      headers[index].msg_hdr.msg_iov = &parts[index];
      headers[index].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(fd, headers.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (count <= 0) continue;
    for (size_t index = 0; index < static_cast<size_t>(count); ++index) {
      parts[index].iov_len = headers[index].msg_len;
      bytes[index][2] |= 0x80;
    }
    for (int sent = 0; sent < count;) {
      const int result = sendmmsg(fd, &headers[static_cast<size_t>(sent)], static_cast<unsigned>(count - sent), 0);
      sent += result > 0 ? result : 1;
    }
  }
}
