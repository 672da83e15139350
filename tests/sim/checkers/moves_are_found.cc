// moves_are_found: a zone that its parent gives to another provider while the old one is silent is answered fresh
// from there, at the latest with the first question after the back-off for asking the parent.
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

constexpr base::Duration kSlack = base::seconds(2);

// The longest time between two questions to a parent, so long after the beginning.
base::Duration back_off(base::Duration failing_for) {
  if (failing_for < base::seconds(30)) return base::seconds(5);
  return std::clamp<base::Duration>(failing_for / 3, base::seconds(5), base::seconds(60));
}

class MovesAreFound : public Checker {
 public:
  explicit MovesAreFound(Scene& scene) : Checker("moves_are_found", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    const Outage& outage = *scene_.world.outage;
    if (query.known == nullptr || outage.kind != OutageKind::kMoved || !outage.concerns(query.known->zone)) return;
    // By then the question that brings the zone to its parent has come too.
    const base::Instant found = outage.changed + back_off(outage.changed - outage.from) + query.known->period + kSlack;
    if (query.asked < found || !verdict_of(message).is_stale) return;
    const auto since = base::duration_cast<base::milliseconds>(query.asked - outage.changed).count();
    fail("stale " + std::to_string(since) + " ms after the zone was moved: " + to_text(query.question) +
         reason_of(message) + seconds_in(outage, now()));
  }
};

}  // namespace

std::unique_ptr<Checker> make_moves_are_found(Scene& scene) { return std::make_unique<MovesAreFound>(scene); }

}  // namespace sim
