#include "tests/sim/reference.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "wire/rdata.h"

namespace sim {

using wire::MessageView;
using wire::Name;
using wire::NameView;
using wire::Section;
using wire::Type;

namespace {

using RdataSet = std::set<Rdata>;
using SetsInAnswer = std::map<std::pair<std::string, Type>, RdataSet>;

RdataSet canonical(Type type, const std::vector<Rdata>& rdatas) {
  RdataSet out;
  for (const Rdata& rdata : rdatas) out.insert(wire::canonical_rdata(type, rdata));
  return out;
}

SetsInAnswer sets_in_answer(const MessageView& message) {
  SetsInAnswer sets;
  for (const wire::RecordView& record : message.section(Section::kAnswer)) {
    Rdata rdata;
    if (record.type == Type::kRrsig) continue;  // they go with their sets
    if (!wire::append_expanded_rdata(message, record, rdata)) continue;
    sets[{key_of(message.owner(record)), record.type}].insert(wire::canonical_rdata(record.type, rdata));
  }
  return sets;
}

bool has_soa_of(const MessageView& message, NameView zone) {
  for (const wire::RecordView& record : message.section(Section::kAuthority)) {
    if (record.type == Type::kSoa && message.owner(record).view() == zone) return true;
  }
  return false;
}

uint32_t seconds_in_force(const Zone& zone, const ZoneData& data, const Lookup& found) {
  if (found.set != nullptr) return found.set->ttl_s;
  const RrSet* soa = data.find(zone.origin, Type::kSoa);
  const auto fields = wire::parse_soa(soa->rdatas.front());
  return std::min(soa->ttl_s, fields->minimum);
}

// Takes the set out of `sets` when it is there with exactly these records.
bool take(SetsInAnswer& sets, NameView owner, Type type, const std::vector<Rdata>& rdatas) {
  const auto found = sets.find({key_of(owner), type});
  if (found == sets.end() || found->second != canonical(type, rdatas)) return false;
  sets.erase(found);
  return true;
}

bool is_alias(const Lookup& found) { return found.kind == Lookup::Kind::kCname || found.kind == Lookup::Kind::kDname; }

// True when the answer says the same as `found`; what it says is taken out of `sets`.
bool agrees(SetsInAnswer& sets, const Lookup& found, const Zone& zone, NameView at, Type type,
            const MessageView& message) {
  switch (found.kind) {
    case Lookup::Kind::kRrset:
      return message.rcode() == wire::Rcode::kNoerror && take(sets, at, type, found.set->rdatas);
    case Lookup::Kind::kCname:
      return take(sets, at, Type::kCname, found.set->rdatas);
    case Lookup::Kind::kDname: {
      // An earlier link may have shown the DNAME already.
      (void)take(sets, found.owner, Type::kDname, found.set->rdatas);
      return take(sets, at, Type::kCname, {rdata_of(found.target)});
    }
    case Lookup::Kind::kNodata:
      // That there is no DS may have been said beside a referral, which has no SOA (RFC 4035 §3.1.4).
      return message.rcode() == wire::Rcode::kNoerror && sets.empty() &&
             (type == Type::kDs || has_soa_of(message, zone.origin));
    case Lookup::Kind::kNxdomain:
      return message.rcode() == wire::Rcode::kNxdomain && sets.empty() && has_soa_of(message, zone.origin);
    case Lookup::Kind::kReferral:
      return false;
  }
  return false;
}

}  // namespace

const Zone& Reference::zone_of(NameView name, Type type) const {
  if (type == Type::kDs && !name.is_root()) return zone_of(name.parent());
  const Zone* best = nullptr;
  for (const Zone& zone : zones_) {
    if (!name.is_within(zone.origin)) continue;
    if (best == nullptr || zone.origin.view().label_count() > best->origin.view().label_count()) best = &zone;
  }
  CHECK(best != nullptr);
  return *best;
}

std::vector<Lookup> Reference::may_say(base::Instant now, NameView name, Type type, base::Duration past_ttl) const {
  const Zone& zone = zone_of(name, type);
  std::vector<Lookup> out;
  for (size_t index = zone.versions.size(); index-- > 0;) {
    const ZoneData& data = *zone.versions[index].data;
    const Lookup found = look_up(zone.origin, data, name, type);
    const bool is_current = index + 1 == zone.versions.size();
    if (is_current) {
      out.push_back(found);
      continue;
    }
    const base::Instant ended = zone.versions[index + 1].from;
    const base::Duration in_force = base::seconds(seconds_in_force(zone, data, found));
    if (now <= ended + in_force + kHeldAnswerMax + past_ttl) out.push_back(found);
  }
  return out;
}

bool Reference::must_resolve(base::Instant now, NameView name, Type type) const {
  // Every version that may be heard must lead to an end; the worst one decides.
  std::vector<std::pair<Name, size_t>> open = {{Name(name), 0}};
  for (size_t steps = 0; steps < 200 && !open.empty(); ++steps) {
    const auto [at, links] = open.back();
    open.pop_back();
    if (is_evil(at) || links > kLinksThatMustResolve) return false;
    for (const Lookup& found : may_say(now, at, type)) {
      if (found.kind == Lookup::Kind::kCname) open.emplace_back(found.target, links + 1);
      if (found.kind == Lookup::Kind::kDname) open.emplace_back(found.target, links + 2);
    }
  }
  return open.empty();
}

std::optional<std::string> Reference::disagreement(base::Instant now, NameView name, Type type,
                                                   const MessageView& message, base::Duration past_ttl) const {
  constexpr size_t kLinksMax = 24;
  SetsInAnswer sets = sets_in_answer(message);
  Name at(name);
  for (size_t links = 0; links < kLinksMax; ++links) {
    const Zone& zone = zone_of(at, type);
    if (zone.evil) return std::nullopt;  // it may say what it likes about its own names
    const std::vector<Lookup> candidates = may_say(now, at, type, past_ttl);
    const auto match = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Lookup& found) { return agrees(sets, found, zone, at, type, message); });
    if (match == candidates.end()) {
      return "at " + at.to_text() + " the answer agrees with none of " + std::to_string(candidates.size()) +
             " version(s) of zone " + zone.origin.to_text();
    }
    if (!is_alias(*match)) {
      return sets.empty() ? std::nullopt : std::optional<std::string>("records that do not belong to the answer");
    }
    at = match->target;
  }
  return "an alias chain without an end";
}

}  // namespace sim
