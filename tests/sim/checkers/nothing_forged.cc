// nothing_forged: about a name that is secure in truth nobody is told anything but the truth, unless he has set CD: no
// record of the forger, no denial of what is there, no longer TTL. The truth of an earlier version of the zone counts,
// too: its signatures hold until they expire, and may be replayed until then (RFC 4033 §12).
#include <algorithm>

#include "tests/sim/checker.h"
#include "tests/sim/checkers/marker.h"
#include "tests/sim/checkers/says_stale.h"
#include "wire/rdata.h"

namespace sim {
namespace {

using wire::Section;

class NothingForged : public Checker {
 public:
  explicit NothingForged(Scene& scene) : Checker("nothing_forged", scene) {}

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    const auto view = wire::MessageView::parse(message);
    if (!view || query.checking_disabled || view->header().tc) return;
    for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
      for (const wire::RecordView& record : view->section(section)) check_record(query, *view, record, section);
    }
    const bool is_verdict = view->rcode() == wire::Rcode::kNoerror || view->rcode() == wire::Rcode::kNxdomain;
    if (!is_verdict || !scene_.secure.is_secure(query.question.name, query.question.type)) return;
    const auto problem = scene_.reference.disagreement(now(), query.question.name, query.question.type, *view,
                                                       base::seconds(scene_.world.options.stale.max_age_s));
    if (problem) fail(to_text(query.question) + ": " + *problem + to_text(*view));
  }

 private:
  void check_record(const AskedQuery& query, const wire::MessageView& view, const wire::RecordView& record,
                    Section section) {
    Rdata rdata;
    if (record.type == wire::Type::kOpt || !wire::append_expanded_rdata(view, record, rdata)) return;
    const wire::Name owner = view.owner(record);
    if (!scene_.secure.protects(owner, record.type)) return;
    const std::string what = wire::to_text(record.type) + " of " + owner.to_text() + " in the answer to ";
    if (contains_marker(rdata, forger_address, kForgerLabel)) {
      fail("a forged " + what + to_text(query.question) + to_text(view));
    }
    if (section == Section::kAnswer && record.ttl > ttl_max_s(owner, record.type, says_stale(view))) {
      fail("a longer TTL than the zone gives: " + what + to_text(query.question) + to_text(view));
    }
  }

  // What any version of the zone says.
  uint32_t ttl_max_s(wire::NameView owner, wire::Type type, bool may_be_stale) const {
    uint32_t most = may_be_stale ? scene_.world.options.stale.answer_ttl_s : 0;
    bool is_known = false;
    const Zone& zone = scene_.reference.zone_of(owner, type);
    for (const ZoneVersion& version : zone.versions) {
      const Lookup found = look_up(zone.origin, *version.data, owner, type);
      if (found.set != nullptr) most = std::max(most, found.set->ttl_s);
      is_known = is_known || found.set != nullptr;
    }
    return is_known ? most : UINT32_MAX;  // signatures are not among a zone's sets
  }
};

}  // namespace

std::unique_ptr<Checker> make_nothing_forged(Scene& scene) { return std::make_unique<NothingForged>(scene); }

}  // namespace sim
