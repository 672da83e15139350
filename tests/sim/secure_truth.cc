#include "tests/sim/secure_truth.h"

#include <algorithm>

#include "tests/sim/zone_signer.h"

namespace sim {

using wire::Name;
using wire::NameView;
using wire::Type;

bool SecureTruth::is_provable(const Zone& zone, const ZoneData& data, NameView owner, Type type) {
  if (!zone.is_secure) return false;
  if (zone.signer->plan().denial.kind != DenialKind::kNsec3OptOut) return true;
  const Lookup found = look_up(zone.origin, data, owner, type);
  if (found.kind == Lookup::Kind::kNxdomain) return false;
  const bool is_unsigned_cut = type == Type::kDs && found.set == nullptr && data.find(owner, Type::kNs) != nullptr;
  const bool is_of_wildcard = found.kind != Lookup::Kind::kDname && !(found.source.view() == owner);
  return !is_unsigned_cut && !is_of_wildcard;
}

bool SecureTruth::protects(NameView owner, Type type) const {
  const Zone& zone = reference_.zone_of(owner, type);
  return std::ranges::all_of(zone.versions,
                             [&](const ZoneVersion& version) { return is_provable(zone, *version.data, owner, type); });
}

bool SecureTruth::may_be_secure(NameView owner, Type type) const {
  const Zone& zone = reference_.zone_of(owner, type);
  return std::ranges::any_of(zone.versions,
                             [&](const ZoneVersion& version) { return is_provable(zone, *version.data, owner, type); });
}

bool SecureTruth::may_be_secure_chain(NameView name, Type type, size_t links) const {
  constexpr size_t kLinksMax = 30;
  const Zone& zone = reference_.zone_of(name, type);
  return links < kLinksMax && std::ranges::any_of(zone.versions, [&](const ZoneVersion& version) {
           if (!is_provable(zone, *version.data, name, type)) return false;
           const Lookup found = look_up(zone.origin, *version.data, name, type);
           const bool is_alias = found.kind == Lookup::Kind::kCname || found.kind == Lookup::Kind::kDname;
           return !is_alias || may_be_secure_chain(found.target, type, links + 1);
         });
}

// In whatever version of its zones; false when the chain has no end.
template <class Test>
bool SecureTruth::all_links(NameView name, Type type, Test test) const {
  std::vector<Name> open = {Name(name)};
  for (size_t steps = 0; steps < 200 && !open.empty(); ++steps) {
    const Name at = open.back();
    open.pop_back();
    const Zone& zone = reference_.zone_of(at, type);
    if (!test(at, zone)) return false;
    for (const ZoneVersion& version : zone.versions) {
      const Lookup found = look_up(zone.origin, *version.data, at, type);
      if (found.kind == Lookup::Kind::kCname || found.kind == Lookup::Kind::kDname) open.push_back(found.target);
    }
  }
  return open.empty();
}

bool SecureTruth::is_secure(NameView name, Type type) const {
  return all_links(name, type, [&](NameView at, const Zone&) { return protects(at, type); });
}

bool SecureTruth::is_dependable(NameView name, Type type) const {
  return all_links(name, type, [&](NameView at, const Zone&) {
    if (!protects(at, type)) return false;
    std::vector<const Zone*> seen;
    return std::ranges::all_of(world_.zones, [&](const Zone& zone) {
      return !at.is_within(zone.origin) || has_dependable_servers(zone, seen);
    });
  });
}

// Of the zone, of those above it, and of those in which its servers' names lie.
bool SecureTruth::has_dependable_servers(const Zone& zone, std::vector<const Zone*>& seen) const {
  if (std::ranges::find(seen, &zone) != seen.end()) return true;
  seen.push_back(&zone);
  const RrSet* name_servers = zone.data().find(zone.origin, Type::kNs);
  return std::ranges::all_of(name_servers->rdatas, [&](const Rdata& rdata) {
    const Name server = name_in_rdata(rdata);
    return protects(server, Type::kA) && std::ranges::all_of(world_.zones, [&](const Zone& other) {
             return !server.view().is_within(other.origin) || has_dependable_servers(other, seen);
           });
  });
}

}  // namespace sim
