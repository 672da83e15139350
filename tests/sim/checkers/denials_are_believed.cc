// denials_are_believed: NXDOMAIN by all servers of a zone is believed, though it be a mistake: within one TTL, and
// never masked by what is past its own.
#include <map>

#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

// The longest TTL of an outage world's names, and a turn.
constexpr base::Duration kForgotten = base::seconds(22);

class DenialsAreBelieved : public Checker {
 public:
  explicit DenialsAreBelieved(Scene& scene) : Checker("denials_are_believed", scene) {}

  void on_response(size_t, const base::Endpoint&, base::Bytes message, bool is_forged) override {
    const Outage& outage = *scene_.world.outage;
    if (outage.kind != OutageKind::kWrongNxdomain || !outage.is_on(now()) || is_forged) return;
    const auto view = wire::MessageView::parse(message);
    if (!view || !view->question() || view->rcode() != wire::Rcode::kNxdomain) return;
    denied_.try_emplace(key_of(view->question()->name), now());
  }

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    const Outage& outage = *scene_.world.outage;
    if (query.known == nullptr || outage.kind != OutageKind::kWrongNxdomain || !outage.is_on(now())) return;
    if (!is_cut(scene_.world, query.known->zone)) return;
    const Verdict verdict = verdict_of(message);
    const auto denied = denied_.find(key_of(query.known->name));
    if (denied != denied_.end() && now() > denied->second && verdict.is_stale) {
      fail("masked by what is past its TTL: " + to_text(query.question) + seconds_in(outage, now()));
    }
    if (query.asked > outage.from + kForgotten && verdict.rcode != wire::Rcode::kNxdomain) {
      fail("not believed: " + to_text(query.question) + " " + wire::to_text(verdict.rcode) + reason_of(message) +
           seconds_in(outage, now()));
    }
  }

 private:
  std::map<std::string, base::Instant> denied_;
};

}  // namespace

std::unique_ptr<Checker> make_denials_are_believed(Scene& scene) { return std::make_unique<DenialsAreBelieved>(scene); }

}  // namespace sim
