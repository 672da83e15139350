// staleness_bounded: no RRset and no denial is answered after its TTL, counted from the last time
// that some server said it, and none with more TTL than is left; but where the answer says that it is stale
// (EDE 3 or 19, RFC 8767), up to the maximum age, with a TTL of at most the configured one.
#include <algorithm>
#include <set>

#include "tests/sim/checker.h"
#include "tests/sim/checkers/says_stale.h"
#include "wire/rdata.h"

namespace sim {
namespace {

using wire::Section;
using wire::Type;

struct HeardSet {
  uint32_t ttl_s = UINT32_MAX;
  std::set<Rdata> rdatas;
};
using SetKey = std::pair<std::string, Type>;

// SOA records count with the negative TTL (RFC 2308 §5): they stand for a denial.
std::map<SetKey, HeardSet> sets_of(const wire::MessageView& message, const std::vector<Section>& sections) {
  std::map<SetKey, HeardSet> sets;
  for (const Section section : sections) {
    for (const wire::RecordView& record : message.section(section)) {
      // The signatures of a name are no set: each goes with what it covers (RFC 4035 §2.2).
      if (record.type == Type::kOpt || record.type == Type::kRrsig) continue;
      Rdata rdata;
      if (!wire::append_expanded_rdata(message, record, rdata)) continue;
      HeardSet& set = sets[{key_of(message.owner(record)), record.type}];
      set.ttl_s = std::min(set.ttl_s, record.ttl);
      set.rdatas.insert(wire::canonical_rdata(record.type, rdata));
    }
  }
  return sets;
}

class StalenessBounded : public Checker {
 public:
  explicit StalenessBounded(Scene& scene) : Checker("staleness_bounded", scene) {}

  void on_response(size_t, const base::Endpoint&, base::Bytes message, bool is_forged) override {
    const auto view = wire::MessageView::parse(message);
    if (!view || is_forged) return;
    // Section by section: what a liar adds to one of them changes no set of another.
    for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
      for (const auto& [key, set] : sets_of(*view, {section})) {
        base::Instant& until = good_until_[{key, set.rdatas}];
        until = std::max(until, now() + base::seconds(set.ttl_s));
      }
    }
  }

  void on_answer(const AskedQuery& query, base::Bytes message, bool is_hit) override {
    const auto view = wire::MessageView::parse(message);
    if (!view || view->header().tc) return;
    const auto sets = sets_of(*view, {Section::kAnswer, Section::kAuthority});
    // What the engine has at hand may wait for the rest of its chain (a TTL of zero is for this once).
    const base::Duration held = is_hit ? base::Duration(0) : kHeldAnswerMax;
    const resolver::StaleOptions& stale = scene_.world.options.stale;
    const bool may_be_stale = says_stale(*view);
    for (const auto& [key, set] : sets) {
      if (key.second == Type::kCname && comes_from_dname(sets, key.first)) continue;
      if (scene_.reference.is_evil(name_of_key(key.first))) continue;
      const auto heard = good_until_.find({key, set.rdatas});
      if (heard == good_until_.end()) continue;  // never_wrong and bailiwick look at what was never said
      const base::Instant last = heard->second + held;
      const std::string what =
          wire::to_text(key.second) + " of " + name_of_key(key.first).to_text() + " for " + to_text(query.question);
      if (may_be_stale) {
        // The same records may have been heard again since, for another name (the SOA of a denial): what is given
        // is the older copy, with the TTL of a stale answer.
        const base::Instant left = std::max(heard->second, now() + base::seconds(stale.answer_ttl_s));
        if (now() > heard->second + base::seconds(stale.max_age_s)) fail("past the maximum age: " + what);
        if (now() + base::seconds(set.ttl_s) > left + base::seconds(1))
          fail("a stale record with too long a TTL: " + what);
        continue;
      }
      if (now() > last) fail("past its TTL: " + what);
      if (now() + base::seconds(set.ttl_s) > last + base::seconds(1)) fail("more TTL than is left: " + what);
    }
  }

 private:
  static bool comes_from_dname(const std::map<SetKey, HeardSet>& sets, const std::string& alias) {
    const wire::Name name = name_of_key(alias);
    return std::any_of(sets.begin(), sets.end(), [&](const auto& entry) {
      return entry.first.second == Type::kDname && name.view().is_within(name_of_key(entry.first.first));
    });
  }

  std::map<std::pair<SetKey, std::set<Rdata>>, base::Instant> good_until_;
};

}  // namespace

std::unique_ptr<Checker> make_staleness_bounded(Scene& scene) { return std::make_unique<StalenessBounded>(scene); }

}  // namespace sim
