// Exchanges that nobody waits for, their sockets still open: the loser of a hedge until its timer ends, for what it
// shows of its server (decision 0016); and one whose timer has ended, for an answer that is late (decision 0026). A
// server that is slow and not dead is then known as slow, and what it says is learned.
#include <algorithm>

#include "resolver/engine_impl.h"

namespace resolver {
namespace {

constexpr size_t kLeftExchangesMax = 1024;

// Something to learn: neither a referral, which would cost further queries that nobody asked for, nor a failure.
bool has_data(const wire::MessageView& message) {
  const wire::Header& header = message.header();
  if (header.tc || header.question_count == 0) return false;
  if (message.rcode() == wire::Rcode::kNxdomain) return true;
  return message.rcode() == wire::Rcode::kNoerror && (header.aa || header.answer_count > 0);
}

}  // namespace

bool Engine::Impl::may_leave() const { return left_.size() < kLeftExchangesMax; }

uint64_t Engine::Impl::left_key(const base::IpAddress& server, wire::NameView name, wire::Type type) const {
  return hash_(wire::Name(name).lowercased().view().bytes()) ^
         (hash_(server.bytes()) * 3 + static_cast<uint64_t>(type));
}

void Engine::Impl::leave(Exchange& exchange, Resolution& resolution) {
  std::erase(resolution.exchanges, exchange.id);
  timers_.disarm({exchange.hedge_at, TimerKind::kHedge, static_cast<uint64_t>(exchange.id)});
  exchange.hedge_at = base::Instant::never();
  exchange.resolution = 0;
  // One that is validated and one that is not are two flights.
  const uint64_t key = left_key(exchange.server, exchange.name, exchange.type);
  if (const auto earlier = left_.find(key); earlier != left_.end()) close_exchange(exchanges_.at(earlier->second));
  left_[key] = exchange.id;
}

// The answer has come from one of them.
void Engine::Impl::leave_exchanges(Resolution& resolution) {
  while (!resolution.exchanges.empty()) {
    Exchange& exchange = exchanges_.at(resolution.exchanges.back());
    if (exchange.transport != Transport::kUdp || !may_leave()) {
      close_exchange(exchange);
      continue;
    }
    leave(exchange, resolution);
  }
}

// Its timer has ended, and that was told to whom it concerns; or nobody waits for that. False: it stays as it is. What
// an upstream says late is not waited for: it is asked for every name, and is soon known to be slow.
bool Engine::Impl::leave_late(base::Now now, Exchange& exchange, Resolution* resolution) {
  const base::Instant until = exchange.sent_at + kLateAnswerMax;
  if (exchange.transport != Transport::kUdp || exchange.upstream != nullptr || until <= now.boot) return false;
  // A probe is over with its timer: each end of one looks whether the next is due.
  if (resolution != nullptr && (is_probe(*resolution) || !may_leave())) return false;
  if (options_.stale.circuits && shared_.providers->is_uplink_lost()) return false;  // nothing is on its way
  if (resolution != nullptr) leave(exchange, *resolution);
  exchange.is_late = true;
  exchanges_to_.at(exchange.server).late.push_back(exchange.id);
  timers_.disarm({exchange.timeout_at, TimerKind::kExchange, static_cast<uint64_t>(exchange.id)});
  exchange.timeout_at = until;
  timers_.arm({until, TimerKind::kExchange, static_cast<uint64_t>(exchange.id)});
  return true;
}

// Whom it waits for takes seconds, and there is somebody better to ask. False: it waits on.
bool Engine::Impl::leave_slow_exchanges(base::Now now, Resolution& resolution) {
  const auto is_slow = [&](ExchangeId id) {
    const Exchange& exchange = exchanges_.at(id);
    return exchange.transport == Transport::kUdp && takes_seconds(health_of(now, exchange.server));
  };
  if (!resolution.visit || !std::ranges::all_of(resolution.exchanges, is_slow)) return false;
  const auto is_better = [](const Candidate& candidate) {
    return !candidate.excluded && !is_dark(candidate) && candidate.sends < kSendsPerTransportMax &&
           !takes_seconds(candidate.health);
  };
  const std::vector<Candidate> candidates = candidates_of(now, resolution);
  if (std::ranges::none_of(candidates, is_better) && names_to_look_up(*resolution.visit).empty()) return false;
  while (!resolution.exchanges.empty()) {
    if (!leave_late(now, exchanges_.at(resolution.exchanges.back()), &resolution)) return false;
  }
  return true;
}

// For whom a late answer is: the resolution that still asks for it, or a refresh begun for it. nullptr: nothing is to
// be learned from it.
Resolution* Engine::Impl::take_up(base::Now now, Exchange& exchange, const wire::MessageView& message) {
  if (!exchange.is_late || !has_data(message)) return nullptr;
  const wire::Name name = exchange.name.lowercased();
  if (find_fresh(now.boot, *shared_.cache, name, exchange.type, {}).kind != Known::Kind::kNothing) return nullptr;
  Resolution* taker = nullptr;
  for (const Purpose purpose : {Purpose::kAnswer, Purpose::kRefresh}) {
    const auto found = by_question_.find(question_key(name, exchange.type, purpose));
    if (found == by_question_.end()) continue;
    Resolution* resolution = find(found->second);
    if (resolution != nullptr && resolution->phase == Phase::kAwaitResponse && is_asked_by(exchange, *resolution)) {
      taker = resolution;
      break;
    }
  }
  if (taker == nullptr) taker = start_for_late(now, exchange, name);
  if (taker == nullptr) return nullptr;
  left_.erase(left_key(exchange.server, exchange.name, exchange.type));
  exchange.resolution = taker->id;
  taker->exchanges.push_back(exchange.id);
  return taker;
}

// It asks this zone, and this server of it.
bool Engine::Impl::is_asked_by(const Exchange& exchange, Resolution& resolution) {
  if (!resolution.visit || resolution.visit->upstream != nullptr) return false;
  return hash_(wire::NameView(resolution.visit->delegation.zone).bytes()) == exchange.zone_key &&
         attempt_for(resolution, exchange.server, exchange.port) != nullptr;
}

// As far as a query to the zone's servers, which is already out.
Resolution* Engine::Impl::start_for_late(base::Now now, const Exchange& exchange, wire::NameView name) {
  const cache::Entry* nearest = nearest_delegation(now.boot, name);
  if (nearest == nullptr || hash_(nearest->name().bytes()) != exchange.zone_key) return nullptr;
  if (!start_refresh(now, name, exchange.type, options_.budget)) return nullptr;
  Resolution& resolution = *find(by_question_.at(question_key(name, exchange.type, Purpose::kRefresh)));
  begin_route(now, resolution);
  find_delegation(now, resolution);
  for (size_t server = 0; server < resolution.visit->delegation.servers.size(); ++server) {
    add_cached_addresses(now, resolution, server);
  }
  if (!is_asked_by(exchange, resolution)) {
    finish(now, resolution, Outcome::kShed);
    return nullptr;
  }
  resolution.enter(Phase::kFindServers);
  resolution.enter(Phase::kAwaitResponse);
  return &resolution;
}

}  // namespace resolver
