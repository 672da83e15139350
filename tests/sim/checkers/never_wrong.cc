// never_wrong: an answer with NOERROR or NXDOMAIN says what the reference resolver says; SERVFAIL
// comes only where something in the world excuses it, and never once the world is healed.
#include "tests/sim/checker.h"

namespace sim {
namespace {

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
      const auto problem = scene_.reference.disagreement(now(), query.question.name, query.question.type, *view);
      if (problem) fail(where + *problem + to_text(*view));
    }
  }

 private:
  bool may_fail(const AskedQuery& query) const {
    if (scene_.world.has_tight_bounds) return true;
    if (query.phase == Phase::kSafety && scene_.world.level == Level::kFaulty) return true;
    return !scene_.reference.must_resolve(now(), query.question.name, query.question.type);
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
