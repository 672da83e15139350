#include "net/uring_datagram.h"

#include <cstring>

namespace net {

msghdr receive_layout(bool packet_info) {
  msghdr layout{};
  layout.msg_namelen = kNameBytes;
  layout.msg_controllen = packet_info ? kControlBytes : 0;
  return layout;
}

Received decode_received(base::MutableBytes buffer, msghdr& layout, ReceivedDatagram& out) {
  const auto length = static_cast<int>(buffer.size());
  io_uring_recvmsg_out* header = io_uring_recvmsg_validate(buffer.data(), length, &layout);
  if (header == nullptr) return Received::kUnusable;
  if (header->namelen > sizeof(SocketAddress) || header->controllen > layout.msg_controllen) return Received::kUnusable;
  const size_t payload_bytes = io_uring_recvmsg_payload_length(header, length, &layout);
  if ((header->flags & MSG_TRUNC) != 0 || payload_bytes > kDatagramBytesMax) return Received::kTruncated;

  SocketAddress client{};
  std::memcpy(&client, io_uring_recvmsg_name(header), header->namelen);
  out.client = to_endpoint(client);
  out.bytes = {static_cast<const uint8_t*>(io_uring_recvmsg_payload(header, &layout)), payload_bytes};
  if (layout.msg_controllen == 0) return Received::kWhole;
  if ((header->flags & MSG_CTRUNC) != 0) return Received::kUnusable;  // where to answer from is not known
  for (cmsghdr* control = io_uring_recvmsg_cmsg_firsthdr(header, &layout); control != nullptr;
       control = io_uring_recvmsg_cmsg_nexthdr(header, &layout, control)) {
    read_packet_info(*control, out.arrival);
  }
  return Received::kWhole;
}

}  // namespace net
