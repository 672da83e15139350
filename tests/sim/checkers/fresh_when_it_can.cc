// fresh_when_it_can: where the servers of a zone and of its parents answer in time all along, no answer is past
// its TTL: in clean worlds, in healed ones, before an outage, and of zones that an outage does not concern.
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

class FreshWhenItCan : public Checker {
 public:
  explicit FreshWhenItCan(Scene& scene) : Checker("fresh_when_it_can", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (!verdict_of(message).is_stale || !must_be_fresh(query)) return;
    fail("needlessly past its TTL: " + to_text(query.question) + reason_of(message));
  }

 private:
  bool must_be_fresh(const AskedQuery& query) const {
    const World& world = scene_.world;
    if (query.known != nullptr) {
      // Strangers' names may make a forwarder, and who serves them beside others, look dead for a moment.
      const bool has_forwarder = std::ranges::any_of(world.servers, &Server::recursive);
      if (world.outage->kind == OutageKind::kAttacker && has_forwarder) return false;
      return now() < world.outage->from || is_sound(world, query.known->zone);
    }
    if (world.signing && world.signing->forger) return false;  // secure_again looks at that
    if (!scene_.reference.must_resolve(now(), query.question.name, query.question.type)) return false;
    return query.phase == Phase::kLiveness || world.level == Level::kClean;
  }
};

}  // namespace

std::unique_ptr<Checker> make_fresh_when_it_can(Scene& scene) { return std::make_unique<FreshWhenItCan>(scene); }

}  // namespace sim
