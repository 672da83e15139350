// What a multishot recvmsg leaves in a provided buffer, and nothing else touches that layout:
//
//   | io_uring_recvmsg_out | name: kNameBytes | control: 0 or kControlBytes | payload |
//
// The completion's result counts all of it, not only the payload.
#pragma once

#include <liburing.h>

#include "net/address.h"
#include "net/datagram.h"

namespace net {

inline constexpr size_t kNameBytes = 32;  // a SocketAddress, and the control messages after it stay aligned
static_assert(kNameBytes >= sizeof(SocketAddress));
static_assert((sizeof(io_uring_recvmsg_out) + kNameBytes) % alignof(cmsghdr) == 0);

// One provided buffer, in whole cache lines.
inline constexpr size_t kReceiveBufferBytes = 66 * 64;
static_assert(kReceiveBufferBytes >= sizeof(io_uring_recvmsg_out) + kNameBytes + kControlBytes + kDatagramBytesMax);

enum class Received : uint8_t { kWhole, kTruncated, kUnusable };

struct ReceivedDatagram {
  base::Endpoint client;
  Arrival arrival;
  base::Bytes bytes;
};

// The header that says how large name and control are; the same for each datagram of a listener.
[[nodiscard]] msghdr receive_layout(bool packet_info);

// REQUIRES: `buffer` is aligned to 64 bytes and was filled by a request with `layout`.
Received decode_received(base::MutableBytes buffer, msghdr& layout, ReceivedDatagram& out);

}  // namespace net
