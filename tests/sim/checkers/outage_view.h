// What the checkers of outages read from an answer and from the plan.
#pragma once

#include <algorithm>
#include <string>

#include "tests/sim/checker.h"
#include "tests/sim/checkers/says_stale.h"

namespace sim {

// An answer to somebody with EDNS.
struct Verdict {
  wire::Rcode rcode = wire::Rcode::kServfail;
  bool is_stale = false;  // EDE 3 or 19
  bool has_data = false;  // records in the answer section
};

[[nodiscard]] inline Verdict verdict_of(base::Bytes message) {
  Verdict verdict;
  const auto view = wire::MessageView::parse(message);
  if (!view) return verdict;
  verdict.rcode = view->rcode();
  for (const wire::RecordView& record : view->section(wire::Section::kAnswer)) {
    static_cast<void>(record);
    verdict.has_data = true;
  }
  verdict.is_stale = view->edns() && says_stale(*view);
  return verdict;
}

[[nodiscard]] inline std::string reason_of(base::Bytes message) {
  const auto view = wire::MessageView::parse(message);
  if (!view || !view->edns() || !view->edns()->extended_error) return "";
  return " (" + std::to_string(static_cast<int>(view->edns()->extended_error->code)) + " " +
         std::string(view->edns()->extended_error->text) + ")";
}

[[nodiscard]] inline size_t failing_servers(const World& world, size_t zone) {
  return static_cast<size_t>(
      std::ranges::count_if(world.zones[zone].servers, [&](size_t at) { return world.outage->is_failing(at); }));
}

// The fault is none of this zone's, nor of the provider that it shares with others (docs/outages.md, "What it
// cannot tell": half of a provider looks like the whole of it for a moment).
[[nodiscard]] inline bool is_sound(const World& world, size_t zone) {
  const Outage& outage = *world.outage;
  const bool is_of_half = outage.kind == OutageKind::kHalf &&
                          std::ranges::any_of(world.zones[zone].servers,
                                              [&](size_t at) { return outage.provider_of[at] == outage.provider; });
  return failing_servers(world, zone) == 0 && !outage.concerns(zone) && !is_of_half &&
         outage.kind != OutageKind::kUplink;
}

// Some of its servers fail, others do not.
[[nodiscard]] inline bool has_others(const World& world, size_t zone) {
  const size_t failing = failing_servers(world, zone);
  return failing > 0 && failing < world.zones[zone].servers.size() && !world.outage->concerns(zone);
}

[[nodiscard]] inline bool is_cut(const World& world, size_t zone) {
  return failing_servers(world, zone) == world.zones[zone].servers.size();
}

[[nodiscard]] inline std::string seconds_in(const Outage& outage, base::Instant now) {
  const auto since = base::duration_cast<base::milliseconds>(now - outage.from).count();
  return ", " + std::to_string(since) + " ms after the beginning, outage of kind " +
         std::to_string(static_cast<int>(outage.kind));
}

}  // namespace sim
