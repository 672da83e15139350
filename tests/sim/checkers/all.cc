#include "tests/sim/checker.h"

namespace sim {

Checkers make_checkers(Scene& scene) {
  Checkers all;
  all.push_back(make_answered_once(scene));
  all.push_back(make_never_wrong(scene));
  all.push_back(make_staleness_bounded(scene));
  all.push_back(make_budget_kept(scene));
  all.push_back(make_unpredictable(scene));
  all.push_back(make_quiet_when_idle(scene));
  all.push_back(make_bailiwick(scene));
  all.push_back(make_one_flight(scene));
  return all;
}

std::string to_text(const Question& question) { return question.name.to_text() + " " + wire::to_text(question.type); }

}  // namespace sim
