// Control messages of datagrams: the address a datagram came to and leaves from.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "base/ip.h"

namespace net {

// Longer datagrams are no DNS query: they are dropped and counted.
inline constexpr size_t kDatagramBytesMax = 4096;
// Room for the packet info of either family.
inline constexpr size_t kControlBytes = 64;

struct Arrival {
  base::IpAddress local;
  uint32_t interface_index = 0;
};

// Reads one received control message into `arrival`; others are passed over.
void read_packet_info(const cmsghdr& control, Arrival& arrival);
// The packet info of a whole received message.
void read_packet_info(msghdr& message, Arrival& arrival);

// Writes the packet info that makes a datagram leave from `local`; returns the bytes used.
// The interface is named only for link-local addresses: elsewhere the routes decide.
// REQUIRES: kControlBytes writable bytes, aligned for cmsghdr.
size_t write_packet_info(const base::IpAddress& local, bool link_local, uint32_t interface_index, void* control);

}  // namespace net
