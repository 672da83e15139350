// other_provider_is_used: while some servers of a zone fail and others do not, its names are answered fresh: at
// once where the others are another provider's, some seconds later where they are the same one's or where the path is
// lossy: who is sent to twice in vain there may not know the address of any other yet.
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

constexpr base::Duration kSettled = base::seconds(8);

class OtherProviderIsUsed : public Checker {
 public:
  explicit OtherProviderIsUsed(Scene& scene) : Checker("other_provider_is_used", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (query.known == nullptr || !has_others(scene_.world, query.known->zone)) return;
    const Outage& outage = *scene_.world.outage;
    const bool may_take_seconds = !has_other_provider(query.known->zone) || outage.kind == OutageKind::kLossy;
    if (may_take_seconds && now() < outage.from + kSettled) return;
    const Verdict verdict = verdict_of(message);
    if (!verdict.is_stale && verdict.rcode != wire::Rcode::kServfail) return;
    fail("not fresh although other servers answer: " + to_text(query.question) + reason_of(message) +
         seconds_in(outage, now()));
  }

 private:
  [[nodiscard]] bool has_other_provider(size_t zone) const {
    const std::vector<size_t>& provider_of = scene_.world.outage->provider_of;
    return std::ranges::any_of(scene_.world.zones[zone].servers,
                               [&](size_t server) { return provider_of[server] != scene_.world.outage->provider; });
  }
};

}  // namespace

std::unique_ptr<Checker> make_other_provider_is_used(Scene& scene) {
  return std::make_unique<OtherProviderIsUsed>(scene);
}

}  // namespace sim
