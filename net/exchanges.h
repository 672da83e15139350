// Exchanges: each one query on one fresh UDP socket, bound to the port that the engine drew and
// connected to the server it asks. A failure of any kind ends the exchange and frees its id.
//
// Between bind and connect the kernel takes datagrams from anyone, so the source of each
// response is compared again here.
#pragma once

#include <unordered_map>
#include <vector>

#include "net/event_queue.h"
#include "net/poller.h"

namespace net {

class Exchanges {
 public:
  Exchanges(Poller& poller, EventQueue& events, base::Counters& counters);

  // REQUIRES: `id` is not open.
  void open(ExchangeId id, const base::IpAddress* local_address, uint16_t local_port, const base::Endpoint& server,
            base::Bytes query);
  void close(ExchangeId id);
  // Reads what came; needs room() in the event queue.
  void on_ready(ExchangeId id);
  [[nodiscard]] uint32_t open() const { return static_cast<uint32_t>(open_.size()); }

 private:
  struct Exchange {
    WatchId watch;
    base::Endpoint server;
  };
  void fail(ExchangeId id, OpenFailure failure);

  Poller& poller_;
  EventQueue& events_;
  base::Counters& counters_;
  std::unordered_map<uint64_t, Exchange> open_;  // ids are the engine's own: nobody chooses them to collide
  std::vector<uint8_t> scratch_;
};

}  // namespace net
