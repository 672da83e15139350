// The steps of a route: which is tried next, when a silent one is left, which data may cross from one to
// another, and the probes by which a dark step is found to be back.
#include <algorithm>

#include "base/check.h"
#include "resolver/engine_impl.h"
#include "resolver/registrable_domain.h"

namespace resolver {
namespace {

// A step of which nothing is heard for this long is left for another; should they all fail, it is gone
// back to. Below a second, so that a client gets its answer within one when the first step is down.
constexpr base::Duration kStepPatience = base::milliseconds(700);
// Left this often in a row, and heard of by nobody meanwhile: dark.
constexpr uint8_t kSilencesUntilDark = 3;
constexpr size_t kDomainsUntilDark = 3;
constexpr base::Duration kSilentUntilDark = base::seconds(2);  // since its last answer
constexpr base::Duration kProbeInterval = base::seconds(1);
constexpr size_t kProbesMax = 1024;

BudgetLimits probe_budget() {
  BudgetLimits limits;
  limits.sends = 8;
  limits.sub_questions = 4;
  limits.wall_time = base::seconds(3);
  return limits;
}

}  // namespace

// Questions that may use a part of their route only are apart from those of clients.
uint64_t Engine::Impl::question_of(wire::NameView lowercase, wire::Type type, RouteUse use, size_t probed_step) const {
  const uint64_t key = shared_.cache->key(lowercase, type, cache::Space::kAnswer).hash;
  if (use == RouteUse::kAll) return key;
  const uint64_t part = use == RouteUse::kIterate ? 1 : 2 + static_cast<uint64_t>(probed_step);
  return key ^ (part * 0x9E37'79B9'7F4A'7C15);
}

RouteUse Engine::Impl::use_for_addresses(wire::NameView server, wire::Type type) const {
  return options_.routes.forwards(options_.routes.find(server, type)) ? RouteUse::kIterate : RouteUse::kAll;
}

const Upstream* Engine::Impl::upstream_of(const Resolution& resolution) const {
  const RouteWalk& walk = resolution.walk;
  if (walk.states.empty() || walk.step == kIterateStep) return nullptr;
  return options_.routes.upstream_of(*walk.route, walk.step);
}

// Along the route --------------------------------------------------------------------------------

void Engine::Impl::begin_route(base::Now now, Resolution& resolution) {
  RouteWalk& walk = resolution.walk;
  const size_t steps = walk.route->steps.size();
  walk.states.assign(steps, StepState::kUntried);
  // Priming, and the question that tells whether the network is there at all.
  const bool asks_the_root =
      resolution.id == priming_ ||
      (resolution.purpose == Purpose::kRefresh && walk.use == RouteUse::kAll && resolution.name.view().is_root());
  for (size_t step = 0; step < steps; ++step) {
    const Upstream* upstream = options_.routes.upstream_of(*walk.route, step);
    const bool forwards = upstream != nullptr && !upstream->authoritative;
    const bool barred = (walk.use == RouteUse::kProbe && step != walk.step) ||
                        (walk.use == RouteUse::kIterate && forwards) ||
                        (resolution.purpose == Purpose::kParent && forwards) || (asks_the_root && upstream != nullptr);
    if (barred) walk.states[step] = StepState::kBarred;
  }
  // Without a step that may be used it is iterated, for this use alone (see may_publish).
  if (!enter_next_step(now, resolution)) walk.step = kIterateStep;
}

// Chooses a step and goes to its beginning, or to where it was left. False: there is none.
bool Engine::Impl::enter_next_step(base::Now now, Resolution& resolution) {
  RouteWalk& walk = resolution.walk;
  std::vector<StepView> views;
  for (size_t step = 0; step < walk.states.size(); ++step) {
    const bool asked_about = walk.states.size() > 1 && walk.states[step] == StepState::kUntried;
    views.push_back({walk.states[step], asked_about && step_is_dark(now.boot, resolution, step)});
  }
  const auto choice = choose_step(views);
  if (!choice) return false;

  if (choice->skipped && walk.use == RouteUse::kAll) {
    counters_.add(base::Counter::kRouteStepsSkipped);
    tell_of_step(now, resolution, *choice->skipped, true);
    probe_step(now, resolution, *choice->skipped);
  }
  if (!views[choice->step].dark && !choice->again) tell_of_step(now, resolution, choice->step, false);
  counters_.add(base::Counter::kRouteStepsTried);
  walk.step = choice->step;
  walk.entered_at = now.boot;
  resolution.minimise = options_.qname_minimisation && resolution.purpose != Purpose::kGlue;
  resolution.visit.reset();
  disarm_step_timer(resolution);
  if (choice->again) {
    walk.states[walk.step] = StepState::kFailed;  // no third chance, and no haste in this one
    const auto left =
        std::find_if(walk.left.begin(), walk.left.end(), [&](const auto& item) { return item.first == walk.step; });
    CHECK(left != walk.left.end());
    resolution.visit = std::move(left->second);
    walk.left.erase(left);
    return true;
  }
  const bool has_other = std::any_of(views.begin(), views.end(), [&](const StepView& view) {
    const bool open = view.state == StepState::kUntried || view.state == StepState::kLeft;
    return open && &view != &views[walk.step];
  });
  if (has_other) {
    walk.leaves_at = now.boot + kStepPatience;
    timers_.arm({walk.leaves_at, TimerKind::kStep, resolution.id});
  }
  return true;
}

// The step at hand has failed or is left. False: there is no other, and nothing has changed but that.
bool Engine::Impl::try_next_step(base::Now now, Resolution& resolution, StepState state) {
  RouteWalk& walk = resolution.walk;
  if (walk.states.empty() || walk.step == kIterateStep || walk.states.size() == 1) return false;
  const bool silent = std::max(walk.entered_at, resolution.budget->last_response()) == walk.entered_at;
  const bool may_return = state == StepState::kLeft && walk.states[walk.step] == StepState::kUntried;
  walk.states[walk.step] = may_return ? StepState::kLeft : StepState::kFailed;
  if (silent && walk.use == RouteUse::kAll && !resolution.flight_failed) {
    StepHealth& health = step_health_[upstream_of(resolution)];
    if (health.silences_in_row < kSilencesUntilDark) ++health.silences_in_row;
  }
  const auto is_open = [](StepState open) { return open == StepState::kUntried || open == StepState::kLeft; };
  if (std::none_of(walk.states.begin(), walk.states.end(), is_open)) return false;

  leave_exchanges(resolution);
  stop_awaiting(resolution);
  leave_followed_flight(resolution);
  if (may_return && resolution.visit)
    walk.left.emplace_back(walk.step, std::move(*resolution.visit));
  else if (may_return)
    walk.states[walk.step] = StepState::kFailed;
  // Who waits for the same exchange shares a failure, but not our impatience.
  resolution.result.error = wire::ExtendedError::kNoReachableAuthority;
  if (resolution.visit) resolution.result.error_text = describe(resolution);
  release_flight(resolution, state == StepState::kFailed);
  resolution.result.error.reset();
  resolution.result.error_text.clear();
  resolution.flight_failed = false;
  if (!enter_next_step(now, resolution)) return false;
  if (resolution.phase == Phase::kAwaitFlight) {
    resolution.enter(Phase::kCacheCheck);
  } else if (resolution.phase != Phase::kFindServers) {
    resolution.enter(Phase::kFindServers);
  }
  make_ready(resolution.id);
  return true;
}

// The zone that iteration has come to is dark: another step that is not is rather tried than stale data given.
bool Engine::Impl::pass_over_step(base::Now now, Resolution& resolution) {
  const RouteWalk& walk = resolution.walk;
  if (walk.states.size() < 2 || walk.step == kIterateStep) return false;
  for (size_t step = 0; step < walk.states.size(); ++step) {
    const bool is_other = step != walk.step && walk.states[step] == StepState::kUntried;
    if (!is_other || step_is_dark(now.boot, resolution, step)) continue;
    counters_.add(base::Counter::kRouteStepsSkipped);
    probe_step(now, resolution, walk.step);
    return try_next_step(now, resolution, StepState::kLeft);
  }
  return false;
}

// Everything is dark and stale data was given: each step may find itself back.
void Engine::Impl::probe_steps(base::Now now, const Resolution& resolution) {
  for (size_t step = 0; step < resolution.walk.states.size(); ++step) {
    if (options_.routes.upstream_of(*resolution.walk.route, step) != nullptr) probe_step(now, resolution, step);
  }
}

void Engine::Impl::on_step_silent(base::Now now, ResolutionId id) {
  Resolution* resolution = find(id);
  if (resolution == nullptr) return;
  RouteWalk& walk = resolution->walk;
  walk.leaves_at = base::Instant::never();
  const bool waits = resolution->phase == Phase::kAwaitResponse || resolution->phase == Phase::kAwaitAddresses ||
                     resolution->phase == Phase::kAwaitFlight;
  if (!waits) return;
  const base::Instant until = std::max(walk.entered_at, resolution->budget->last_response()) + kStepPatience;
  if (now.boot < until) {
    walk.leaves_at = until;
    timers_.arm({until, TimerKind::kStep, id});
    return;
  }
  counters_.add(base::Counter::kRouteStepsLeft);
  (void)try_next_step(now, *resolution, StepState::kLeft);
}

void Engine::Impl::disarm_step_timer(Resolution& resolution) {
  if (resolution.walk.leaves_at == base::Instant::never()) return;
  timers_.disarm({resolution.walk.leaves_at, TimerKind::kStep, resolution.id});
  resolution.walk.leaves_at = base::Instant::never();
}

// Called on the way up from the name to the root: where the step's upstream is asked, that is the visit.
bool Engine::Impl::visit_upstream(Resolution& resolution, wire::NameView zone) {
  const Upstream* upstream = upstream_of(resolution);
  if (upstream == nullptr) return false;
  const wire::NameView route_zone = resolution.walk.route->zone;
  if (upstream->authoritative && !(zone == route_zone)) return false;  // perhaps a delegation below it is known
  if (resolution.visit && resolution.visit->upstream != nullptr) return true;
  ZoneVisit visit;
  visit.delegation.zone = resolution.walk.route->zone;
  visit.known_labels = route_zone.label_count();
  visit.upstream = upstream;
  for (const base::Endpoint& server : upstream->servers) {
    const bool family_used = server.address.is_v4() ? options_.ipv4 : options_.ipv6;
    const auto& own = options_.own_listeners;
    if (!family_used || std::find(own.begin(), own.end(), server) != own.end()) continue;
    visit.attempts.push_back({.address = server.address, .port = server.port});
  }
  resolution.visit = std::move(visit);
  return true;
}

// What is dark -------------------------------------------------------------------------------------

bool Engine::Impl::server_is_dark(base::Instant now, const base::IpAddress& server) const {
  return health_of({now, {}}, server).timeouts_in_row >= kDarkAfterTimeouts;
}

bool Engine::Impl::is_silent(base::Instant now, const Upstream* upstream) const {
  const auto found = step_health_.find(upstream);
  return found != step_health_.end() && found->second.silences_in_row >= kSilencesUntilDark &&
         now - found->second.answered_at >= kSilentUntilDark;
}

bool Engine::Impl::step_is_dark(base::Instant now, const Resolution& resolution, size_t step) const {
  const Upstream* upstream = options_.routes.upstream_of(*resolution.walk.route, step);
  if (is_silent(now, upstream)) return true;
  if (upstream == nullptr) {
    const bool uplink_lost = options_.stale.circuits && shared_.providers->is_uplink_lost();
    return uplink_lost || nearest_servers_are_dark(now, resolution);
  }
  // A forwarder may be silent because those that it asks are: the names of one owner are no proof.
  const auto health = step_health_.find(upstream);
  if (health == step_health_.end() || health->second.silent_domains.size() < kDomainsUntilDark) return false;
  return std::all_of(upstream->servers.begin(), upstream->servers.end(),
                     [&](const base::Endpoint& server) { return server_is_dark(now, server.address); });
}

const cache::Entry* Engine::Impl::nearest_delegation(base::Instant now, wire::NameView name) const {
  for (wire::NameView zone = name;; zone = zone.parent()) {
    const cache::Entry* entry = fresh_entry(now, zone, wire::Type::kNs, cache::Space::kDelegation);
    if (entry != nullptr && entry->header().step == 0) return entry;
    if (zone.is_root()) return nullptr;
  }
}

// Of iteration: whether all that is known of the nearest zone's servers has stopped answering.
bool Engine::Impl::nearest_servers_are_dark(base::Instant now, const Resolution& resolution) const {
  const cache::Entry* entry = nearest_delegation(now, resolution.name);
  if (entry == nullptr) return false;
  for (const cache::DelegationServer& server : cache::read_delegation(*entry).servers) {
    if (server.glue.empty()) return false;  // its addresses may be found yet
    for (const base::IpAddress& address : server.glue) {
      const bool family_used = address.is_v4() ? options_.ipv4 : options_.ipv6;
      if (family_used && !server_is_dark(now, address)) return false;
    }
  }
  return true;
}

// One probe of a dark step at a time, with the question that would have gone there.
void Engine::Impl::probe_step(base::Now now, const Resolution& resolution, size_t step) {
  const Upstream* upstream = options_.routes.upstream_of(*resolution.walk.route, step);
  uint64_t key = 0;
  if (upstream != nullptr) {
    key = resolution.walk.route->steps[step] + 1;
  } else if (!is_silent(now.boot, nullptr)) {  // one zone is dark
    const cache::Entry* entry = nearest_delegation(now.boot, resolution.name);
    if (entry != nullptr) key = hash_(entry->name().bytes());
  }
  if (probes_.size() >= kProbesMax) {
    std::erase_if(probes_, [&](const auto& item) {
      return item.second.not_before <= now.boot && find(item.second.resolution) == nullptr;
    });
    if (probes_.size() >= kProbesMax) return;
  }
  Probe& probe = probes_[key];
  if (now.boot < probe.not_before || find(probe.resolution) != nullptr) return;
  if (by_question_.contains(question_of(resolution.name, resolution.type, RouteUse::kProbe, step))) return;
  counters_.add(base::Counter::kRouteProbes);
  probe.not_before = now.boot + kProbeInterval;
  probe.resolution =
      start(now, resolution.name, resolution.type, std::make_shared<QueryBudget>(probe_budget(), now.boot), 0, false,
            Purpose::kRefresh, RouteUse::kProbe, step);
}

// One line when the names of a step are asked elsewhere, one when they are not any more.
void Engine::Impl::tell_of_step(base::Now now, const Resolution& resolution, size_t step, bool skipped) {
  const Route& route = *resolution.walk.route;
  const Upstream* upstream = options_.routes.upstream_of(route, step);
  if (skipped && upstream == nullptr && !is_silent(now.boot, nullptr)) return;  // some zone is down, not the step
  const auto found = step_health_.find(upstream);
  const bool told = found != step_health_.end() && found->second.told;
  if (told == skipped) return;
  step_health_[upstream].told = skipped;
  const std::string who = "route " + route.zone.to_text() + ": " + std::string(options_.routes.step_name(route, step));
  log_.line(now.boot, skipped ? base::LogLevel::kWarning : base::LogLevel::kInfo,
            who + (skipped ? " does not answer: the next step of the route is asked" : " is asked again"));
}

// What crosses from one step to another --------------------------------------------------------------

// Delegations that a stub's servers gave are not used by iteration from the root, and the other way round.
uint8_t Engine::Impl::delegation_step(const Resolution& resolution) const {
  const Upstream* upstream = upstream_of(resolution);
  const bool is_stub = upstream != nullptr && upstream->authoritative;
  return is_stub ? static_cast<uint8_t>(1 + resolution.walk.step) : uint8_t{0};
}

// What another route says of a name above says nothing of this one.
KnownScope Engine::Impl::scope_of(const Resolution& resolution) {
  return {.zone = resolution.walk.route->zone,
          .without_forwarded = resolution.walk.use == RouteUse::kIterate,
          .with_unchecked = resolution.unchecked};
}

// Only what the name's own route says of it: a chain, a denial or a DS question may lead to names of
// another one, and what is found there would hide a private zone, or show it.
bool Engine::Impl::may_publish(const Resolution& resolution, wire::NameView owner, wire::Type type) const {
  const bool outside = !resolution.walk.states.empty() && resolution.walk.step == kIterateStep;
  return !outside && &options_.routes.find(owner, type) == resolution.walk.route;
}

// Whether iteration has learned otherwise, and that holds still: a forwarder does not replace it.
bool Engine::Impl::is_outranked(base::Now now, wire::NameView owner, wire::Type type) const {
  const wire::Name lower = wire::Name(owner).lowercased();
  const auto outranks = [&](wire::Type known, cache::Space space) {
    const cache::Entry* entry = shared_.cache->peek(shared_.cache->key(lower, known, space));
    return entry != nullptr && entry->is_fresh(now.boot) && entry->header().rank > cache::Rank::kNonAuthAnswer;
  };
  return outranks(type, cache::Space::kAnswer) || outranks(wire::Type::kCname, cache::Space::kAnswer) ||
         outranks(wire::Type::kNone, cache::Space::kNxdomain);
}

void Engine::Impl::mark_step(const Resolution& resolution, cache::EntryHeader& header) const {
  const Upstream* upstream = upstream_of(resolution);
  if (resolution.walk.states.empty() || resolution.walk.step == kIterateStep) return;
  header.step = static_cast<uint8_t>(resolution.walk.step) & 7;
  header.forwarded = upstream != nullptr && !upstream->authoritative ? 1 : 0;
}

// Sending -------------------------------------------------------------------------------------------

base::Endpoint Engine::Impl::endpoint_of(const Exchange& exchange) const {
  return {exchange.server, exchange.port == 0 ? options_.server_port : exchange.port};
}

// Equal questions to different steps are different flights.
uint64_t Engine::Impl::flight_salt(const Resolution& resolution) const {
  const uint64_t checked = resolution.unchecked ? kUncheckedMark : 0;
  if (upstream_of(resolution) == nullptr) return checked;
  return checked ^ (resolution.walk.route->steps[resolution.walk.step] + 1) * 0x9E37'79B9'7F4A'7C15;
}

// Telling -------------------------------------------------------------------------------------------

void Engine::Impl::note_step(base::Now now, const Exchange& exchange, bool answered) {
  if (exchange.upstream != nullptr) {
    UpstreamCounts& counts = *exchange.upstream->counts;
    (answered ? counts.responses : counts.timeouts).fetch_add(1, std::memory_order_relaxed);
  }
  if (answered) {
    StepHealth& health = step_health_[exchange.upstream];
    health.silences_in_row = 0;
    health.silent_domains.clear();
    health.answered_at = now.boot;
  } else if (exchange.upstream != nullptr) {
    if (!exchange.upstream->authoritative) counters_.add(base::Counter::kForwardTimeouts);
    std::vector<uint64_t>& domains = step_health_[exchange.upstream].silent_domains;
    const wire::Name domain = wire::Name(registrable_domain(exchange.name)).lowercased();
    const uint64_t hash = hash_(domain.view().bytes());
    if (domains.size() < kDomainsUntilDark && std::ranges::find(domains, hash) == domains.end())
      domains.push_back(hash);
  }
}

// Why a forwarder failed, by its number alone: its text is not ours to pass on.
void Engine::Impl::note_forwarders_word(Resolution& resolution, const Exchange& exchange,
                                        const wire::MessageView& message) {
  const bool is_forwarder = exchange.upstream != nullptr && !exchange.upstream->authoritative;
  if (!is_forwarder || !message.edns() || !message.edns()->extended_error) return;
  const auto code = static_cast<uint16_t>(message.edns()->extended_error->code);
  resolution.walk.forwarder_said = exchange.upstream->name + ": EDE " + std::to_string(code);
}

void Engine::Impl::count_step(const Resolution& resolution) {
  const RouteWalk& walk = resolution.walk;
  if (walk.use != RouteUse::kAll || walk.states.empty() || walk.step == kIterateStep) return;
  counters_.add(walk.step == 0 ? base::Counter::kRouteAnsweredFirst : base::Counter::kRouteAnsweredFallback);
  const Upstream* upstream = upstream_of(resolution);
  if (upstream != nullptr) upstream->counts->answers.fetch_add(1, std::memory_order_relaxed);
}

std::string Engine::Impl::steps_tried(const Resolution& resolution) const {
  const RouteWalk& walk = resolution.walk;
  const std::string said = walk.forwarder_said.empty() ? "" : "; " + walk.forwarder_said;
  std::string text;
  if (walk.states.size() < 2 || walk.step == kIterateStep) return said;
  for (size_t step = 0; step < walk.states.size(); ++step) {
    const bool tried =
        step == walk.step || walk.states[step] == StepState::kFailed || walk.states[step] == StepState::kLeft;
    if (tried) text += (text.empty() ? "; tried " : ", ") + std::string(options_.routes.step_name(*walk.route, step));
  }
  return text + said;
}

}  // namespace resolver
