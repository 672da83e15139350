// Pump: drives the engines as server/worker does, in virtual time: client packets through
// answer_hits() and on to an engine, effects to the network, what comes back to the engine.
// One to four engines share cache, claims and health; each has its own reader and entropy.
// Plants (plant.h) live here, between the engines and everything that watches.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "cache/cache.h"
#include "cache/claims.h"
#include "cache/denial_index.h"
#include "cache/provider_health.h"
#include "cache/provider_keys.h"
#include "cache/server_health.h"
#include "resolver/engine.h"
#include "tests/sim/checker.h"
#include "tests/sim/network.h"
#include "tests/sim/plant.h"

namespace sim {

// A number that stands for everything the engines did, in order.
class Trace {
 public:
  void add(uint64_t value);
  void add(base::Bytes bytes);
  [[nodiscard]] uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325ULL;
};

class Pump {
 public:
  using Answered = std::function<void(AskedQuery&, base::Bytes message)>;

  // `salt` is the same in every run but for the plant `unseeded`.
  Pump(World& world, EventQueue& queue, Network& network, cache::Cache& cache, Checkers& checkers, Plant plant,
       uint64_t salt, bool prints_trace);
  ~Pump();

  void set_answered(Answered answered) { answered_ = std::move(answered); }
  // Queries that arrive in one turn of one engine. They must stay alive until answered.
  void ask(size_t engine, const std::vector<AskedQuery*>& queries);
  void client_gone(AskedQuery& query);

  [[nodiscard]] base::Instant next_timeout() const;
  void run_timeouts();
  // How late a worker notices something.
  base::Duration step_delay();
  void set_idle_phase() { is_idle_phase_ = true; }
  void tell_idle();

  [[nodiscard]] uint64_t trace_hash() const { return trace_.hash(); }
  [[nodiscard]] uint64_t sends() const { return sends_; }
  [[nodiscard]] uint64_t steps() const { return steps_; }

 private:
  struct Worker;
  struct Exchange {
    base::Endpoint server;
    std::vector<uint8_t> query;
  };
  struct Stream {
    base::Endpoint server;
    bool is_open = false;
    std::vector<std::vector<uint8_t>> waiting;
  };

  // One call into an engine and everything that follows from it.
  void turn(size_t engine, const std::function<void(resolver::Engine&, base::Now)>& call);
  void drain(size_t engine);
  void perform(size_t engine, resolver::SendQuery effect);
  void perform(size_t engine, const resolver::CloseExchange& effect);
  void perform(size_t engine, const resolver::OpenStream& effect);
  void perform(size_t engine, resolver::SendOnStream effect);
  void perform(size_t engine, const resolver::CloseStream& effect);
  void perform(size_t engine, resolver::Answer effect);
  void perform(size_t engine, const resolver::WakeWorkers& effect);
  void answer(AskedQuery& query, std::vector<uint8_t> message, bool is_hit);
  void send(size_t engine, resolver::SendQuery effect);
  void deliver(size_t engine, resolver::ExchangeId exchange, std::vector<uint8_t> message, bool is_forged);
  void send_now(size_t engine, resolver::StreamId stream, base::Bytes message);
  void close_stream_from_server(size_t engine, resolver::StreamId stream, resolver::TransportError error);
  void forget_exchange(size_t engine, resolver::ExchangeId exchange);
  [[nodiscard]] double seconds_now() const;
  void believe_everything(size_t engine, base::Bytes message);
  [[nodiscard]] std::vector<uint8_t> deny(const AskedQuery& query) const;
  [[nodiscard]] bool is_unheard(const base::Endpoint& server, base::Bytes message) const;
  [[nodiscard]] size_t server_at(const base::IpAddress& address) const;
  [[nodiscard]] uint32_t planted_copies(const base::Endpoint& server) const;
  void blame_all_zones();

  World& world_;
  EventQueue& queue_;
  Network& network_;
  cache::Cache& cache_;
  Checkers& checkers_;
  Plant plant_;
  bool prints_trace_;
  bool is_idle_phase_ = false;
  Random dice_;
  Trace trace_;
  Answered answered_;
  cache::ServerHealth health_;
  cache::ProviderHealth providers_;
  cache::ProviderKeys provider_keys_;
  cache::DenialIndex denials_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<uint64_t, AskedQuery*> clients_;
  std::map<std::pair<size_t, resolver::ExchangeId>, Exchange> exchanges_;
  std::map<std::pair<size_t, resolver::StreamId>, Stream> streams_;
  uint64_t sends_ = 0;
  uint64_t steps_ = 0;
  uint64_t planted_exchanges_ = 0;
};

}  // namespace sim
