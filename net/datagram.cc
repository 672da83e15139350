#include "net/datagram.h"

#include <netinet/in.h>

#include <cstring>

namespace net {

static_assert(CMSG_SPACE(sizeof(in6_pktinfo)) <= kControlBytes);
static_assert(CMSG_SPACE(sizeof(in_pktinfo)) <= kControlBytes);

void read_packet_info(const cmsghdr& control, Arrival& arrival) {
  if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO &&
      control.cmsg_len >= CMSG_LEN(sizeof(in_pktinfo))) {
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(&control), sizeof(info));
    // ipi_spec_dst, not ipi_addr: for a broadcast it is the address of ours that can answer.
    arrival.local = base::IpAddress::v4({reinterpret_cast<const uint8_t*>(&info.ipi_spec_dst), 4});
    arrival.interface_index = static_cast<uint32_t>(info.ipi_ifindex);
  } else if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO &&
             control.cmsg_len >= CMSG_LEN(sizeof(in6_pktinfo))) {
    in6_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(&control), sizeof(info));
    arrival.local = base::IpAddress::v6({reinterpret_cast<const uint8_t*>(&info.ipi6_addr), 16});
    arrival.interface_index = static_cast<uint32_t>(info.ipi6_ifindex);
  }
}

void read_packet_info(msghdr& message, Arrival& arrival) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    read_packet_info(*control, arrival);
  }
}

size_t write_packet_info(const base::IpAddress& local, bool link_local, uint32_t interface_index, void* control) {
  auto* header = static_cast<cmsghdr*>(control);
  const base::Bytes bytes = local.bytes();
  if (local.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(info));
    std::memcpy(CMSG_DATA(header), &info, sizeof(info));
    return CMSG_SPACE(sizeof(info));
  }
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
  if (link_local) info.ipi6_ifindex = interface_index;
  header->cmsg_level = IPPROTO_IPV6;
  header->cmsg_type = IPV6_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(info));
  std::memcpy(CMSG_DATA(header), &info, sizeof(info));
  return CMSG_SPACE(sizeof(info));
}

}  // namespace net
