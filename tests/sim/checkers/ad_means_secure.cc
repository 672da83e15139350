// ad_means_secure: AD is set only for who asks for it (RFC 6840 §5.7, §5.8), only when every link of the answer is
// secure in truth, and true, and within its TTL, and while its signatures hold.
#include <algorithm>

#include "tests/sim/checker.h"
#include "tests/sim/checkers/says_stale.h"
#include "wire/dnssec_rdata.h"

namespace sim {
namespace {

class AdMeansSecure : public Checker {
 public:
  explicit AdMeansSecure(Scene& scene) : Checker("ad_means_secure", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool is_hit) override {
    const auto view = wire::MessageView::parse(message);
    if (!view || !view->header().ad) return;
    const Question& question = query.question;
    const std::string what = "AD in the answer to " + to_text(question);
    if (!query.dnssec_ok && !query.asks_for_ad) fail(what + ", who has not asked for it");
    if (view->edns() && says_stale(*view)) fail(what + ", which is stale");
    if (!scene_.secure.may_be_secure_chain(question.name, question.type))
      fail(what + ", which is not secure" + to_text(*view));
    if (view->header().tc) return;
    const auto problem = scene_.reference.disagreement(now(), question.name, question.type, *view,
                                                       base::seconds(scene_.world.options.stale.max_age_s));
    if (problem) fail(what + ": " + *problem + to_text(*view));
    check_times(*view, what, is_hit ? base::Duration(0) : kHeldAnswerMax);
  }

 private:
  void check_times(const wire::MessageView& view, const std::string& what, base::Duration held) {
    const auto held_s = static_cast<uint32_t>(base::duration_cast<base::seconds>(held).count());
    const auto now_s = static_cast<uint32_t>(wall_at(now()).seconds_since_1970);
    for (const wire::Section section : {wire::Section::kAnswer, wire::Section::kAuthority}) {
      for (const wire::RecordView& record : view.section(section)) {
        if (record.type != wire::Type::kRrsig) continue;
        const auto rrsig = wire::parse_rrsig(record.rdata);
        if (!rrsig) continue;
        const uint32_t skew_s =
            std::min(scene_.world.options.dnssec.policy.skew_s_max, (rrsig->expiration - rrsig->inception) / 10);
        if (now_s > rrsig->expiration + skew_s + held_s + 1) fail(what + ": a signature has expired" + to_text(view));
        if (now_s + skew_s < rrsig->inception) fail(what + ": a signature does not hold yet" + to_text(view));
      }
    }
  }
};

}  // namespace

std::unique_ptr<Checker> make_ad_means_secure(Scene& scene) { return std::make_unique<AdMeansSecure>(scene); }

}  // namespace sim
