// Answers of one UDP listener, on their way to clients: copied into one contiguous array, each
// with its address and packet info, and sent in batches by sendmmsg at the next turn.
//
// Both backends use it: sendmsg requests on the ring measured no better than sendmmsg, and here a
// buffer is free again as soon as the call returns.
#pragma once

#include <array>
#include <memory>
#include <sys/socket.h>
#include <vector>

#include "base/counters.h"
#include "net/address.h"
#include "net/datagram.h"

namespace net {

class DatagramSender {
 public:
  // `packet_info`: whether each answer has to name the address it leaves from.
  DatagramSender(int fd, bool packet_info, base::Counters& counters);

  // Copies `bytes`. Flushes by itself when full.
  void add(const base::Endpoint& client, const base::IpAddress& local, uint32_t interface_index, base::Bytes bytes);
  void flush();

 private:
  static constexpr size_t kSlots = 256;
  static constexpr size_t kBufferBytes = size_t{512} * 1024;  // of all slots; one answer has at most 65535
  struct Slot {
    SocketAddress client;
    alignas(cmsghdr) std::array<uint8_t, kControlBytes> control;
  };

  int fd_;
  bool packet_info_;
  base::Counters& counters_;
  size_t count_ = 0;
  size_t used_bytes_ = 0;
  std::unique_ptr<std::array<Slot, kSlots>> slots_;
  std::array<iovec, kSlots> parts_{};
  std::array<mmsghdr, kSlots> headers_{};
  std::vector<uint8_t> bytes_;
};

}  // namespace net
