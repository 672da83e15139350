// secure_again: soon after the forger has stopped and everything else is healed, secure names are answered again: with
// data, within their TTL, and with AD for who asks for it. Names of zones that are found through insecure data are
// excused (SecureTruth::is_dependable).
#include "tests/sim/checker.h"
#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

// A failure is remembered for at most five minutes (RFC 9520 §3.2), and so long one that it made fail in turn.
constexpr base::Duration kForgotten = base::seconds(330);

class SecureAgain : public Checker {
 public:
  explicit SecureAgain(Scene& scene) : Checker("secure_again", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    const World& world = scene_.world;
    const bool is_watched = query.phase == Phase::kRecovery || query.phase == Phase::kLiveness;
    if (!is_watched || world.has_tight_bounds || query.asked < world.signing->healed + kForgotten) return;
    const auto view = wire::MessageView::parse(message);
    if (!view || view->header().tc) return;
    const Question& question = query.question;
    if (!scene_.secure.is_dependable(question.name, question.type)) return;
    if (!scene_.reference.must_resolve(now(), question.name, question.type)) return;
    const Verdict verdict = verdict_of(message);
    const auto since = base::duration_cast<base::seconds>(query.asked - world.signing->healed).count();
    const std::string where = to_text(question) + ", " + std::to_string(since) + " s after the healing";
    if (verdict.rcode == wire::Rcode::kServfail) fail("SERVFAIL: " + where + reason_of(message));
    if (verdict.is_stale) fail("stale: " + where + reason_of(message));
    const bool wants_ad = query.asks_for_ad || query.dnssec_ok;
    if (wants_ad && !view->header().ad) fail("without AD: " + where + reason_of(message) + to_text(*view));
  }
};

}  // namespace

std::unique_ptr<Checker> make_secure_again(Scene& scene) { return std::make_unique<SecureAgain>(scene); }

}  // namespace sim
