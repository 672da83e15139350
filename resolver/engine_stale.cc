// Stale answers (RFC 8767): at once when there is no hope of fresh data, when the clients' patience ends, when
// everything was tried; and the work beside them: refreshes, and probes of what is dark. The decisions stand in
// stale_policy.h.
#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "cache/failure.h"
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

// Questions without stale data that may ask dark providers at the same time.
constexpr size_t kTriesDarkMax = 32;
// A probe is few queries to few servers.
constexpr uint16_t kProbeSends = 3;

wire::ExtendedError stale_error(bool is_denial) {
  return is_denial ? wire::ExtendedError::kStaleNxdomain : wire::ExtendedError::kStaleAnswer;
}

}  // namespace

Known Engine::Impl::stale_of(base::Now now, const Resolution& resolution) const {
  if (!options_.stale.enabled || resolution.purpose != Purpose::kAnswer || resolution.stale_used) return {};
  return find_stale(now.boot, *shared_.cache, resolution.name, resolution.type, options_.stale.max_age_s,
                    scope_of(resolution));
}

// Before the servers of a zone are asked: is there any use in it? True: the resolution is settled.
bool Engine::Impl::settle_without_asking(base::Now now, Resolution& resolution) {
  ZoneVisit& visit = *resolution.visit;
  if (visit.judged || resolution.purpose != Purpose::kAnswer || resolution.id == priming_) return false;
  visit.judged = true;
  const cache::Entry* failure =
      shared_.cache->peek(shared_.cache->key(resolution.name, resolution.type, cache::Space::kFailure));
  const bool at_upstream = visit.upstream != nullptr;
  if (failure == nullptr && !has_trouble() && !at_upstream) return false;

  for (size_t server = 0; server < visit.delegation.servers.size(); ++server) {
    add_cached_addresses(now, resolution, server);
  }
  const bool failure_counts = failure != nullptr &&
                              !(resolution.unchecked && is_validation_error(cache::read_failure(*failure).error)) &&
                              !is_failure_void(now, resolution, *failure);
  const auto recheck_s = static_cast<uint32_t>(base::duration_cast<base::seconds>(options_.stale.recheck).count());
  Situation situation;
  situation.has_stale = stale_of(now, resolution).kind != Known::Kind::kNothing;
  situation.on_hold = failure_counts && now.boot.boot_seconds() < uint64_t{failure->header().learned_s} + recheck_s;
  situation.uplink_lost = !at_upstream && options_.stale.circuits && shared_.providers->is_uplink_lost();
  situation.all_dark = at_upstream ? step_is_dark(now.boot, resolution, resolution.walk.step) : are_all_dark(visit);
  if ((situation.uplink_lost || situation.all_dark) && pass_over_step(now, resolution)) return true;
  switch (decide_stale(situation)) {
    case StaleVerdict::kAnswerOnHold:
      note_zone_fails(now, resolution);
      resolution.result.error_text = std::string(cache::read_failure(*failure).text);
      if (const wire::ExtendedError error = cache::read_failure(*failure).error; is_validation_error(error)) {
        resolution.result.cause = error;
      }
      return take_stale(now, resolution, base::Counter::kStaleHold);
    case StaleVerdict::kAnswerAndProbe:
      resolution.result.error_text = situation.uplink_lost
                                         ? "our own network does not answer"
                                         : "no provider of zone " + visit.delegation.zone.to_text() + " answers";
      if (!situation.uplink_lost) note_zone_fails(now, resolution);
      probe(now, resolution);
      count_stale_by_provider(visit);
      probe_steps(now, resolution);
      return take_stale(now, resolution,
                        situation.uplink_lost ? base::Counter::kStaleUplink : base::Counter::kStaleDark);
    case StaleVerdict::kTryFew:
      // Addresses of servers above all: each question to a dark provider would have them looked up again.
      if (!resolution.from_client && situation.all_dark && !at_upstream) {
        if (takes_canary(now, visit)) break;
        fail(now, resolution, Outcome::kShed, wire::ExtendedError::kNoReachableAuthority,
             "no provider of zone " + visit.delegation.zone.to_text() + " answers");
        return true;
      }
      if (!resolution.tries_dark && tries_dark_ >= kTriesDarkMax) {
        fail(now, resolution, Outcome::kShed, wire::ExtendedError::kNoReachableAuthority,
             "no provider of zone " + visit.delegation.zone.to_text() + " answers, and enough others try");
        return true;
      }
      if (!resolution.tries_dark) ++tries_dark_;
      resolution.tries_dark = true;
      break;
    case StaleVerdict::kResolve:
      break;
  }
  if (!failure_counts || !failure->is_fresh(now.boot) || situation.has_stale) return false;
  counters_.add(base::Counter::kFailuresServed);
  // Why it is bogus says more than that it was so before.
  const cache::Failure known = cache::read_failure(*failure);
  fail(now, resolution, Outcome::kCached,
       is_validation_error(known.error) ? known.error : wire::ExtendedError::kCachedError, std::string(known.text));
  return true;
}

// RFC 9520 asks for a pause after a failure; it ends sooner when who failed has answered somebody since.
bool Engine::Impl::is_failure_void(base::Now, Resolution& resolution, const cache::Entry& failure) {
  const uint32_t failed_s = failure.header().learned_s;
  ZoneVisit& visit = *resolution.visit;
  const cache::Silence silence = cache::read_failure(failure).silence;
  const bool was_silent =
      silence == cache::Silence::kOfAll || (silence == cache::Silence::kOfServers && visit.upstream == nullptr);
  const base::Instant failed_at = base::Instant::from_boot(base::seconds(failed_s));
  const cache::Entry* delegation =
      shared_.cache->peek(shared_.cache->key(visit.delegation.zone, wire::Type::kNs, cache::Space::kDelegation));
  // The parent names others since; within the same second, they may not have been asked.
  if (delegation != nullptr && cache::delegation_changed_s(*delegation).value_or(0) >= failed_s) return true;
  // It was our own network that failed.
  const auto uplink = options_.stale.circuits ? shared_.providers->last_uplink_outage() : std::nullopt;
  if (uplink && uplink->to != base::Instant::never() && failed_at + base::seconds(1) > uplink->from &&
      failed_at < uplink->to + options_.budget.wall_time) {
    return true;
  }
  for (size_t server = 0; server < visit.delegation.servers.size(); ++server) {
    if (shared_.providers->has_recovered_since(failed_at, groups_of_name(visit, server))) return true;
  }
  return std::ranges::any_of(visit.attempts, [&](const Attempt& attempt) {
    if (was_silent && shared_.health->view(failed_at, attempt.address).last_answer_s > failed_s) return true;
    return shared_.providers->has_recovered_since(failed_at, groups_of(visit, attempt));
  });
}

// The stale data of its own question becomes the result; an alias is followed, as its target may be fresh.
bool Engine::Impl::take_stale(base::Now now, Resolution& resolution, base::Counter reason) {
  const Known known = stale_of(now, resolution);
  if (known.kind == Known::Kind::kNothing) return false;
  resolution.stale_used = true;
  counters_.add(reason);
  close_exchanges(resolution);
  stop_awaiting(resolution);
  leave_followed_flight(resolution);
  release_flight(resolution, true);
  resolution.result.chain.clear();
  resolution.result.is_stale = true;
  resolution.result.error = stale_error(known.kind == Known::Kind::kDenial);
  return take_known(now, resolution, known);
}

// Patience --------------------------------------------------------------------------------------------------

// From the first query to the servers of a zone on; a referral begins it anew, within the client's timer.
void Engine::Impl::start_patience(base::Now now, Resolution& resolution, base::Duration patience) {
  if (!options_.stale.enabled || resolution.purpose != Purpose::kAnswer || resolution.is_overdue) return;
  timers_.disarm({resolution.patience_until, TimerKind::kPatience, resolution.id});
  resolution.patience_until = std::min(now.boot + patience, resolution.started + options_.stale.client_timeout);
  timers_.arm({resolution.patience_until, TimerKind::kPatience, resolution.id});
}

// With a server that is sent to: the first one's history says how long, and a second one of whom nothing is known has
// its chance too, once.
void Engine::Impl::have_patience_with(base::Now now, Resolution& resolution, const cache::ServerView& health,
                                      uint8_t earlier_sends) {
  if (!resolution.visit->patience_running) {
    resolution.visit->patience_running = true;
    return start_patience(now, resolution, patience(health, options_.stale.client_timeout));
  }
  if (health.known || earlier_sends > 0) return;
  const base::Instant until = resolution.patience_until;
  const bool is_enough = until != base::Instant::never() && until >= now.boot + kPatienceOfSecond;
  if (!is_enough) start_patience(now, resolution, kPatienceOfSecond);
}

// Of who waits for a flight, and may ask these servers itself afterwards: it has waited by then.
void Engine::Impl::start_patience_once(base::Now now, Resolution& resolution) {
  if (resolution.visit->patience_running) return;
  start_patience(now, resolution, patience_of(now, *resolution.visit));
  resolution.visit->patience_running = true;
}

// For who waits for somebody else's query to one of these servers.
base::Duration Engine::Impl::patience_of(base::Now now, const ZoneVisit& visit) const {
  base::Duration longest{0};
  for (const Attempt& attempt : visit.attempts) {
    const cache::ServerView health = health_of(now, attempt.address);
    if (health.known) longest = std::max(longest, patience(health, options_.stale.client_timeout));
  }
  return longest > base::Duration(0) ? longest : kPatienceUnknown;
}

void Engine::Impl::on_patience_over(base::Now now, ResolutionId id) {
  Resolution* resolution = find(id);
  if (resolution == nullptr) return;
  resolution->patience_until = base::Instant::never();
  lose_patience(now, id, base::Counter::kStaleSlow);
}

// Beside sub-questions that are overdue, for others too: it has its own patience then. Where addresses of servers are
// overdue, the next server's is looked up.
bool Engine::Impl::waits_for_others(base::Now now, ResolutionId id) {
  Resolution* resolution = find(id);
  if (resolution == nullptr) return false;
  const auto is_awaited_still = [&](ResolutionId sub) {
    const Resolution* awaited = find(sub);
    return awaited != nullptr && !awaited->is_overdue;
  };
  if (std::ranges::any_of(resolution->awaited, is_awaited_still)) return true;
  return resolution->phase == Phase::kAwaitAddresses &&
         look_up_next_name(now, *resolution, names_to_look_up_beside(now, *resolution)) &&
         std::ranges::any_of(resolution->awaited, is_awaited_still);
}

// Who waits for it, directly or over aliases, addresses and flights, gets what is known. The work goes on.
void Engine::Impl::lose_patience(base::Now now, ResolutionId id, base::Counter reason) {
  std::vector<ResolutionId> open{id};
  std::unordered_set<ResolutionId> seen;
  while (!open.empty()) {
    const ResolutionId at = open.back();
    open.pop_back();
    Resolution* resolution = seen.insert(at).second ? find(at) : nullptr;
    if (resolution == nullptr) continue;
    resolution->is_overdue = true;
    const std::string why = describe(*resolution);
    const std::vector<ClientId> clients(resolution->clients.begin(), resolution->clients.end());
    for (const ClientId client : clients) answer_stale(now, client, why, reason);
    const std::vector<ResolutionId> dependents = resolution->dependents;
    std::ranges::copy_if(dependents, std::back_inserter(open), [&](ResolutionId dependent) {
      return !waits_for_others(now, dependent);
    });
    const auto flight = flights_.find(resolution->flight);
    if (flight != flights_.end() && flight->second.owner == at) {
      open.insert(open.end(), flight->second.followers.begin(), flight->second.followers.end());
    }
  }
}

// True: the client has its answer. Nothing changes where the cache does not hold the whole of it.
bool Engine::Impl::answer_stale(base::Now now, ClientId id, std::string_view why, base::Counter reason) {
  const auto found = clients_.find(id);
  if (found == clients_.end() || !options_.stale.enabled) return false;
  const wire::Query parsed = wire::parse_query(found->second.query.packet);
  const auto chain = known_chain(now, parsed.name, type_to_resolve(parsed.type));
  if (!chain) return false;
  std::vector<const cache::Entry*> links;
  for (const auto& entry : chain->entries) links.push_back(entry.get());
  AnswerParts parts{.rcode = chain->rcode, .chain = links};
  if (chain->is_stale) {
    counters_.add(reason);
    counters_.add(base::Counter::kAnswerStale);
    parts.error = stale_error(chain->denial_is_stale);
    parts.error_text = why;
    parts.expired_ttl_s = options_.stale.answer_ttl_s;
  }
  answer_client(now, found->second.query, parts);
  forget_client(id);
  return true;
}

// Refreshes and probes ----------------------------------------------------------------------------------------

// One at a time for a question; the claims of its exchanges see to that across workers.
bool Engine::Impl::start_refresh(base::Now now, wire::NameView name, wire::Type type, const BudgetLimits& limits,
                                 Purpose purpose) {
  if (by_question_.contains(question_key(name, type, purpose))) return false;
  if (resolutions_.size() >= options_.bounds.resolutions_max / 2) return false;  // those that somebody waits for first
  start(now, name, type, std::make_shared<QueryBudget>(limits, now.boot), 0, true, purpose);
  return true;
}

// The zone of an alias that is past its TTL may fail, and where the alias leads may not: asked for beside it, the
// target is fresh when whoever waits has lost patience (NLnetLabs/unbound#1424). As a rule the alias leads there still.
void Engine::Impl::ask_beside_stale_alias(base::Now now, const Resolution& resolution) {
  if (resolution.purpose != Purpose::kAnswer || resolution.unchecked || resolution.walk.use != RouteUse::kAll) return;
  // Most names are none: one look is all that it costs them.
  const cache::Key own = shared_.cache->key(resolution.name, wire::Type::kCname, cache::Space::kAnswer);
  if (!options_.stale.enabled || shared_.cache->peek(own) == nullptr) return;
  const Known alias = stale_of(now, resolution);
  const auto target = alias.kind == Known::Kind::kAlias ? alias_target(*alias.entry) : std::nullopt;
  if (!target) return;
  const wire::Name lower = target->lowercased();
  if (by_question_.contains(question_key(lower, resolution.type, Purpose::kAnswer))) return;
  if (find_fresh(now.boot, *shared_.cache, lower, resolution.type).kind != Known::Kind::kNothing) return;
  // Without data of the target nobody can be answered before the alias is settled: it is asked for then.
  const Known known = find_stale(now.boot, *shared_.cache, lower, resolution.type, options_.stale.max_age_s);
  if (known.kind == Known::Kind::kNothing) return;
  if (resolution.depth >= kDepthMax || !resolution.budget->spend_sub_question()) return;
  counters_.add(base::Counter::kResolutionSubQuestions);
  start(now, lower, resolution.type, resolution.budget, resolution.depth + 1, false);
}

bool Engine::Impl::takes_canary(base::Now now, ZoneVisit& visit) const {
  return std::ranges::any_of(visit.attempts, [&](const Attempt& attempt) {
    return shared_.providers->take_canary(now.boot, groups_of(visit, attempt));
  });
}

// Somebody asks for a name whose providers are all dark: perhaps this very question finds them back.
void Engine::Impl::probe(base::Now now, Resolution& resolution) {
  if (!takes_canary(now, *resolution.visit)) return;
  const RouteWalk& walk = resolution.walk;
  if (walk.states.size() > 1) {  // by this step of the route, whichever is the first
    if (by_question_.contains(question_of(resolution.name, resolution.type, RouteUse::kProbe, walk.step))) return;
    counters_.add(base::Counter::kProbes);
    auto budget = std::make_shared<QueryBudget>(probe_limits(options_.budget, kProbeSends), now.boot);
    start(now, resolution.name, resolution.type, std::move(budget), 0, false, Purpose::kRefresh, RouteUse::kProbe,
          walk.step);
    return;
  }
  if (start_refresh(now, resolution.name, resolution.type, probe_limits(options_.budget, kProbeSends))) {
    counters_.add(base::Counter::kProbes);
  }
}

// Popular data in its last moments (RFC 8767 does not ask for it; users do): replaced before anyone has to wait.
void Engine::Impl::handle_expiring(base::Now now, const cache::Entry& entry) {
  const cache::EntryHeader& header = entry.header();
  if (!options_.prefetch || header.kind != cache::Kind::kRrset) return;
  if (fresh_entry(now.boot, entry.name(), header.type, cache::Space::kFailure) != nullptr) return;
  if (start_refresh(now, entry.name(), header.type, options_.budget)) counters_.add(base::Counter::kPrefetches);
}

// The owner of a zone whose servers all fail may move it: its parent would know.
void Engine::Impl::note_zone_fails(base::Now now, const Resolution& resolution) {
  if (resolution.purpose != Purpose::kAnswer || !resolution.visit) return;
  wire::Name zone = resolution.visit->delegation.zone;
  if (resolution.visit->upstream != nullptr) {  // whose zones those are, iteration would know
    const cache::Entry* nearest = nearest_delegation(now.boot, resolution.name);
    if (nearest == nullptr || !resolution.walk.route->zone.view().is_root()) return;
    zone = wire::Name(nearest->name());
  }
  if (zone.view().is_root()) {
    // What the root says of its servers is not validated, and nobody stands above it: the hints serve again.
    const bool is_our_fault = options_.stale.circuits && shared_.providers->is_uplink_lost();
    if (resolution.visit->upstream == nullptr && !is_our_fault) {
      forget(zone, wire::Type::kNs, cache::Space::kDelegation);
    }
    return;
  }
  parent_questions_.on_failure(now.boot, zone, hash_(zone.view().bytes()), hash_(zone.view().parent().bytes()));
}

void Engine::Impl::ask_parents(base::Now now) {
  while (const auto zone = parent_questions_.take_due(now.boot)) {
    if (start_refresh(now, *zone, wire::Type::kNs, probe_limits(options_.budget, kProbeSends), Purpose::kParent)) {
      counters_.add(base::Counter::kParentQuestions);
    }
  }
}

}  // namespace resolver
