// Driver: virtual time around one engine over one cache. Client queries go through answer_hits()
// first, as in the daemon; effects become events of a queue; time jumps from event to event.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "resolver/engine.h"
#include "resolver/hit.h"
#include "world.h"

namespace scenario {

struct OutQuery {
  base::Instant sent;
  base::IpAddress server;
  uint16_t port = 0;
  resolver::Transport transport = resolver::Transport::kUdp;
  Decoded query;
  resolver::ExchangeId exchange{};
  resolver::StreamId stream{};
  bool open = true;       // the engine still waits for it
  bool answered = false;  // a range has taken it
  bool checked = false;   // a CHECK_OUT_QUERY step has taken it
};

struct ClientAnswer {
  resolver::ClientId client{};
  base::Instant asked;
  base::Instant answered;
  resolver::Transport transport = resolver::Transport::kUdp;
  std::vector<uint8_t> message;
  bool checked = false;
};

class Driver {
 public:
  Driver(const Scenario& scenario, const Settings& settings);
  ~Driver();

  void query(const base::IpAddress& client, resolver::Transport transport, std::vector<uint8_t> packet);
  // A scripted answer or error to a query that waits.
  void reply(OutQuery& out, std::vector<Delivery> deliveries);
  void fail(OutQuery& out);
  // Runs until `done` holds or `limit` is reached; false: it does not hold.
  bool run_until(base::Duration limit, const std::function<bool()>& done);
  void run_for(base::Duration length);

  void set_step(uint64_t step) { step_ = step; }
  [[nodiscard]] base::Instant now() const { return now_; }
  [[nodiscard]] std::vector<OutQuery>& out_queries() { return out_queries_; }
  [[nodiscard]] std::vector<ClientAnswer>& answers() { return answers_; }
  [[nodiscard]] const base::Counters& counters() const { return counters_; }
  [[nodiscard]] const cache::ProviderHealth& providers() const { return providers_; }
  [[nodiscard]] resolver::Engine::Usage usage() const { return engine_->usage(); }
  [[nodiscard]] const std::string& trace() const { return trace_; }

 private:
  struct Pending {
    base::Instant asked;
    resolver::Transport transport;
  };
  [[nodiscard]] base::Now time() const;
  void at(base::Duration delay, std::function<void()> event);
  // A turn of the worker: the reader is online around `call`, then the effects are carried out.
  void turn(const std::function<void()>& call);
  void drain();
  void carry_out(resolver::Effect& effect);
  void sent(OutQuery out, const std::vector<uint8_t>& bytes);
  void arrive(size_t index, const std::vector<uint8_t>& bytes);
  void deliver(const OutQuery& out, const Delivery& delivery);
  void open_stream(const resolver::OpenStream& open);
  void answered(resolver::ClientId client, base::Bytes message);
  void note(const std::string& text);

  const Settings& settings_;
  World world_;
  base::Counters counters_;
  cache::Cache cache_;
  cache::ClaimTable claims_;
  cache::ServerHealth health_;
  cache::ProviderHealth providers_;
  cache::ProviderKeys provider_keys_;
  cache::DenialIndex denials_;
  cache::ManagedKeys managed_keys_;
  cache::Reader reader_;
  std::unique_ptr<resolver::Engine> engine_;
  base::Instant start_;
  base::Instant now_;
  std::multimap<base::Instant, std::function<void()>> events_;
  std::map<resolver::StreamId, base::Endpoint> streams_;
  std::map<resolver::ClientId, Pending> waiting_;
  std::vector<OutQuery> out_queries_;
  std::vector<ClientAnswer> answers_;
  uint64_t step_ = 0;
  uint64_t next_client_ = 1;
  uint64_t turns_ = 0;
  std::string trace_;
};

}  // namespace scenario
