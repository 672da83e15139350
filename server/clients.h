// Clients: the way back to each client whose query the engine holds. The engine knows a client by
// its ClientId; here stands the address or the connection behind it.
//
// One per worker. Bounded by the engine's bound on waiting clients: each entry leaves when the
// client is answered or its connection closes.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/ip.h"
#include "net/loop.h"
#include "resolver/client.h"

namespace server {

struct DatagramClient {
  net::ListenerId listener{};
  base::Endpoint client;
  base::IpAddress local;
  uint32_t interface_index = 0;
};
struct ConnectionClient {
  net::ConnectionId connection{};
};
using WayBack = std::variant<DatagramClient, ConnectionClient>;

class Clients {
 public:
  resolver::ClientId add(const WayBack& way);
  // The way of a client that is there; it is forgotten with this. Unknown ids give nullopt.
  std::optional<WayBack> take(resolver::ClientId client);
  // All clients of a connection, which are forgotten with this.
  std::vector<resolver::ClientId> take_connection(net::ConnectionId connection);
  [[nodiscard]] size_t size() const { return size_; }

 private:
  // A ClientId is the slot in its lower half and the slot's generation in the upper: a late
  // answer for a slot that was given to somebody else finds nobody.
  struct Slot {
    std::optional<WayBack> way;
    uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::unordered_multimap<uint64_t, uint64_t> by_connection_;  // connection to client
  size_t size_ = 0;
};

}  // namespace server
