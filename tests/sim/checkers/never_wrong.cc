// never_wrong: an answer with NOERROR or NXDOMAIN says what the reference resolver says; SERVFAIL
// comes only where something in the world excuses it, and never once the world is healed.
#include "tests/sim/checker.h"
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

// The longest negative TTL in outage worlds, and some.
constexpr base::Duration kDenialsForgotten = base::seconds(15);

class NeverWrong : public Checker {
 public:
  explicit NeverWrong(Scene& scene) : Checker("never_wrong", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool is_hit) override {
    const auto view = wire::MessageView::parse(message);
    if (!view) return;  // answered_once says so
    const std::string where = to_text(query.question) + (is_hit ? " from the cache: " : " from the engine: ");
    const wire::Rcode rcode = view->rcode();
    if (rcode == wire::Rcode::kServfail) {
      if (!may_fail(query)) fail(where + "SERVFAIL" + reason(*view));
    } else if (rcode != wire::Rcode::kNoerror && rcode != wire::Rcode::kNxdomain) {
      fail(where + wire::to_text(rcode));
    } else if (!view->header().tc) {  // a client asks again over TCP after a truncated answer
      if (is_beyond_reference(query)) return;
      // What is past its TTL may be of a version of the zone that is long over.
      const uint32_t past_ttl_s = says_stale(*view) ? scene_.world.options.stale.max_age_s : 0;
      const auto problem = scene_.reference.disagreement(now(), query.question.name, query.question.type, *view,
                                                         base::seconds(past_ttl_s));
      if (problem) fail(where + *problem + to_text(*view));
    }
  }

 private:
  bool may_fail(const AskedQuery& query) const {
    if (scene_.world.has_tight_bounds) return true;
    if (has_forger() || query.phase == Phase::kRecovery) return true;  // secure_again looks at that
    if (query.phase == Phase::kSafety && scene_.world.level == Level::kFaulty) return true;
    return !scene_.reference.must_resolve(now(), query.question.name, query.question.type);
  }

  // What he says of insecure names may be believed, and last; what of secure ones, nothing_forged looks at.
  bool has_forger() const { return scene_.world.signing && scene_.world.signing->forger; }

  // What a provider denies wrongly, and a zone that its parent has taken back: other checkers look at those.
  bool is_beyond_reference(const AskedQuery& query) const {
    if (has_forger()) return true;
    if (query.known == nullptr) return false;
    const Outage& outage = *scene_.world.outage;
    if (outage.kind == OutageKind::kGhost) return now() >= outage.changed && outage.concerns(query.known->zone);
    return outage.kind == OutageKind::kWrongNxdomain && now() >= outage.from &&
           now() < outage.until + kDenialsForgotten && failing_servers(scene_.world, query.known->zone) > 0;
  }

  static std::string reason(const wire::MessageView& view) {
    if (!view.edns() || !view.edns()->extended_error) return "";
    return " (" + std::to_string(static_cast<int>(view.edns()->extended_error->code)) + " " +
           std::string(view.edns()->extended_error->text) + ")";
  }
};

}  // namespace

std::unique_ptr<Checker> make_never_wrong(Scene& scene) { return std::make_unique<NeverWrong>(scene); }

}  // namespace sim
