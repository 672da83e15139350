// ghosts_end: once the parent has said that a zone is gone, nothing past its TTL is answered from it (ghost
// domains, CVE-2012-1033).
#include <map>

#include "tests/sim/checkers/outage_view.h"

namespace sim {
namespace {

class GhostsEnd : public Checker {
 public:
  explicit GhostsEnd(Scene& scene) : Checker("ghosts_end", scene) {}

  void on_response(size_t, const base::Endpoint&, base::Bytes message, bool is_forged) override {
    const Outage& outage = *scene_.world.outage;
    if (outage.kind != OutageKind::kGhost || now() < outage.changed || is_forged) return;
    const auto view = wire::MessageView::parse(message);
    if (!view || !view->question() || view->rcode() != wire::Rcode::kNxdomain) return;
    for (const size_t zone : outage.zones) {
      const wire::Name& origin = scene_.world.zones[zone].origin;
      if (!view->question()->name.view().is_within(origin)) continue;
      for (const wire::RecordView& record : view->section(wire::Section::kAuthority)) {
        const wire::Name soa = view->owner(record);
        if (record.type == wire::Type::kSoa && !(soa == origin)) told_.try_emplace(zone, now());
      }
    }
  }

  void on_answer(const AskedQuery& query, base::Bytes message, bool) override {
    if (query.known == nullptr) return;
    const auto told = told_.find(query.known->zone);
    if (told == told_.end() || now() <= told->second || !verdict_of(message).is_stale) return;
    const auto since = base::duration_cast<base::milliseconds>(now() - told->second).count();
    fail("stale " + std::to_string(since) + " ms after the parent took the zone back: " + to_text(query.question) +
         reason_of(message) + seconds_in(*scene_.world.outage, now()));
  }

 private:
  std::map<size_t, base::Instant> told_;
};

}  // namespace

std::unique_ptr<Checker> make_ghosts_end(Scene& scene) { return std::make_unique<GhostsEnd>(scene); }

}  // namespace sim
