// Clients: who asks what and when, drawn from the world's habits. A truncated answer is asked for
// again over TCP, as stub resolvers do.
#pragma once

#include <deque>
#include <vector>

#include "tests/sim/pump.h"

namespace sim {

class Clients {
 public:
  Clients(World& world, EventQueue& queue, Pump& pump, Random dice);

  // Puts everything that is asked in the phase into the queue; returns when the last is asked.
  base::Instant schedule_safety();
  base::Instant schedule_liveness();
  // In signed worlds: between the healing and the questions of liveness.
  void schedule_recovery(base::Duration length);
  [[nodiscard]] size_t asked() const { return queries_.size(); }

 private:
  AskedQuery& make_query(const Question& question, Phase phase, const KnownName* known = nullptr);
  void ask(const std::vector<Question>& questions, Phase phase);
  base::Instant schedule_known_names();
  void on_answer(AskedQuery& query, base::Bytes message);
  [[nodiscard]] Question draw_question();
  [[nodiscard]] static std::vector<uint8_t> render(const AskedQuery& query, bool with_edns);

  World& world_;
  EventQueue& queue_;
  Pump& pump_;
  Random dice_;
  std::deque<AskedQuery> queries_;  // stay where they are
};

}  // namespace sim
