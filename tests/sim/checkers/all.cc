#include "tests/sim/checker.h"
#include "wire/ldns_bridge.h"
#include "wire/rdata.h"

namespace sim {

Checkers make_checkers(Scene& scene) {
  Checkers all;
  all.push_back(make_answered_once(scene));
  all.push_back(make_never_wrong(scene));
  all.push_back(make_staleness_bounded(scene));
  all.push_back(make_budget_kept(scene));
  all.push_back(make_unpredictable(scene));
  all.push_back(make_quiet_when_idle(scene));
  all.push_back(make_bailiwick(scene));
  all.push_back(make_one_flight(scene));
  all.push_back(make_fresh_when_it_can(scene));
  if (scene.world.signing) {
    all.push_back(make_nothing_forged(scene));
    all.push_back(make_ad_means_secure(scene));
    all.push_back(make_cache_is_true(scene));
    all.push_back(make_secure_again(scene));
  }
  if (!scene.world.outage) return all;
  all.push_back(make_other_provider_is_used(scene));
  all.push_back(make_learned_is_answered(scene));
  all.push_back(make_dark_at_once(scene));
  all.push_back(make_circuits_stay_closed(scene));
  all.push_back(make_recovers_soon(scene));
  all.push_back(make_ghosts_end(scene));
  all.push_back(make_moves_are_found(scene));
  all.push_back(make_denials_are_believed(scene));
  return all;
}

std::string to_text(const Question& question) { return question.name.to_text() + " " + wire::to_text(question.type); }

std::string to_text(const wire::MessageView& message) {
  std::string text = "\n    " + wire::to_text(message.rcode());
  for (const wire::Section section : {wire::Section::kAnswer, wire::Section::kAuthority, wire::Section::kAdditional}) {
    for (const wire::RecordView& record : message.section(section)) {
      Rdata rdata;
      if (record.type == wire::Type::kOpt || !wire::append_expanded_rdata(message, record, rdata)) continue;
      text += "\n    " + std::to_string(static_cast<int>(section)) + " " + message.owner(record).to_text() + " " +
              std::to_string(record.ttl) + " " + wire::to_text(record.type) + " " +
              wire::rdata_to_text(record.type, rdata);
    }
  }
  return text;
}

}  // namespace sim
