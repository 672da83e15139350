// A second query beside one that is slower than its server's history says. The first answer counts; the
// other exchange is left open until its timeout, for what it shows of its server.
#include <algorithm>

#include "resolver/engine_impl.h"
#include "resolver/registrable_domain.h"

namespace resolver {
namespace {

constexpr size_t kLeftExchangesMax = 1024;

// Servers of one /24 or /48 share more than their zone, often their fate.
bool are_neighbours(const base::IpAddress& one, const base::IpAddress& other) {
  const size_t bytes = one.is_v4() ? 3 : 6;
  return one.family() == other.family() && std::ranges::equal(one.bytes().first(bytes), other.bytes().first(bytes));
}

}  // namespace

void Engine::Impl::hedge(base::Now now, ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  Resolution* resolution = find(found->second.resolution);
  if (resolution == nullptr || resolution->phase != Phase::kAwaitResponse || resolution->exchanges.size() != 1) return;
  const base::IpAddress slow = found->second.server;
  std::vector<Candidate> candidates = candidates_of(now, *resolution);
  const auto may_help = [](const Candidate& candidate) { return !candidate.excluded && !is_dark(candidate); };
  ZoneVisit& visit = *resolution->visit;
  for (size_t index = 0; index < candidates.size(); ++index) {
    Candidate& candidate = candidates[index];
    candidate.excluded =
        !may_help(candidate) || candidate.address == slow || is_retry_in_vain(visit, visit.attempts[index], candidate);
  }
  // Rather somebody whose fate is another.
  const auto prefer = [&](auto&& is_better) {
    std::vector<bool> better;
    for (size_t index = 0; index < candidates.size(); ++index) better.push_back(is_better(index));
    bool has_any = false;
    for (size_t index = 0; index < candidates.size(); ++index) {
      has_any = has_any || (better[index] && may_help(candidates[index]));
    }
    for (size_t index = 0; has_any && index < candidates.size(); ++index) {
      candidates[index].excluded = candidates[index].excluded || !better[index];
    }
  };
  prefer([&](size_t index) { return !are_neighbours(candidates[index].address, slow); });
  if (visit.upstream == nullptr) {
    const wire::Name domain(registrable_domain(found->second.server_name));
    prefer([&](size_t index) {
      return !(domain == registrable_domain(visit.delegation.servers[visit.attempts[index].server].name));
    });
  }
  const auto chosen = choose_server(candidates, entropy_);
  if (!chosen || !resolution->budget->has_sends() || !hedge_allowance_.take()) return;
  counters_.add(base::Counter::kUpstreamHedged);
  static_cast<void>(
      send(now, *resolution, next_question(now, *resolution), resolution->visit->attempts[*chosen], Transport::kUdp));
}

// One query of nobody's to a server that had stopped answering by itself: so that its return is noticed although
// the others are preferred. Its provider, if that is dark as a whole, has canaries of its own.
void Engine::Impl::probe_dead_server(base::Now now, Resolution& resolution, const AskNow& ask) {
  ZoneVisit& visit = *resolution.visit;
  for (Attempt& attempt : visit.attempts) {
    if (attempt.excluded || attempt.udp_sends > 0) continue;
    const cache::ServerView health = health_of(now, attempt.address);
    if (health.timeouts_in_row < kDarkAfterTimeouts || !is_probe_due(now.boot, health)) continue;
    if (options_.stale.circuits && shared_.providers->is_dark(groups_of(visit, attempt))) continue;
    if (left_.size() >= kLeftExchangesMax || !resolution.budget->has_sends()) return;
    if (!send(now, resolution, ask, attempt, Transport::kUdp)) return;
    counters_.add(base::Counter::kProbes);
    leave(exchanges_.at(resolution.exchanges.back()), resolution);
    return;
  }
}

uint64_t Engine::Impl::left_key(const base::IpAddress& server, wire::NameView name, wire::Type type) const {
  return hash_(wire::Name(name).lowercased().view().bytes()) ^
         (hash_(server.bytes()) * 3 + static_cast<uint64_t>(type));
}

void Engine::Impl::leave(Exchange& exchange, Resolution& resolution) {
  std::erase(resolution.exchanges, exchange.id);
  timers_.disarm({exchange.hedge_at, TimerKind::kHedge, static_cast<uint64_t>(exchange.id)});
  exchange.hedge_at = base::Instant::never();
  exchange.resolution = 0;
  left_[left_key(exchange.server, exchange.name, exchange.type)] = exchange.id;
}

// The answer has come from one of them.
void Engine::Impl::leave_exchanges(Resolution& resolution) {
  while (!resolution.exchanges.empty()) {
    Exchange& exchange = exchanges_.at(resolution.exchanges.back());
    if (exchange.transport != Transport::kUdp || left_.size() >= kLeftExchangesMax) {
      close_exchange(exchange);
      continue;
    }
    leave(exchange, resolution);
  }
}

}  // namespace resolver
