// Bench: engines in virtual time against an authority written by hand, which may be hostile. Client
// queries go through answer_hits() as in the daemon; what the engines send is counted, the processor
// time spent in them is measured for the table that is printed, and never asserted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "cache/cache.h"
#include "cache/claims.h"
#include "cache/provider_health.h"
#include "cache/provider_keys.h"
#include "cache/server_health.h"
#include "resolver/engine.h"
#include "tests/sim/authority.h"
#include "tests/sim/event_queue.h"
#include "wire/message.h"

namespace attacks {

// A query as it reaches a server.
struct Ask {
  base::IpAddress server;
  wire::Name name;  // lower case
  wire::Type type = wire::Type::kNone;
  bool is_tcp = false;
  base::Bytes packet;
};

struct Packet {
  base::Duration delay{0};
  std::vector<uint8_t> bytes;
};
using Packets = std::vector<Packet>;  // empty: the server is silent
using Authority = std::function<Packets(const Ask&)>;

struct Settings {
  size_t engines = 1;
  uint64_t cache_bytes = 64ULL << 20;
  resolver::Bounds bounds;
};

struct Totals {
  uint64_t udp = 0, tcp = 0;
  uint64_t bytes_received = 0;
  uint64_t sub_questions = 0;
  uint64_t cpu_ns = 0;
  std::map<base::IpAddress, uint64_t> sent_to;
  uint64_t answered = 0;
  uint64_t hits = 0;  // part of `answered`
  std::map<uint32_t, uint64_t> by_rcode;
  [[nodiscard]] uint64_t sent() const { return udp + tcp; }
};

class Bench {
 public:
  Bench(const Settings& settings, Authority authority);
  ~Bench();

  // The answer comes by and by; true: at once, from the cache.
  bool ask(size_t engine, const std::string& name, wire::Type type, const base::IpAddress& client);
  void ask_packet(size_t engine, std::vector<uint8_t> packet, const base::IpAddress& client, bool is_tcp);
  void run_for(base::Duration time);
  void run_until_answered();
  // Nothing is in flight and the kept connections have gone: everything is let go.
  void run_until_idle();

  // The root is primed and known; what that took is not counted.
  void warm_up();
  void reset_totals();
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] size_t waiting() const { return clients_.size(); }
  [[nodiscard]] base::Duration elapsed() const { return queue_.now() - started_; }
  [[nodiscard]] resolver::Engine::Usage usage() const;  // of all engines
  [[nodiscard]] uint64_t counter(base::Counter counter) const;
  [[nodiscard]] cache::Cache::Usage cache_usage() const { return cache_.usage(); }
  [[nodiscard]] const std::vector<uint8_t>& last_answer() const { return last_answer_; }
  // The first address of the last answer, or "".
  [[nodiscard]] std::string last_address() const;
  [[nodiscard]] const resolver::Engine::Usage& peak() const { return peak_; }

 private:
  struct Worker;
  struct Exchange {
    base::Endpoint server;
  };
  void turn(size_t engine, const std::function<void(resolver::Engine&, base::Now)>& call);
  void drain(size_t engine);
  void perform(size_t engine, const resolver::Effect& effect);
  void serve(size_t engine, const base::IpAddress& server, base::Bytes packet, bool is_tcp, uint64_t id);
  void on_answer(base::Bytes message, bool is_hit);
  void run_until(base::Instant end, const std::function<bool()>& is_done);

  resolver::Options options_;
  Authority authority_;
  sim::EventQueue queue_;
  cache::Cache cache_;
  cache::ClaimTable claims_;
  cache::ServerHealth health_;
  cache::ProviderHealth providers_;
  cache::ProviderKeys provider_keys_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<uint64_t, bool> clients_;
  std::map<std::pair<size_t, uint64_t>, base::IpAddress> exchanges_, streams_;
  uint64_t next_client_ = 1;
  Totals totals_;
  uint64_t sub_questions_before_ = 0;
  resolver::Engine::Usage peak_;
  base::Instant started_;
  std::vector<uint8_t> last_answer_;
};

[[nodiscard]] std::vector<uint8_t> client_query(const std::string& name, wire::Type type, base::Bytes edns_options);

}  // namespace attacks
