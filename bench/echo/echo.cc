// bench_echo BACKEND PORT: turns datagrams around over net::Loop as the daemon uses it, with the bit QR set,
// and does nothing else. BACKEND: uring, mmsg.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include "net/loop.h"

namespace {

base::Instant boot_now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return base::Instant::from_boot(base::seconds(time.tv_sec) + base::Duration(time.tv_nsec));
}

[[noreturn]] void fail(const std::string& sentence) {
  std::fprintf(stderr, "bench_echo: %s\n", sentence.c_str());
  std::exit(1);
}

void turn_around(net::Loop& loop, const net::DatagramReceived& datagram) {
  std::array<uint8_t, 2048> bytes;
  const size_t size = std::min(datagram.bytes.size(), bytes.size());
  if (size < 12) return;
  std::memcpy(bytes.data(), datagram.bytes.data(), size);
  bytes[2] |= 0x80;
  loop.send_datagram(datagram.listener, datagram.client, datagram.local, datagram.interface_index,
                     base::Bytes(bytes).first(size));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("give a backend (uring or mmsg) and a port");
  net::LoopOptions options;
  options.backend = std::string_view(argv[1]) == "uring" ? net::Backend::kUring : net::Backend::kMmsg;
  base::Counters counters;
  auto loop = net::Loop::make(options, counters);
  if (!loop) fail(loop.error().sentence);
  const auto port = static_cast<uint16_t>(std::atoi(argv[2]));
  const auto listener = (*loop)->listen({*base::IpAddress::parse("127.0.0.1"), port});
  if (!listener) fail(listener.error().sentence);
  for (;;) {
    for (const net::Event& event : (*loop)->turn(boot_now(), base::Instant::never())) {
      if (const auto* datagram = std::get_if<net::DatagramReceived>(&event)) turn_around(**loop, *datagram);
    }
  }
}
