// Pump: one worker's turns. See server/worker.h for the picture.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "net/loop.h"
#include "resolver/engine.h"
#include "resolver/hit.h"
#include "server/clients.h"
#include "server/stats.h"
#include "server/team.h"

namespace server {

class Pump {
 public:
  Pump(const resolver::Options& options, const resolver::Shared& shared, cache::Reader& reader,
       const base::Entropy::Seed& seed, net::Loop& loop, Team& team, WorkerReport& report);

  // Turns until the team is stopping and what was in flight is answered, or its time is over.
  void run();

 private:
  // A query that came in this turn: where it came from, and the query as the resolver sees it.
  struct Incoming {
    WayBack way;
    resolver::ClientQuery query;
  };

  void one_turn(base::Instant until);
  void collect_queries(std::span<const net::Event> events);
  void answer_datagrams(base::Now now);
  void answer_messages(base::Now now);
  void settle(base::Now now, const Incoming& incoming, const resolver::HitSlot& slot);
  void start_misses(base::Now now);
  void handle(base::Now now, const net::Event& event);
  void close_connection(base::Now now, net::ConnectionId connection);
  void drain_effects();
  void carry_out(const resolver::Effect& effect);
  void send(const WayBack& way, base::Bytes message);
  void drain_clients();
  void report_gauges();

  base::Duration client_deadline_;
  cache::Cache& cache_;
  cache::ProviderHealth& providers_;
  cache::Reader& reader_;
  net::Loop& loop_;
  Team& team_;
  WorkerReport& report_;
  resolver::Engine engine_;
  Clients clients_;
  // Per turn; kept for their storage.
  std::vector<Incoming> datagrams_;
  std::vector<Incoming> messages_;
  std::vector<Incoming> misses_;
  std::vector<resolver::HitSlot> slots_;
  std::vector<uint8_t> datagram_answers_;
  std::vector<uint8_t> message_answer_;
};

}  // namespace server
