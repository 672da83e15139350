#include "net/datagram_sender.h"

#include <cerrno>
#include <cstring>

namespace net {

DatagramSender::DatagramSender(int fd, bool packet_info, base::Counters& counters)
    : fd_(fd),
      packet_info_(packet_info),
      counters_(counters),
      slots_(std::make_unique<std::array<Slot, kSlots>>()),
      bytes_(kBufferBytes) {}

void DatagramSender::add(const base::Endpoint& client, const base::IpAddress& local, uint32_t interface_index,
                         base::Bytes bytes) {
  if (bytes.size() > UINT16_MAX) {  // no datagram can carry it
    counters_.add(base::Counter::kNetUdpSendErrors);
    return;
  }
  if (count_ == kSlots || used_bytes_ + bytes.size() > kBufferBytes) flush();
  Slot& slot = (*slots_)[count_];
  uint8_t* at = bytes_.data() + used_bytes_;
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  used_bytes_ += bytes.size();
  parts_[count_] = {at, bytes.size()};
  msghdr& header = headers_[count_].msg_hdr;
  header.msg_name = &slot.client;
  header.msg_namelen = to_socket_address(client, interface_index, slot.client);
  header.msg_iov = &parts_[count_];
  header.msg_iovlen = 1;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  if (packet_info_) {
    header.msg_control = slot.control.data();
    const bool link_local = is_link_local_v6(client.address) || is_link_local_v6(local);
    header.msg_controllen = write_packet_info(local, link_local, interface_index, slot.control.data());
  }
  ++count_;
}

void DatagramSender::flush() {
  size_t sent = 0;
  bool retried = false;
  while (sent < count_) {
    const auto rest = static_cast<unsigned>(count_ - sent);
    const int result = sendmmsg(fd_, &headers_[sent], rest, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (result > 0) {
      sent += static_cast<size_t>(result);
      retried = false;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) {
      if (!retried) {
        retried = true;
        continue;
      }
      // The send buffer stays full: waiting here would hold up everyone. Clients ask again.
      counters_.add(base::Counter::kNetUdpSendErrors, count_ - sent);
      break;
    }
    // The first of the rest cannot be sent (no route back, port 0, a packet filter).
    counters_.add(base::Counter::kNetUdpSendErrors);
    ++sent;
    retried = false;
  }
  count_ = 0;
  used_bytes_ = 0;
}

}  // namespace net
