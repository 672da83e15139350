// What the engine tells to, and asks of, the health of providers (cache/provider_health.h): of whom each
// exchange was, how it ended, and whether all servers of a zone are in the dark.
#include <algorithm>

#include "resolver/engine_impl.h"
#include "resolver/registrable_domain.h"

namespace resolver {
namespace {

bool is_usable(ResponseClass response_class) {
  switch (response_class) {
    case ResponseClass::kAnswer:
    case ResponseClass::kAlias:
    case ResponseClass::kNodata:
    case ResponseClass::kNxdomain:
    case ResponseClass::kYxdomain:
    case ResponseClass::kReferral:
    case ResponseClass::kTruncated:
    case ResponseClass::kBadcookie:
    case ResponseClass::kBadvers:
    case ResponseClass::kFormerr:  // asked again without EDNS
      return true;
    case ResponseClass::kLame:
    case ResponseClass::kServfail:
    case ResponseClass::kRefused:
    case ResponseClass::kBroken:
      return false;
  }
  return false;
}

std::string prefix_text(const base::IpAddress& server) {
  const std::string text = server.to_text();
  return "the network of " + text;
}

// For the log, made only when a circuit opens.
auto names_of(const Exchange& exchange) {
  return cache::GroupNamesBy([&exchange](cache::GroupKind kind) {
    const wire::NameView server = exchange.server_name;
    switch (kind) {
      case cache::GroupKind::kDomain:
        return "the name servers in " + registrable_domain(server).to_text();
      case cache::GroupKind::kPrefix:
        return prefix_text(exchange.server);
      case cache::GroupKind::kSet:
        return "the name servers that serve with " + server.to_text();
    }
    return std::string();
  });
}

}  // namespace

// Upstreams are no providers of zones: their health is that of their step (engine_routes.cc).
cache::ServerGroups Engine::Impl::groups_of(ZoneVisit& visit, const Attempt& attempt) const {
  if (visit.upstream != nullptr) return {};
  const cache::ProviderKeys& keys = *shared_.provider_keys;
  if (visit.provider_set == 0) {
    std::vector<wire::NameView> names;
    for (const auto& server : visit.delegation.servers) names.push_back(server.name);
    visit.provider_set = keys.set(names);
  }
  cache::ServerGroups groups;
  groups[cache::GroupKind::kDomain] = keys.domain(domains_.of(visit.delegation.servers[attempt.server].name));
  groups[cache::GroupKind::kPrefix] = keys.prefix(attempt.address);
  groups[cache::GroupKind::kSet] = visit.provider_set;
  return groups;
}

// Without the timeouts of a time when our own uplink was lost: they say nothing of the server.
cache::ServerView Engine::Impl::health_of(base::Now now, const base::IpAddress& server) const {
  cache::ServerView view = shared_.health->view(now.boot, server);
  if (view.timeouts_in_row == 0 || !options_.stale.circuits) return view;
  const auto outage = shared_.providers->last_uplink_outage();
  // Whole seconds, and a query is sent before it times out.
  const auto timed_out = base::Instant::from_boot(base::seconds(view.last_timeout_s + 1));
  const bool is_excused = outage && timed_out >= outage->from &&
                          (outage->to == base::Instant::never() || timed_out < outage->to + kTimeoutMax);
  if (is_excused) view.timeouts_in_row = 0;
  return view;
}

// For the first of its servers whose circuit is open: what the operator sees of an outage.
void Engine::Impl::count_stale_by_provider(ZoneVisit& visit) const {
  if (!visit.attempts.empty()) shared_.providers->on_stale_answer(groups_of(visit, visit.attempts.front()));
}

bool Engine::Impl::has_trouble() const {
  return options_.stale.circuits && (shared_.providers->open_circuits() > 0 || shared_.providers->is_uplink_lost());
}

bool Engine::Impl::are_all_dark(ZoneVisit& visit) const {
  if (!options_.stale.circuits || shared_.providers->open_circuits() == 0 || visit.upstream != nullptr) return false;
  for (size_t server = 0; server < visit.delegation.servers.size(); ++server) {
    bool has_address = false;
    for (const Attempt& attempt : visit.attempts) {
      if (attempt.server != server) continue;
      has_address = true;
      if (!shared_.providers->is_dark(groups_of(visit, attempt))) return false;
    }
    if (!has_address && !is_name_dark(visit, server)) return false;
  }
  return true;
}

// Of a server whose address is not known: its domain and its set.
cache::ServerGroups Engine::Impl::groups_of_name(ZoneVisit& visit, size_t server) const {
  cache::ServerGroups groups = groups_of(visit, {.address = {}, .server = static_cast<uint8_t>(server)});
  groups[cache::GroupKind::kPrefix] = 0;
  return groups;
}

bool Engine::Impl::is_name_dark(ZoneVisit& visit, size_t server) const {
  if (!options_.stale.circuits || shared_.providers->open_circuits() == 0) return false;
  return shared_.providers->is_dark(groups_of_name(visit, server));
}

void Engine::Impl::note_groups(Resolution& resolution, const Attempt& attempt, Exchange& exchange) const {
  ZoneVisit& visit = *resolution.visit;
  if (visit.upstream != nullptr) return;
  if (visit.provider_zone == 0) {
    visit.provider_zone = shared_.provider_keys->zone(domains_.of(visit.delegation.zone));
  }
  exchange.groups = groups_of(visit, attempt);
  exchange.provider_zone = visit.provider_zone;
  exchange.server_name = visit.delegation.servers[attempt.server].name;
}

void Engine::Impl::tell_answer(base::Now now, const Exchange& exchange, ResponseClass response_class) {
  if (!options_.stale.circuits || exchange.port != 0) return;  // upstreams alone have ports of their own
  if (is_usable(response_class)) {
    shared_.providers->on_answer(now.boot, exchange.groups, exchange.provider_zone);
  } else {
    const cache::FailedQuery failed{exchange.groups, shared_.provider_keys->server(exchange.server),
                                    exchange.provider_zone, exchange.sent_at};
    shared_.providers->on_refusal(now.boot, failed, names_of(exchange));
  }
}

// After a restart nobody remembers whom these servers answered, but the cache may hold their very answer: learned
// within the hour, while the parent named the same servers as now.
void Engine::Impl::recall_answer(base::Now now, const Exchange& exchange) const {
  const auto found = resolutions_.find(exchange.resolution);
  if (found == resolutions_.end() || !found->second->visit) return;
  const Resolution& resolution = *found->second;
  const wire::NameView zone = resolution.visit->delegation.zone;
  const cache::Cache& cache = *shared_.cache;
  const cache::Entry* entry = cache.peek(cache.key(resolution.name, resolution.type, cache::Space::kAnswer));
  const cache::Entry* delegation = cache.peek(cache.key(zone, wire::Type::kNs, cache::Space::kDelegation));
  if (entry == nullptr || delegation == nullptr || entry->header().rank < cache::Rank::kAuthAuthority) return;
  const uint32_t learned_s = entry->header().learned_s;
  const base::Instant learned = base::Instant::from_boot(base::seconds(learned_s));
  const bool is_theirs = entry->zone() == zone && cache::delegation_unchanged_since_s(*delegation) <= learned_s;
  if (is_theirs && now.boot - learned < cache::kAnsweredMemory) {
    shared_.providers->recall_answer(learned, exchange.groups, exchange.provider_zone);
  }
}

void Engine::Impl::tell_timeout(base::Now now, const Exchange& exchange) {
  if (!options_.stale.circuits || exchange.port != 0) return;  // upstreams alone have ports of their own
  recall_answer(now, exchange);
  const cache::FailedQuery failed{exchange.groups, shared_.provider_keys->server(exchange.server),
                                  exchange.provider_zone, exchange.sent_at};
  shared_.providers->on_timeout(now.boot, failed, names_of(exchange));
}

void Engine::Impl::tell_unreachable(base::Now now, const Exchange& exchange) {
  if (!options_.stale.circuits || exchange.port != 0) return;  // upstreams alone have ports of their own
  const cache::FailedQuery failed{exchange.groups, shared_.provider_keys->server(exchange.server),
                                  exchange.provider_zone, exchange.sent_at};
  shared_.providers->on_unreachable(now.boot, failed);
}

// Once a turn: when a provider or the uplink has gone dark meanwhile, those who wait for nobody else get what is
// known in this turn; a root server is asked when only that tells whose fault the silence is.
void Engine::Impl::watch_providers(base::Now now) {
  if (!options_.stale.circuits) return;
  const uint32_t open_circuits = shared_.providers->open_circuits();
  const bool uplink_lost = shared_.providers->is_uplink_lost();
  const bool is_worse = open_circuits > open_circuits_seen_ || (uplink_lost && !uplink_lost_seen_);
  open_circuits_seen_ = open_circuits;
  uplink_lost_seen_ = uplink_lost;
  if (is_worse) {
    std::vector<ResolutionId> waiting;
    for (const auto& [id, resolution] : resolutions_) {
      if (resolution->purpose == Purpose::kAnswer && resolution->visit && !resolution->is_overdue &&
          ((uplink_lost && resolution->visit->upstream == nullptr) || are_all_dark(*resolution->visit))) {
        waiting.push_back(id);
      }
    }
    for (const ResolutionId id : waiting) {
      lose_patience(now, id, uplink_lost ? base::Counter::kStaleUplink : base::Counter::kStaleDark);
    }
  }
  if (priming_ == 0 && shared_.providers->take_root_probe(now.boot)) {
    const BudgetLimits limits = probe_limits(options_.budget, 1);
    if (start_refresh(now, wire::NameView(), wire::Type::kNs, limits)) counters_.add(base::Counter::kProbes);
  }
}

}  // namespace resolver
