// Checker: watches a run and says when a promise is broken. One promise each, one file each
// (tests/sim/checkers). The pump tells all of them what happens at the engines' seam.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.h"
#include "cache/provider_event.h"
#include "resolver/engine.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/reference.h"
#include "tests/sim/secure_truth.h"
#include "tests/sim/world.h"

namespace sim {

enum class Phase : uint8_t { kSafety, kRecovery, kLiveness, kIdle };

struct AskedQuery {
  uint64_t id = 0;  // the ClientId
  size_t engine = 0;
  base::IpAddress address;
  resolver::Transport transport = resolver::Transport::kUdp;
  Question question;  // with the client's letter case
  uint16_t message_id = 0;
  std::vector<uint8_t> packet;
  base::Instant asked;
  base::Instant gone = base::Instant::never();
  Phase phase = Phase::kSafety;
  uint32_t answers = 0;
  const KnownName* known = nullptr;  // of Outage::names; its asker has EDNS
  bool dnssec_ok = false;
  bool asks_for_ad = false;
  bool checking_disabled = false;
};

struct Violation {
  std::string checker;
  std::string what;
};

// The first broken promise ends the run. With `only` set, the others are not heard.
class Findings {
 public:
  explicit Findings(std::string_view only) : only_(only) {}
  void add(std::string_view checker, std::string what) {
    if (first_ || (!only_.empty() && only_ != checker)) return;
    first_ = Violation{std::string(checker), std::move(what)};
  }
  [[nodiscard]] const std::optional<Violation>& first() const { return first_; }

 private:
  std::string only_;
  std::optional<Violation> first_;
};

// What checkers may look at.
struct Scene {
  const World& world;
  const EventQueue& queue;
  const Reference& reference;
  const SecureTruth& secure;
  cache::Cache& cache;
  Findings& findings;
};

class Checker {
 public:
  Checker(std::string_view name, Scene& scene) : scene_(scene), name_(name) {}
  virtual ~Checker() = default;

  virtual void on_query(const AskedQuery&) {}
  virtual void on_answer(const AskedQuery&, base::Bytes /*message*/, bool /*is_hit*/) {}
  // A datagram leaves; `server` as in the effect.
  virtual void on_send(size_t /*engine*/, const resolver::SendQuery&) {}
  virtual void on_exchange_closed(size_t /*engine*/, resolver::ExchangeId) {}
  virtual void on_stream_send(size_t /*engine*/, const base::Endpoint&, base::Bytes /*message*/) {}
  // Bytes that were handed to an engine.
  virtual void on_response(size_t /*engine*/, const base::Endpoint&, base::Bytes /*message*/, bool /*is_forged*/) {}
  // A circuit opened or closed, the uplink was lost or came back.
  virtual void on_provider_event(const cache::ProviderEvent&) {}
  // Nobody has asked for long.
  virtual void on_end_of_phase(Phase) {}
  virtual void on_idle(const resolver::Engine::Usage& /*of all engines*/, bool /*has_timers*/,
                       size_t /*open_sockets*/) {}

 protected:
  void fail(std::string what) { scene_.findings.add(name_, std::move(what)); }
  [[nodiscard]] base::Instant now() const { return scene_.queue.now(); }
  Scene& scene_;

 private:
  std::string_view name_;
};

using Checkers = std::vector<std::unique_ptr<Checker>>;
[[nodiscard]] Checkers make_checkers(Scene& scene);

// Each defined in checkers/<name>.cc.
[[nodiscard]] std::unique_ptr<Checker> make_answered_once(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_never_wrong(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_staleness_bounded(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_budget_kept(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_unpredictable(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_quiet_when_idle(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_bailiwick(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_one_flight(Scene& scene);
// In outage worlds.
[[nodiscard]] std::unique_ptr<Checker> make_fresh_when_it_can(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_other_provider_is_used(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_learned_is_answered(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_dark_at_once(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_circuits_stay_closed(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_recovers_soon(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_ghosts_end(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_moves_are_found(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_denials_are_believed(Scene& scene);
// In signed worlds.
[[nodiscard]] std::unique_ptr<Checker> make_nothing_forged(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_ad_means_secure(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_cache_is_true(Scene& scene);
[[nodiscard]] std::unique_ptr<Checker> make_secure_again(Scene& scene);
// same_seed_same_trace is checked over two runs: see simulation.h.

// "host. A" for messages to people.
[[nodiscard]] std::string to_text(const Question& question);
// All records, a line each.
[[nodiscard]] std::string to_text(const wire::MessageView& message);

}  // namespace sim
