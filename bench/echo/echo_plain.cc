// bench_echo_plain PORT: the ceiling of all hits. A recvmmsg loop that turns each datagram around with the
// bit QR set, and does nothing else.
#include "bench/echo/datagrams.h"

int main(int argc, char** argv) {
  const int fd = echo::listen_on_loopback(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5300), 0);
  static echo::Batch batch;
  for (;;) {
    batch.clear();
    const int count = recvmmsg(fd, batch.headers.data(), echo::kBatch, MSG_WAITFORONE, nullptr);
    if (count <= 0) continue;
    for (size_t index = 0; index < static_cast<size_t>(count); ++index) {
      batch.parts[index].iov_len = batch.headers[index].msg_len;
      batch.bytes[index][2] |= 0x80;
    }
    for (int sent = 0; sent < count;) {
      mmsghdr* const rest = &batch.headers[static_cast<size_t>(sent)];
      const int result = sendmmsg(fd, rest, static_cast<unsigned>(count - sent), 0);
      sent += result > 0 ? result : 1;
    }
  }
}
