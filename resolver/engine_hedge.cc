// A second query beside one that is slower than its server's history says. The first answer counts; the
// other exchange is left open (engine_left.cc), for what it shows of its server.
#include <algorithm>

#include "resolver/engine_impl.h"
#include "resolver/registrable_domain.h"

namespace resolver {
namespace {

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
  const auto may_help = [](const Candidate& candidate) {
    return !candidate.excluded && !is_dark(candidate) && !candidate.doubted;
  };
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

// One query of nobody's to a server that had stopped answering by itself, or takes seconds: so that its return is
// noticed although the others are preferred. Its provider, if that is dark as a whole, has canaries of its own.
void Engine::Impl::probe_dead_server(base::Now now, Resolution& resolution, const AskNow& ask) {
  ZoneVisit& visit = *resolution.visit;
  for (Attempt& attempt : visit.attempts) {
    if (attempt.excluded || attempt.udp_sends > 0) continue;
    const cache::ServerView health = health_of(now, attempt.address);
    const bool is_dead = health.timeouts_in_row >= kDarkAfterTimeouts && is_probe_due(now.boot, health);
    if (!is_dead && !(takes_seconds(health) && entropy_.chance(1, kExploreOneIn))) continue;
    if (options_.stale.circuits && shared_.providers->is_dark(groups_of(visit, attempt))) continue;
    if (!may_leave() || !resolution.budget->has_sends()) return;
    if (!send(now, resolution, ask, attempt, Transport::kUdp)) return;
    counters_.add(base::Counter::kProbes);
    leave(exchanges_.at(resolution.exchanges.back()), resolution);
    return;
  }
}

}  // namespace resolver
