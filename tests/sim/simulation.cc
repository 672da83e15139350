#include "tests/sim/simulation.h"

#include "tests/sim/client.h"

namespace sim {
namespace {

constexpr base::Duration kHealed = base::seconds(900);  // longer than failures are remembered
constexpr base::Duration kSettle = base::seconds(60);   // the last question's work and idle streams
constexpr uint64_t kStepsMax = 2'000'000;
constexpr std::string_view kSameTrace = "same_seed_same_trace";

class Simulation {
 public:
  explicit Simulation(const RunOptions& options)
      : world_(draw_world(options.seed)),
        reference_(world_.zones),
        secure_(world_, reference_),
        cache_(cache::CacheOptions{world_.cache_bytes, {9, 9, 9, 9}, 16}),
        findings_(options.only),
        scene_{world_, queue_, reference_, secure_, cache_, findings_},
        checkers_(make_checkers(scene_)),
        network_(world_, queue_, world_.dice.split()),
        pump_(world_, queue_, network_, cache_, checkers_, options.plant, options.salt, options.prints_trace),
        clients_(world_, queue_, pump_, world_.dice.split()) {}

  RunResult run() {
    for (const ZoneChange& change : world_.changes) {
      queue_.at(change.when, [this, &change] {
        world_.zones[change.zone].versions.push_back({queue_.now(), change.data});
      });
    }
    run_until(clients_.schedule_safety() + kSettle);
    end_phase(Phase::kSafety);
    world_.heal(queue_.now());
    clients_.schedule_recovery(kHealed);
    run_until(queue_.now() + kHealed);
    run_until(clients_.schedule_liveness());
    pump_.set_idle_phase();
    run_until(queue_.now() + kSettle);
    end_phase(Phase::kLiveness);
    run_until(queue_.now() + kHealed);
    if (is_sound()) pump_.tell_idle();
    end_phase(Phase::kIdle);
    return {findings_.first(), pump_.trace_hash(), clients_.asked(), pump_.sends()};
  }

 private:
  [[nodiscard]] bool is_sound() const { return !findings_.first(); }

  void end_phase(Phase phase) {
    if (!is_sound()) return;
    auto reader = cache_.readers().register_reader();
    reader.online();
    for (auto& checker : checkers_) checker->on_end_of_phase(phase);
    reader.offline();
  }

  void run_until(base::Instant end) {
    while (is_sound()) {
      const base::Instant event = queue_.next();
      const base::Instant timeout = pump_.next_timeout();
      const base::Instant next = std::min(event, timeout);
      if (next > end) break;
      if (event <= timeout) {
        queue_.run_next();
      } else {
        queue_.advance(timeout + pump_.step_delay());
        pump_.run_timeouts();
      }
      if (pump_.steps() > kStepsMax) findings_.add("quiet_when_idle", "the engines do not come to rest");
    }
    queue_.advance(end);
  }

  World world_;
  EventQueue queue_;
  Reference reference_;
  SecureTruth secure_;
  cache::Cache cache_;
  Findings findings_;
  Scene scene_;
  Checkers checkers_;
  Network network_;
  Pump pump_;
  Clients clients_;
};

}  // namespace

RunResult run_world(const RunOptions& options) { return Simulation(options).run(); }

RunResult run_seed(RunOptions options) {
  RunResult result = run_world(options);
  const bool is_wanted = options.only.empty() ? options.seed % 4 == 0 : options.only == kSameTrace;
  if (result.violation || !is_wanted) return result;
  options.salt = 1;
  options.prints_trace = false;
  if (run_world(options).trace_hash != result.trace_hash) {
    result.violation = Violation{std::string(kSameTrace), "two runs of the seed did not do the same"};
  }
  return result;
}

}  // namespace sim
