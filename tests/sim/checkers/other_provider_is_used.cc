// other_provider_is_used: while some servers of a zone fail and others do not, its names are answered fresh.
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

class OtherProviderIsUsed : public Checker {
 public:
  explicit OtherProviderIsUsed(Scene& scene) : Checker("other_provider_is_used", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (query.known == nullptr || !has_others(scene_.world, query.known->zone)) return;
    const Verdict verdict = verdict_of(message);
    if (!verdict.is_stale && verdict.rcode != wire::Rcode::kServfail) return;
    fail("not fresh although other servers answer: " + to_text(query.question) + reason_of(message) +
         seconds_in(*scene_.world.outage, now()));
  }
};

}  // namespace

std::unique_ptr<Checker> make_other_provider_is_used(Scene& scene) {
  return std::make_unique<OtherProviderIsUsed>(scene);
}

}  // namespace sim
