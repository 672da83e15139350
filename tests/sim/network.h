// Network: the servers of the world behind links that delay, lose, double and reorder. A query
// goes in, responses come back through a callback in virtual time.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "tests/sim/authority.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/forger.h"
#include "tests/sim/world.h"

namespace sim {

class Network {
 public:
  using Deliver = std::function<void(std::vector<uint8_t> message, bool is_forged)>;

  Network(World& world, EventQueue& queue, Random dice);

  [[nodiscard]] bool is_reachable(const base::IpAddress& address) const;
  void datagram(const base::Endpoint& server, base::Bytes query, const Deliver& deliver);

  // `done(true)` when the connection stands; `done(false)` when it was refused; perhaps never.
  void connect(const base::Endpoint& server, const std::function<void(bool)>& done);
  // `closed` is called when the server closes the connection behind its response.
  void stream_message(const base::Endpoint& server, base::Bytes query, const Deliver& deliver,
                      const std::function<void()>& closed);

 private:
  [[nodiscard]] Server* server_at(const base::IpAddress& address);
  [[nodiscard]] bool is_silent(const Server& server) const;
  // What the world's outage does to the server now; nullptr: nothing.
  [[nodiscard]] const Outage* outage_of(const Server& server) const;
  [[nodiscard]] bool is_lost(const Server& server);
  [[nodiscard]] bool is_cut_off() const;  // our own uplink
  [[nodiscard]] base::Duration draw_delay(const Server& server);
  void spray(base::Bytes query, base::Duration round_trip, const Deliver& deliver);
  // The zone of the name is not answered, whoever is asked.
  [[nodiscard]] bool is_dropped(const Server& server, wire::NameView name) const;
  // What the server makes of a message; nothing when it drops it.
  [[nodiscard]] std::vector<uint8_t> respond(Server& server, base::Bytes query, bool over_tcp);
  [[nodiscard]] Response think(Server& server, const wire::MessageView& query);
  // The forger on the path to the server changes what it says.
  void pass_forger(const Server& server, const wire::Question& question, Response& response);
  // The forger's own server, should anybody believe that it serves something.
  [[nodiscard]] bool is_forgers(const base::IpAddress& address) const;
  [[nodiscard]] std::vector<uint8_t> respond_as_forger(base::Bytes query);

  World& world_;
  EventQueue& queue_;
  Random dice_;
  std::map<base::IpAddress, size_t> servers_;
  std::optional<Forger> forger_;
};

}  // namespace sim
