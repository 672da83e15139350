// quiet_when_idle: after the last client everything ends: no more sends, no timers, no open
// sockets, nothing in hand; and the cache is never larger than it may be.
#include "tests/sim/checker.h"

namespace sim {
namespace {

class QuietWhenIdle : public Checker {
 public:
  explicit QuietWhenIdle(Scene& scene) : Checker("quiet_when_idle", scene) {}

  void on_query(const AskedQuery& query) override { last_query_ = query.asked; }

  void on_send(size_t, const resolver::SendQuery&) override {
    // The client's deadline is over, but the work may go on to fill the cache.
    if (now() > last_query_ + scene_.world.options.budget.wall_time * 3)
      fail("a query to a server long after the last client");
  }

  void on_end_of_phase(Phase) override {
    const cache::Cache::Usage usage = scene_.cache.usage();
    if (usage.bytes > usage.bytes_max) fail("the cache holds " + std::to_string(usage.bytes) + " bytes");
  }

  void on_idle(const resolver::Engine::Usage& usage, bool has_timers, size_t open_sockets) override {
    const size_t in_hand =
        usage.clients + usage.resolutions + usage.exchanges + usage.streams + usage.flights + usage.timers;
    if (in_hand != 0 || usage.bytes != 0) {
      fail("in hand when idle: clients " + std::to_string(usage.clients) + ", resolutions " +
           std::to_string(usage.resolutions) + ", exchanges " + std::to_string(usage.exchanges) + ", streams " +
           std::to_string(usage.streams) + ", flights " + std::to_string(usage.flights) + ", timers " +
           std::to_string(usage.timers) + ", bytes " + std::to_string(usage.bytes));
    }
    if (has_timers) fail("a timer when idle");
    if (open_sockets != 0) fail(std::to_string(open_sockets) + " sockets open when idle");
  }

 private:
  base::Instant last_query_;
};

}  // namespace

std::unique_ptr<Checker> make_quiet_when_idle(Scene& scene) { return std::make_unique<QuietWhenIdle>(scene); }

}  // namespace sim
