// A client's query on its way in. The server gives each a ClientId, by which it finds the way
// back; the id of an answered client may be used again.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/ip.h"

namespace resolver {

enum class ClientId : uint64_t {};
enum class Transport : uint8_t { kUdp, kTcp };

struct ClientQuery {
  ClientId client{};
  base::IpAddress address;   // for the ACL, cookies and fair shares
  Transport transport = Transport::kUdp;
  base::Bytes packet;
};

}  // namespace resolver
