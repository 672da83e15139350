// Queries out: one flight per exchange, in this worker and across workers; the drawing of ports,
// ids and letter case; UDP and TCP.
#include <algorithm>

#include "base/check.h"
#include "resolver/cookies.h"
#include "resolver/engine_impl.h"
#include "resolver/query_builder.h"

namespace resolver {
namespace {

// A claim of another worker is believed for this long at the most.
constexpr base::Duration kClaimLife = base::seconds(3);
// The parked worker looks again then, should a wake-up have been lost.
constexpr base::Duration kParkedMax = base::milliseconds(1500);

}  // namespace

// Flights ----------------------------------------------------------------------------------------

// Takes the flight for (zone, name, type), or waits for who has it: equal queries in flight would
// multiply the odds of a forger (RFC 5452 §5).
Engine::Impl::FlightTurn Engine::Impl::take_flight(base::Now now, Resolution& resolution, const AskNow& ask) {
  const wire::Name lower_zone = wire::Name(resolution.visit->delegation.zone).lowercased();
  const uint64_t key = shared_.cache->key(wire::Name(ask.name).lowercased(), ask.type, cache::Space::kAnswer).hash ^
                       (shared_.cache->key(lower_zone, wire::Type::kNs, cache::Space::kDelegation).hash * 3) ^
                       flight_salt(resolution);
  if (resolution.flight == key) return FlightTurn::kGo;
  release_flight(resolution, false);

  if (const auto found = flights_.find(key); found != flights_.end()) {
    counters_.add(base::Counter::kFlightsJoined);
    resolution.flight = key;
    found->second.followers.push_back(resolution.id);
    // Whose flight it is may have patience without end (a refresh).
    start_patience_once(now, resolution);
    resolution.enter(Phase::kAwaitFlight);
    return FlightTurn::kWait;
  }
  switch (shared_.claims->acquire(now.boot, key, options_.worker_index, now.boot + kClaimLife)) {
    case cache::ClaimOutcome::kHeldByOther:
      counters_.add(base::Counter::kClaimsLost);
      resolution.parked = true;
      resolution.parked_until = now.boot + kParkedMax;
      parked_.insert(resolution.id);
      start_patience_once(now, resolution);
      timers_.arm({resolution.parked_until, TimerKind::kParked, resolution.id});
      resolution.enter(Phase::kAwaitFlight);
      return FlightTurn::kWait;
    case cache::ClaimOutcome::kTakenOver:
      counters_.add(base::Counter::kClaimsTakenOver);
      break;
    case cache::ClaimOutcome::kAcquired:
    case cache::ClaimOutcome::kUnrecorded:
      break;
  }
  resolution.flight = key;
  flights_[key].owner = resolution.id;
  return FlightTurn::kGo;
}

// The owner is done with it: who waited looks in the cache again, or shares the failure.
void Engine::Impl::release_flight(Resolution& resolution, bool failed) {
  if (resolution.flight == 0) return;
  const uint64_t key = resolution.flight;
  const auto found = flights_.find(key);
  if (found == flights_.end() || found->second.owner != resolution.id) return;
  resolution.flight = 0;
  const std::vector<ResolutionId> followers = std::move(found->second.followers);
  flights_.erase(found);
  if (const uint64_t waiting = shared_.claims->release(key, options_.worker_index))
    effects_.push_back(WakeWorkers{waiting});
  for (const ResolutionId id : followers) {
    Resolution* follower = find(id);
    if (follower == nullptr || follower->phase != Phase::kAwaitFlight) continue;
    follower->flight = 0;
    if (failed) {
      follower->flight_failed = true;
      follower->evidence = resolution.evidence;
      follower->result.error = resolution.result.error;
      follower->result.error_text = resolution.result.error_text;
    } else {
      follower->enter(Phase::kCacheCheck);
    }
    make_ready(id);
  }
}

// Who waits for the flight goes on from where it led, even if a TTL of 0 keeps that out of the cache.
void Engine::Impl::share_visit(const Resolution& owner, const ZoneVisit& visit, bool minimise) {
  const auto found = flights_.find(owner.flight);
  if (found == flights_.end() || found->second.owner != owner.id) return;
  for (const ResolutionId id : found->second.followers) {
    Resolution* follower = find(id);
    if (follower == nullptr || follower->phase != Phase::kAwaitFlight) continue;
    const bool at_its_own_cut = follower->glue_zone == visit.delegation.zone ||
                                (follower->type == wire::Type::kDs && follower->name == visit.delegation.zone);
    if (at_its_own_cut) continue;
    follower->visit = visit;
    follower->visit->judged = false;
    follower->visit->patience_running = false;
    follower->minimise = follower->minimise && minimise;
  }
}

// A follower stops waiting (for a claim or a flight) without having been called.
void Engine::Impl::leave_followed_flight(Resolution& resolution) {
  if (resolution.parked) {
    timers_.disarm({resolution.parked_until, TimerKind::kParked, resolution.id});
    parked_.erase(resolution.id);
    resolution.parked = false;
  }
  if (resolution.flight == 0) return;
  const auto found = flights_.find(resolution.flight);
  if (found != flights_.end() && found->second.owner != resolution.id) {
    std::erase(found->second.followers, resolution.id);
    resolution.flight = 0;
  }
}

void Engine::Impl::handle_woken(base::Now) {
  const std::vector<ResolutionId> parked(parked_.begin(), parked_.end());
  for (const ResolutionId id : parked) {
    Resolution* resolution = find(id);
    if (resolution == nullptr) continue;
    leave_followed_flight(*resolution);
    if (resolution->phase != Phase::kAwaitFlight) continue;
    resolution->enter(Phase::kCacheCheck);
    make_ready(id);
  }
}

// Sending ----------------------------------------------------------------------------------------

bool Engine::Impl::send(base::Now now, Resolution& resolution, const AskNow& ask, Attempt& attempt,
                        Transport transport) {
  const bool dark = server_is_dark(now.boot, attempt.address);
  const uint32_t usual = options_.bounds.exchanges_per_server_max;
  const uint32_t limit = dark ? std::min(usual, options_.bounds.exchanges_per_dark_server_max) : usual;
  const auto in_flight = exchanges_to_.find(attempt.address);
  const bool is_full = in_flight != exchanges_to_.end() && in_flight->second.open >= limit;
  if (is_full && in_flight->second.late.empty()) {
    counters_.add(base::Counter::kUpstreamShedServer);
    return false;
  }
  if (is_full) close_exchange(exchanges_.at(in_flight->second.late.front()));
  if (!resolution.budget->spend_send()) {
    fail_budget(now, resolution);
    return false;
  }
  // The same question to the same server never twice at once, though nobody waits for the other.
  if (!left_.empty()) {
    const auto left = left_.find(left_key(attempt.address, ask.name, ask.type));
    if (left != left_.end()) close_exchange(exchanges_.at(left->second));
  }
  if (exchanges_.size() >= options_.bounds.exchanges_max) make_room_for_exchange();
  const ExchangeId id{next_id_++};
  Exchange& exchange = exchanges_[id];
  exchange.id = id;
  exchange.resolution = resolution.id;
  exchange.server = attempt.address;
  exchange.port = attempt.port;
  exchange.upstream = upstream_of(resolution);
  exchange.transport = transport;
  exchange.type = ask.type;
  exchange.sent_at = now.boot;
  exchange.query_id = entropy_.next_u16();
  ++exchanges_to_[attempt.address].open;
  exchange.zone_key = hash_(wire::NameView(resolution.visit->delegation.zone).bytes());
  exchanges_by_zone_.join(static_cast<uint64_t>(id), exchange.zone_key);
  note_groups(resolution, attempt, exchange);
  if (transport == Transport::kTcp && !send_tcp(now, exchange)) {
    drop_exchange(exchange);
    return false;
  }
  exchange.query = render_query(now, exchange, ask, attempt);
  resolution.exchanges.push_back(id);
  if (resolution.phase == Phase::kFindServers) resolution.enter(Phase::kAwaitResponse);
  if (transport == Transport::kUdp) {
    const uint8_t earlier_sends = attempt.udp_sends++;
    const cache::ServerView health = health_of(now, attempt.address);
    have_patience_with(now, resolution, health, earlier_sends);
    exchange.timeout_at = now.boot + udp_timeout(health, earlier_sends);
    if (resolution.exchanges.size() == 1) {
      hedge_allowance_.on_query();
      // Nobody is in a hurry for a refresh that failed before.
      if (resolution.retry == 0) exchange.hedge_at = now.boot + hedge_delay(health);
    }
    if (exchange.hedge_at < exchange.timeout_at) {
      timers_.arm({exchange.hedge_at, TimerKind::kHedge, static_cast<uint64_t>(id)});
    }
    send_udp(now, exchange);
  } else {
    ++attempt.tcp_sends;
    exchange.timeout_at = now.boot + kTcpTimeout;
    counters_.add(base::Counter::kUpstreamSentTcp);
    effects_.push_back(SendOnStream{exchange.stream, exchange.query});
  }
  timers_.arm({exchange.timeout_at, TimerKind::kExchange, static_cast<uint64_t>(id)});
  if (ask.minimised && resolution.minimise_steps < UINT8_MAX) ++resolution.minimise_steps;
  return true;
}

// The oldest exchange gives way, of the zone that holds a crowd of them if there is one: what has waited
// longest is least likely to be answered still. Its resolution ends at the next step.
void Engine::Impl::make_room_for_exchange() {
  constexpr size_t kCrowd = 64;
  counters_.add(base::Counter::kUpstreamShedTotal);
  const uint64_t of_largest = exchanges_by_zone_.oldest_of_largest().value();
  const Exchange& crowded = exchanges_.at(ExchangeId{of_largest});
  const bool crowd = exchanges_by_zone_.held_by(crowded.zone_key) >= kCrowd;
  Exchange& victim = crowd ? exchanges_.at(crowded.id) : exchanges_.begin()->second;
  if (victim.resolution == 0) return close_exchange(victim);
  to_shed_.push_back(victim.resolution);
}

std::vector<uint8_t> Engine::Impl::render_query(base::Now now, Exchange& exchange, const AskNow& ask,
                                                const Attempt& attempt) {
  const cache::ServerView health = shared_.health->view(now.boot, attempt.address);
  const bool udp = exchange.transport == Transport::kUdp;
  // A server that has never answered with EDNS may drop queries that have it: the last try goes without.
  const bool last_try_plain =
      udp && health.edns == cache::EdnsSupport::kUnknown && attempt.udp_sends + 1 == kSendsPerTransportMax;
  // Without EDNS no signatures come: what a server was like an hour ago, or a forger has made it look like, is not
  // believed where they are needed (RFC 4035 §3).
  const wire::NameView in_zone = ask.type == wire::Type::kDs && !ask.name.is_root() ? ask.name.parent() : ask.name;
  const bool is_broken = health.edns == cache::EdnsSupport::kBroken && !needs_a_verdict(now, in_zone);
  exchange.edns = !attempt.without_edns && !is_broken && !last_try_plain;
  // Over TCP only to learn whether the server keeps the letters, after a UDP response that did not.
  exchange.random_case =
      options_.case_randomisation && (udp ? health.keeps_case && !attempt.without_case : attempt.without_case);
  exchange.edns_refused = attempt.without_edns;
  exchange.name = exchange.random_case ? wire::Name(ask.name).with_random_case(entropy_) : wire::Name(ask.name);
  QueryParts parts;
  parts.id = exchange.query_id;
  parts.name = exchange.name;
  parts.type = ask.type;
  parts.edns = exchange.edns;
  exchange.dnssec_ok = exchange.edns && is_below_an_anchor(now, ask.name);
  parts.dnssec_ok = exchange.dnssec_ok;
  parts.recursion_desired = exchange.upstream != nullptr && !exchange.upstream->authoritative;
  if (parts.recursion_desired) counters_.add(base::Counter::kForwardSent);
  if (exchange.upstream != nullptr) exchange.upstream->counts->sent.fetch_add(1, std::memory_order_relaxed);
  if (exchange.edns) {
    parts.client_cookie = make_client_cookie(cookie_hash_, attempt.address);
    parts.server_cookie = health.cookie;
    exchange.cookie_sent = true;
    exchange.server_cookie_sent = health.cookie.has_value();
  }
  return build_query(parts);
}

void Engine::Impl::send_udp(base::Now, Exchange& exchange) {
  exchange.local_port = draw_port();
  counters_.add(base::Counter::kUpstreamSentUdp);
  effects_.push_back(SendQuery{.exchange = exchange.id,
                               .local_address = draw_local_address(exchange.server.family()),
                               .local_port = exchange.local_port,
                               .server = endpoint_of(exchange),
                               .query = exchange.query});
}

// Puts the exchange on a stream, a new one if need be; the caller sends the bytes.
bool Engine::Impl::send_tcp(base::Now, Exchange& exchange) {
  const base::Endpoint server = endpoint_of(exchange);
  Stream* stream = streams_.usable(server);
  if ((stream == nullptr || (!stream->pending.empty() && stream->pending.size() > kPipelinedMax / 2)) &&
      streams_.may_open(server, options_.bounds.streams_max)) {
    stream = nullptr;
  }
  if (stream == nullptr) {
    if (!streams_.may_open(server, options_.bounds.streams_max)) {
      Stream* idlest = streams_.idlest();
      if (idlest == nullptr || idlest->server == server) return false;
      timers_.disarm({idlest->last_used + kStreamIdle, TimerKind::kStream, static_cast<uint64_t>(idlest->id)});
      effects_.push_back(CloseStream{idlest->id});
      streams_.remove(idlest->id);
      if (!streams_.may_open(server, options_.bounds.streams_max)) return false;
    }
    stream = &streams_.add(StreamId{next_id_++}, server);
    counters_.add(base::Counter::kUpstreamStreamsOpened);
    effects_.push_back(OpenStream{
        .stream = stream->id, .local_address = draw_local_address(exchange.server.family()), .server = server});
  } else if (stream->pending.empty()) {
    timers_.disarm({stream->last_used + kStreamIdle, TimerKind::kStream, static_cast<uint64_t>(stream->id)});
  }
  exchange.stream = stream->id;
  exchange.query_id = Streams::draw_query_id(*stream, entropy_);
  stream->pending[exchange.query_id] = exchange.id;
  return true;
}

uint16_t Engine::Impl::draw_port() {
  const uint32_t range = static_cast<uint32_t>(options_.outgoing_port_last - options_.outgoing_port_first) + 1;
  const auto& reserved = options_.outgoing_ports_reserved;
  constexpr int kDrawsMax = 64;  // if nearly all are reserved, a reserved one comes back as taken
  uint16_t port = 0;
  for (int draw = 0; draw < kDrawsMax; ++draw) {
    port = static_cast<uint16_t>(options_.outgoing_port_first + entropy_.below(range));
    if (!std::binary_search(reserved.begin(), reserved.end(), port)) break;
  }
  return port;
}

std::optional<base::IpAddress> Engine::Impl::draw_local_address(base::Family family) {
  std::vector<base::IpAddress> usable;
  for (const auto& address : options_.outgoing_addresses) {
    if (address.family() == family) usable.push_back(address);
  }
  if (usable.empty()) return std::nullopt;
  return usable[entropy_.below(static_cast<uint32_t>(usable.size()))];
}

// Closing ----------------------------------------------------------------------------------------

void Engine::Impl::close_exchange(Exchange& exchange) {
  if (exchange.transport == Transport::kUdp) effects_.push_back(CloseExchange{exchange.id});
  if (Resolution* resolution = find(exchange.resolution)) std::erase(resolution->exchanges, exchange.id);
  drop_exchange(exchange);
}

void Engine::Impl::close_exchanges(Resolution& resolution) {
  while (!resolution.exchanges.empty()) close_exchange(exchanges_.at(resolution.exchanges.back()));
}

// Takes it off the books. Its stream stays open for the next.
void Engine::Impl::drop_exchange(Exchange& exchange) {
  timers_.disarm({exchange.timeout_at, TimerKind::kExchange, static_cast<uint64_t>(exchange.id)});
  timers_.disarm({exchange.hedge_at, TimerKind::kHedge, static_cast<uint64_t>(exchange.id)});
  if (exchange.resolution == 0) left_.erase(left_key(exchange.server, exchange.name, exchange.type));
  const auto to_server = exchanges_to_.find(exchange.server);
  if (exchange.is_late) std::erase(to_server->second.late, exchange.id);
  if (--to_server->second.open == 0) exchanges_to_.erase(to_server);
  if (Stream* stream = exchange.transport == Transport::kTcp ? streams_.find(exchange.stream) : nullptr) {
    if (stream->pending.erase(exchange.query_id) > 0 && stream->pending.empty()) {
      stream->last_used = exchange.sent_at > stream->last_used ? exchange.sent_at : stream->last_used;
      timers_.arm({stream->last_used + kStreamIdle, TimerKind::kStream, static_cast<uint64_t>(stream->id)});
    }
  }
  exchanges_by_zone_.leave(static_cast<uint64_t>(exchange.id));
  exchanges_.erase(exchange.id);
}

}  // namespace resolver
