// The steps of a resolution that need no network: what the cache knows, which zone is nearest,
// what to ask next and whom.
#include <algorithm>

#include "base/check.h"
#include "cache/failure.h"
#include "resolver/engine_impl.h"
#include "resolver/local_names.h"
#include "resolver/next_qname.h"
#include "resolver/sends_of_kin.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

bool lease_holds(const cache::Entry& entry, base::Instant now) {
  return now.boot_seconds() < entry.header().lease_until_s;
}

bool same_addresses_known(const ZoneVisit& visit, const base::IpAddress& address) {
  return std::any_of(visit.attempts.begin(), visit.attempts.end(),
                     [&](const Attempt& attempt) { return attempt.address == address; });
}

}  // namespace

Resolution* Engine::Impl::find(ResolutionId id) {
  const auto found = resolutions_.find(id);
  return found == resolutions_.end() ? nullptr : found->second.get();
}

// Refreshes stand beside the question that clients wait for: who has stale data at once waits for no refresh.
uint64_t Engine::Impl::question_key(wire::NameView name, wire::Type type, Purpose purpose) const {
  const uint64_t hash = shared_.cache->key(name, type, cache::Space::kAnswer).hash;
  switch (purpose) {
    case Purpose::kAnswer:
      return hash;
    case Purpose::kRefresh:
      return ~hash;
    case Purpose::kParent:
      return hash ^ 1;
    case Purpose::kGlue:
      return hash ^ kGlueMark;
  }
  return hash;
}

ResolutionId Engine::Impl::start(base::Now now, wire::NameView name, wire::Type type,
                                 std::shared_ptr<QueryBudget> budget, uint8_t depth, bool from_client, Purpose purpose,
                                 RouteUse use, size_t probed_step, bool unchecked) {
  if (resolutions_.size() >= options_.bounds.resolutions_max || resolution_bytes_ >= options_.bounds.bytes_max) {
    if (const auto victim = resolutions_by_zone_.oldest_of_largest()) to_shed_.push_back(*victim);
  }
  counters_.add(base::Counter::kResolutionsStarted);
  auto resolution = std::make_unique<Resolution>();
  const ResolutionId id = next_id_++;
  resolution->id = id;
  resolution->name = wire::Name(name).lowercased();
  resolution->type = type;
  resolution->budget = std::move(budget);
  resolution->depth = depth;
  resolution->from_client = from_client;
  resolution->unchecked = unchecked;
  resolution->purpose = purpose;
  resolution->started = now.boot;
  resolution->minimise = options_.qname_minimisation;
  resolution->held_bytes = kResolutionBytes;
  resolution_bytes_ += kResolutionBytes;
  timers_.arm({resolution->budget->deadline(), TimerKind::kResolution, id});
  resolution->walk.route = &options_.routes.find(resolution->name, type);
  resolution->walk.use = use;
  resolution->walk.step = probed_step;
  resolution->question = use == RouteUse::kAll ? question_key(resolution->name, type, purpose)
                                               : question_of(resolution->name, type, use, probed_step) ^
                                                     (purpose == Purpose::kGlue ? kGlueMark : 0);
  if (unchecked) resolution->question ^= kUncheckedMark;
  by_question_[resolution->question] = id;
  resolutions_by_zone_.join(id, 0);
  resolutions_[id] = std::move(resolution);
  make_ready(id);
  return id;
}

void Engine::Impl::step(base::Now now, ResolutionId id) {
  Resolution* resolution = find(id);
  if (resolution == nullptr) return;
  if (resolution->flight_failed && resolution->phase == Phase::kAwaitFlight) {
    if (try_next_step(now, *resolution, StepState::kFailed)) return;
    return fail(now, *resolution, Outcome::kFailed, resolution->result.error.value_or(wire::ExtendedError::kOther),
                std::move(resolution->result.error_text));
  }
  if (resolution->phase == Phase::kCacheCheck) {
    step_cache_check(now, *resolution);
    resolution = find(id);
    if (resolution == nullptr) return;
  }
  if (resolution->phase == Phase::kFindServers) return step_find_servers(now, *resolution);
  if (resolution->phase == Phase::kValidate) step_validate(now, *resolution);
}

// What is known already ------------------------------------------------------------------------

void Engine::Impl::step_cache_check(base::Now now, Resolution& resolution) {
  const bool asks_anyway = resolution.id == priming_ || resolution.purpose == Purpose::kParent ||
                           resolution.purpose == Purpose::kGlue || resolution.walk.use == RouteUse::kProbe;
  if (!asks_anyway) {
    const wire::NameView route_zone = resolution.walk.route->zone;
    if (auto local =
            resolution.visit ? std::nullopt : answer_locally(now.boot, resolution.name, resolution.type, route_zone)) {
      resolution.result.chain = std::move(local->chain);
      resolution.result.rcode = local->rcode;
      finish(now, resolution, Outcome::kAnswered);
      return;
    }
    const Known known = find_fresh(now.boot, *shared_.cache, resolution.name, resolution.type, scope_of(resolution));
    const bool is_news =
        resolution.purpose == Purpose::kAnswer ||
        (known.entry != nullptr && known.entry->header().learned_s >= resolution.started.boot_seconds());
    if (is_news && take_known(now, resolution, known)) return;
    if (use_referral_proof(now, resolution) || deny_from_index(now, resolution)) return;
    ask_beside_stale_alias(now, resolution);
  }
  resolution.enter(Phase::kFindServers);
}

// Whom to ask -----------------------------------------------------------------------------------

void Engine::Impl::step_find_servers(base::Now now, Resolution& resolution) {
  if (!resolution.budget->has_time(now.boot)) return fail_budget(now, resolution);
  if (resolution.walk.states.empty()) begin_route(now, resolution);
  find_delegation(now, resolution);
  if (is_retry_hopeless(resolution, *resolution.visit)) return finish(now, resolution, Outcome::kShed);
  if (settle_without_asking(now, resolution)) return;
  const AskNow ask = next_question(now, resolution);
  if (take_flight(now, resolution, ask) == FlightTurn::kWait) return;
  ask_a_server(now, resolution, ask);
}

// The nearest delegation that the cache holds, unless the one being visited is as near.
void Engine::Impl::find_delegation(base::Now now, Resolution& resolution) {
  const wire::NameView name = resolution.name;
  // DS lies on the parent's side of the cut (RFC 4035 §3.1.4.1).
  const bool at_parent =
      (resolution.type == wire::Type::kDs || resolution.purpose == Purpose::kParent) && !name.is_root();
  const wire::NameView nearest = resolution.glue_zone ? wire::NameView(*resolution.glue_zone).parent()
                                 : at_parent          ? name.parent()
                                                      : name;
  const size_t labels_visited = resolution.visit ? wire::NameView(resolution.visit->delegation.zone).label_count() : 0;
  for (wire::NameView zone = nearest;; zone = zone.parent()) {
    if (resolution.visit && zone.label_count() <= labels_visited) break;
    if (visit_upstream(resolution, zone)) break;
    const cache::Entry* entry =
        shared_.cache->peek(shared_.cache->key(zone, wire::Type::kNs, cache::Space::kDelegation));
    if (entry != nullptr && entry->is_fresh(now.boot) && lease_holds(*entry, now.boot) &&
        entry->header().step == delegation_step(resolution)) {
      ZoneVisit visit;
      visit.delegation = cache::read_delegation(*entry);
      visit.lease_until_s = entry->header().lease_until_s;
      visit.known_labels = zone.label_count();
      visit.lookups.resize(visit.delegation.servers.size(), AddressLookup::kNotStarted);
      resolution.visit = std::move(visit);
      break;
    }
    if (zone.is_root()) {
      use_root_hints(now, resolution);
      break;
    }
  }
  if (resolution.visit->attempts.empty()) {
    const auto& servers = resolution.visit->delegation.servers;
    for (size_t server = 0; server < servers.size(); ++server) {
      for (const auto& address : servers[server].glue) add_address(resolution, address, server);
    }
  }
  const uint64_t zone_key = hash_(wire::NameView(resolution.visit->delegation.zone).bytes());
  resolutions_by_zone_.leave(resolution.id);
  if (resolutions_by_zone_.held_by(zone_key) >= options_.bounds.resolutions_per_zone_max) {
    to_shed_.push_back(*resolutions_by_zone_.oldest_of(zone_key));
  }
  resolutions_by_zone_.join(resolution.id, zone_key);
}

// The hints serve until priming has answered (RFC 8109); nobody waits for priming.
void Engine::Impl::use_root_hints(base::Now now, Resolution& resolution) {
  ZoneVisit visit;
  visit.delegation = options_.root_hints;
  visit.lookups.resize(visit.delegation.servers.size(), AddressLookup::kNotStarted);
  resolution.visit = std::move(visit);
  if (resolution.budget->is_small()) return;  // a probe of a silent root and priming would call each other for ever
  const bool iterated = options_.routes.find({}).steps == std::vector<size_t>{kIterateStep};
  const RouteUse use = iterated ? RouteUse::kAll : RouteUse::kIterate;
  const uint64_t root_ns = question_of({}, wire::Type::kNs, use);
  if (priming_ != 0 || by_question_.contains(root_ns) || now.boot < priming_not_before_) return;
  priming_not_before_ = now.boot + base::seconds(5);
  priming_ = start(now, wire::NameView(), wire::Type::kNs, std::make_shared<QueryBudget>(options_.budget, now.boot), 0,
                   true, Purpose::kAnswer, use);
}

AskNow Engine::Impl::next_question(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  const wire::NameView name = resolution.name;
  const size_t all_labels = name.label_count();
  const bool forwarded = visit.upstream != nullptr && !visit.upstream->authoritative;  // it is told all: it recurses
  while (resolution.minimise && !forwarded && visit.known_labels < all_labels) {
    const size_t labels = next_qname_labels(name, visit.known_labels, resolution.minimise_steps);
    if (labels >= all_labels) break;
    const wire::NameView shorter = name.suffix(labels);
    // An answer for the shorter name from this very zone: no cut lies there.
    const cache::Entry* entry = shared_.cache->peek(shared_.cache->key(shorter, wire::Type::kA, cache::Space::kAnswer));
    if (entry == nullptr || !entry->is_fresh(now.boot) || !(entry->zone() == wire::NameView(visit.delegation.zone))) {
      return {.name = shorter, .type = wire::Type::kA, .minimised = true};
    }
    visit.known_labels = labels;
  }
  return {.name = name, .type = resolution.type, .minimised = false};
}

void Engine::Impl::ask_a_server(base::Now now, Resolution& resolution, const AskNow& ask) {
  ZoneVisit& visit = *resolution.visit;
  for (size_t server = 0; server < visit.delegation.servers.size(); ++server) {
    add_cached_addresses(now, resolution, server);
  }
  for (;;) {
    const std::vector<Candidate> candidates = candidates_of(now, resolution);
    const auto chosen = choose_server(candidates, entropy_);
    if (!chosen) break;
    // Rather a server whose address is not known yet than one that answers nobody, or only after seconds, or what is
    // bogus, or used to answer and was silent now.
    const Candidate& candidate = candidates[*chosen];
    const bool is_poor = is_dark(candidate) || takes_seconds(candidate.health) || candidate.doubted ||
                         (candidate.sends > 0 && candidate.health.known) ||
                         (candidate.domain_sends > 0 && has_other_domain_to_look_up(visit));
    if (is_poor && look_up_addresses(now, resolution)) return release_flight(resolution, false);
    Attempt& attempt = visit.attempts[*chosen];
    const bool is_first = attempt.udp_sends == 0;
    if (send(now, resolution, ask, attempt, Transport::kUdp)) {
      if (is_first && !is_dark(candidate)) probe_dead_server(now, resolution, ask);
      return;
    }
    if (is_settled(resolution)) return;
    attempt.excluded = true;  // full: not this one now
    ++resolution.evidence.shed;
  }
  if (look_up_addresses(now, resolution)) return release_flight(resolution, false);
  out_of_servers(now, resolution);  // keeps the flight: who waits for it shares the failure
}

std::vector<Candidate> Engine::Impl::candidates_of(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  std::vector<Candidate> candidates;
  candidates.reserve(visit.attempts.size());
  // Now and then a suspect family is given a chance, so that its recovery is noticed.
  const bool forgive = entropy_.chance(1, kExploreOneIn);
  const bool has_open = options_.stale.circuits && shared_.providers->open_circuits() > 0;
  const SendsOfKin sends = sends_of_kin(visit);
  const auto is_doubted = [&](const base::IpAddress& address) {
    return !doubted_.empty() && doubted_.is_doubted(now.boot, doubt_key(visit, address));
  };
  for (const Attempt& attempt : visit.attempts) {
    Candidate candidate{.address = attempt.address,
                        .health = health_of(now, attempt.address),
                        .sends = attempt.udp_sends,
                        .server_sends = sends.of_server[attempt.server % SendsOfKin::kServersMax],
                        .domain_sends = sends.of_domain[attempt.server % SendsOfKin::kServersMax],
                        .excluded = attempt.excluded,
                        .dark = has_open && shared_.providers->is_dark(groups_of(visit, attempt)),
                        .doubted = is_doubted(attempt.address),
                        .family_suspect = !forgive && family_suspect(now.boot, attempt.address.family())};
    // Server addresses and other sub-questions do not insist: there are other servers, and a client to answer.
    const bool insists = resolution.from_client || !is_dark(candidate);
    if (attempt.udp_sends > 0 && (!insists || is_retry_in_vain(visit, attempt, candidate))) candidate.excluded = true;
    candidates.push_back(candidate);
  }
  return candidates;
}

// It was silent to this question, and so is its whole provider to everyone.
bool Engine::Impl::is_retry_in_vain(ZoneVisit& visit, const Attempt& attempt, const Candidate& candidate) const {
  return options_.stale.circuits && (candidate.dark || shared_.providers->is_suspect(groups_of(visit, attempt)));
}

void Engine::Impl::add_address(Resolution& resolution, const base::IpAddress& address, size_t server) {
  if (same_addresses_known(*resolution.visit, address)) return;
  if (!may_ask(address)) {
    counters_.add(base::Counter::kUpstreamNeverQuery);
    return;
  }
  resolution.visit->attempts.push_back({.address = address, .server = static_cast<uint8_t>(server)});
}

void Engine::Impl::add_cached_addresses(base::Now now, Resolution& resolution, size_t server) {
  const wire::Name lower = resolution.visit->delegation.servers[server].name.lowercased();
  for (const wire::Type type : {wire::Type::kA, wire::Type::kAaaa}) {
    const cache::Entry* entry = shared_.cache->peek(shared_.cache->key(lower, type, cache::Space::kAnswer));
    if (entry == nullptr || !entry->is_fresh(now.boot) || entry->header().kind != cache::Kind::kRrset) continue;
    if (entry->header().forwarded) continue;
    size_t count = 0;
    wire::for_each_rendered(entry->body(), [&](wire::Type, uint32_t, base::Bytes rdata) {
      if (count++ >= cache::kAddressesPerServerMax) return;
      if (const auto address = wire::parse_address(type, rdata)) add_address(resolution, *address, server);
    });
  }
}

bool Engine::Impl::may_ask(const base::IpAddress& address) const {
  if (address.is_v4() ? !options_.ipv4 : !options_.ipv6) return false;
  const base::Endpoint endpoint{address, options_.server_port};
  if (std::find(options_.own_listeners.begin(), options_.own_listeners.end(), endpoint) !=
      options_.own_listeners.end()) {
    return false;
  }
  if (std::find(options_.always_query.begin(), options_.always_query.end(), address) != options_.always_query.end())
    return true;
  return std::none_of(options_.never_query.begin(), options_.never_query.end(),
                      [&](const base::Prefix& prefix) { return prefix.contains(address); });
}

// A family that has answered nobody for a while although the other one does: a one-sided network.
bool Engine::Impl::family_suspect(base::Instant now, base::Family family) const {
  constexpr uint32_t kSuspectAfterFailures = 6;
  const FamilyHealth& own = family == base::Family::kV4 ? v4_ : v6_;
  const FamilyHealth& other = family == base::Family::kV4 ? v6_ : v4_;
  return own.failures_in_row >= kSuspectAfterFailures && other.failures_in_row < kSuspectAfterFailures &&
         other.last_success > own.last_success && now - other.last_success < base::seconds(60);
}

// No server of the parent's delegation was of use: the parent may name others since, or the zone itself.
void Engine::Impl::out_of_servers(base::Now now, Resolution& resolution) {
  if (merge_new_servers(now, resolution) || merge_child_servers(now, resolution) ||
      add_glue_of_other_zones(now, resolution)) {
    make_ready(resolution.id);
    return;
  }
  const bool has_other_steps = resolution.walk.states.size() > 1;
  if (!has_other_steps && take_last_resort(now, resolution)) return;
  note_zone_fails(now, resolution);
  if (try_next_step(now, resolution, StepState::kFailed) || take_last_resort(now, resolution)) return;
  if (resolution.bogus) return fail_bogus(now, resolution);
  const Evidence& seen = resolution.evidence;
  if (resolution.cut_short) {
    return fail(now, resolution, Outcome::kBudget, wire::ExtendedError::kOther,
                "too many other names had to be resolved; " + describe(resolution));
  }
  const bool only_network = seen.unreachable > 0 && seen.timeouts + seen.useless_answers() == 0;
  fail(now, resolution,
       seen.shed > 0 && seen.timeouts + seen.unreachable + seen.refused == 0 ? Outcome::kShed : Outcome::kFailed,
       only_network ? wire::ExtendedError::kNetworkError : wire::ExtendedError::kNoReachableAuthority,
       describe(resolution));
}

// True: there is somebody new to ask.
bool Engine::Impl::merge_servers(base::Now now, Resolution& resolution, cache::Space space) {
  ZoneVisit& visit = *resolution.visit;
  const cache::Entry* entry = shared_.cache->peek(shared_.cache->key(visit.delegation.zone, wire::Type::kNs, space));
  if (entry == nullptr || !entry->is_fresh(now.boot) || !lease_holds(*entry, now.boot)) return false;
  if (entry->header().step != delegation_step(resolution)) return false;
  bool added = false;
  for (auto& server : cache::read_delegation(*entry).servers) {
    auto& servers = visit.delegation.servers;
    const auto same = std::ranges::find(servers, server.name, &cache::DelegationServer::name);
    const auto index = static_cast<size_t>(same - servers.begin());
    if (same == servers.end()) {
      servers.push_back(server);
      visit.lookups.push_back(AddressLookup::kNotStarted);
      added = true;
    }
    const size_t attempts_before = visit.attempts.size();
    for (const auto& address : server.glue) add_address(resolution, address, index);
    added = added || visit.attempts.size() > attempts_before;
  }
  if (added && space == cache::Space::kDelegation) {  // a zone's own word gives it no longer lease
    visit.lease_until_s = entry->header().lease_until_s;
    visit.provider_set = 0;  // they are another set, whose circuit is not the old one's
  }
  return added;
}

// Once each: what servers are added is bounded.
bool Engine::Impl::merge_new_servers(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  if (visit.new_servers_used || visit.upstream != nullptr) return false;
  visit.new_servers_used = merge_servers(now, resolution, cache::Space::kDelegation);
  return visit.new_servers_used;
}

bool Engine::Impl::merge_child_servers(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  if (visit.child_ns_used || visit.upstream != nullptr) return false;
  visit.child_ns_used = true;
  return merge_servers(now, resolution, cache::Space::kChildNs);
}

// The last resort: addresses that a parent zone gave for a server's name as glue, where the name's
// own zone says otherwise (its A record is stale or its server is broken). Never answered to clients.
bool Engine::Impl::add_glue_of_other_zones(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  if (visit.other_glue_used) return false;
  visit.other_glue_used = true;
  const size_t attempts_before = visit.attempts.size();
  for (size_t index = 0; index < visit.delegation.servers.size(); ++index) {
    const wire::Name lower = visit.delegation.servers[index].name.lowercased();
    for (wire::NameView zone = lower; !zone.is_root(); zone = zone.parent()) {
      const cache::Entry* entry =
          shared_.cache->peek(shared_.cache->key(zone, wire::Type::kNs, cache::Space::kDelegation));
      if (entry == nullptr || !entry->is_fresh(now.boot) || !lease_holds(*entry, now.boot)) continue;
      if (entry->header().step != delegation_step(resolution)) continue;
      for (const auto& other : cache::read_delegation(*entry).servers) {
        if (!(other.name == lower)) continue;
        for (const auto& address : other.glue) add_address(resolution, address, index);
      }
    }
  }
  return visit.attempts.size() > attempts_before;
}

}  // namespace resolver
