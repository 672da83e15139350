// A refresh that came to nothing, tried again a little later for nobody: on a path that loses much the next question
// then finds fresh data. When, says stale_policy.h. What is dark is left to its canaries.
#include <algorithm>

#include "resolver/engine_impl.h"

namespace resolver {
namespace {

constexpr size_t kRetriesMax = 1024;  // that wait
constexpr uint16_t kRetrySends = 4;

bool was_silence(const Evidence& seen) { return seen.timeouts > 0 && seen.useless_answers() == 0; }

}  // namespace

void Engine::Impl::plan_retry(base::Now now, const Resolution& resolution, Outcome outcome) {
  const bool was_asked = resolution.purpose == Purpose::kAnswer || resolution.purpose == Purpose::kRefresh;
  if (!was_asked || (outcome != Outcome::kFailed && outcome != Outcome::kBudget)) return;
  if (!options_.stale.enabled || resolution.unchecked || resolution.phase == Phase::kAwaitAlias) return;
  if (resolution.walk.use != RouteUse::kAll || !resolution.visit || resolution.visit->upstream != nullptr) return;
  if (is_probe(resolution) || resolution.retry >= kRefreshRetriesMax || !was_silence(resolution.evidence)) return;
  const bool answers_now_and_then = std::ranges::any_of(resolution.visit->attempts, [&](const Attempt& attempt) {
    const uint32_t answered_s = shared_.health->view(now.boot, attempt.address).last_answer_s;
    return answered_s != 0 && now.boot - base::Instant::from_boot(base::seconds(answered_s)) <= kAnswersNowAndThen;
  });
  if (!answers_now_and_then) return;
  const Known stale = find_stale(now.boot, *shared_.cache, resolution.name, resolution.type, options_.stale.max_age_s,
                                 scope_of(resolution));
  if (stale.kind == Known::Kind::kNothing || retries_.size() >= kRetriesMax) return;
  const uint64_t key = question_key(resolution.name, resolution.type, Purpose::kRefresh);
  const auto number = static_cast<uint8_t>(resolution.retry + 1);
  if (!retries_.emplace(key, Retry{resolution.name, resolution.type, number}).second) return;
  timers_.arm({now.boot + refresh_retry_delay(number), TimerKind::kRetry, key});
}

void Engine::Impl::retry_refresh(base::Now now, uint64_t key) {
  const auto found = retries_.find(key);
  if (found == retries_.end()) return;
  const Retry retry = std::move(found->second);
  retries_.erase(found);
  const bool is_being_asked = by_question_.contains(question_key(retry.name, retry.type, Purpose::kAnswer));
  const bool is_fresh = find_fresh(now.boot, *shared_.cache, retry.name, retry.type).kind != Known::Kind::kNothing;
  if (is_being_asked || is_fresh) return;
  if (!start_refresh(now, retry.name, retry.type, probe_limits(options_.budget, kRetrySends))) return;
  counters_.add(base::Counter::kRefreshRetries);
  find(by_question_.at(key))->retry = retry.number;
}

bool Engine::Impl::is_retry_hopeless(const Resolution& resolution, ZoneVisit& visit) const {
  if (resolution.retry == 0 || !options_.stale.circuits) return false;
  return shared_.providers->is_uplink_lost() || are_all_dark(visit);
}

}  // namespace resolver
