// learned_is_answered: a name that was answered once is never answered SERVFAIL again, whatever fails. (That no
// client waits beyond its deadline is looked at by answered_once.)
#include <set>

#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

class LearnedIsAnswered : public Checker {
 public:
  explicit LearnedIsAnswered(Scene& scene) : Checker("learned_is_answered", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (query.known == nullptr) return;
    if (verdict_of(message).rcode != wire::Rcode::kServfail) {
      learned_.insert(query.known);
    } else if (learned_.contains(query.known)) {
      fail("SERVFAIL for a name that was learned: " + to_text(query.question) + reason_of(message) +
           seconds_in(*scene_.world.outage, now()));
    }
  }

 private:
  std::set<const KnownName*> learned_;
};

}  // namespace

std::unique_ptr<Checker> make_learned_is_answered(Scene& scene) { return std::make_unique<LearnedIsAnswered>(scene); }

}  // namespace sim
