// The end of a resolution: its result goes to the clients and resolutions that wait, a failure
// into the cache, and everything it held is let go.
#include "base/check.h"
#include "cache/failure.h"
#include "resolver/engine_impl.h"

namespace resolver {
namespace {

struct BudgetWords {
  base::Counter counter;
  const char* text;
};

BudgetWords words_for(BudgetItem item) {
  switch (item) {
    case BudgetItem::kSends:
      return {base::Counter::kBudgetSends, "too many queries were needed"};
    case BudgetItem::kBytes:
      return {base::Counter::kBudgetBytes, "the responses were too large"};
    case BudgetItem::kSubQuestions:
      return {base::Counter::kBudgetSubQuestions, "too many other names had to be resolved"};
    case BudgetItem::kAliases:
      return {base::Counter::kBudgetAliases, "too many aliases"};
    case BudgetItem::kReferrals:
      return {base::Counter::kBudgetReferrals, "too many referrals"};
    case BudgetItem::kWallTime:
    case BudgetItem::kNone:
      return {base::Counter::kBudgetWallTime, "it took too long"};
  }
  UNREACHABLE();
}

// A forwarder's word is about what it got from the zone's servers.
cache::Silence silence_of(const Evidence& seen, BudgetItem exhausted) {
  if (seen.timeouts + seen.unreachable == 0 && exhausted != BudgetItem::kWallTime) return cache::Silence::kOfNobody;
  if (seen.useless_answers() == 0) return cache::Silence::kOfAll;
  return seen.useless_answers() == seen.by_forwarders ? cache::Silence::kOfServers : cache::Silence::kOfNobody;
}

void append_count(std::string& text, uint16_t count, const char* what) {
  if (count == 0) return;
  text += text.empty() ? "" : ", ";
  text += std::to_string(count) + " " + what;
}

}  // namespace

// "example.com.: 2 timed out, 1 refused": for EDE and logs.
std::string Engine::Impl::describe(const Resolution& resolution) {
  const Evidence& seen = resolution.evidence;
  std::string counts;
  append_count(counts, seen.timeouts, "timed out");
  append_count(counts, seen.unreachable, "unreachable");
  append_count(counts, seen.refused, "refused");
  append_count(counts, seen.servfail, "failed");
  append_count(counts, seen.lame, "lame");
  append_count(counts, seen.broken, "broken");
  append_count(counts, seen.no_address, "without address");
  append_count(counts, seen.shed, "not asked, too much in flight");
  const std::string zone = resolution.visit ? resolution.visit->delegation.zone.to_text() : resolution.name.to_text();
  return "zone " + zone + ": " + (counts.empty() ? "no server answered" : counts) + steps_tried(resolution);
}

void Engine::Impl::fail(base::Now now, Resolution& resolution, Outcome outcome, wire::ExtendedError error,
                        std::string text) {
  resolution.result.chain.clear();
  resolution.result.rcode = wire::Rcode::kServfail;
  resolution.result.error = error;
  resolution.result.error_text = std::move(text);
  if (is_validation_error(error)) resolution.result.cause = error;
  cache_failure(now, resolution, outcome);
  plan_retry(now, resolution, outcome);
  // An alias that was found is no failure of this name: what is stale stands for its target, not for it.
  const bool leads_elsewhere = resolution.phase == Phase::kAwaitAlias;
  if (!leads_elsewhere && take_stale(now, resolution, base::Counter::kStaleFailed)) return;
  counters_.add(base::Counter::kResolutionsFailed);
  finish(now, resolution, outcome);
}

void Engine::Impl::fail_budget(base::Now now, Resolution& resolution) {
  const BudgetWords words = words_for(resolution.budget->exhausted());
  counters_.add(words.counter);
  const bool asked_in_vain = resolution.budget->exhausted() == BudgetItem::kWallTime;
  fail(now, resolution, Outcome::kBudget,
       asked_in_vain ? wire::ExtendedError::kNoReachableAuthority : wire::ExtendedError::kOther,
       std::string(words.text) + "; " + describe(resolution));
}

void Engine::Impl::shed_resolution(base::Now now, ResolutionId id) {
  Resolution* resolution = find(id);
  if (resolution == nullptr) return;
  counters_.add(base::Counter::kClientShedZone, resolution->clients.size());
  fail(now, *resolution, Outcome::kShed, wire::ExtendedError::kOther,
       "too many questions wait for " + describe(*resolution));
}

void Engine::Impl::shed_marked(base::Now now) {
  std::vector<ResolutionId> marked;
  marked.swap(to_shed_);
  for (const ResolutionId id : marked) shed_resolution(now, id);
}

// RFC 9520 §3.2. What our own bounds or another question's budget cut short says nothing about
// the name, so it is not kept.
void Engine::Impl::cache_failure(base::Now now, const Resolution& resolution, Outcome outcome) {
  if (resolution.walk.use != RouteUse::kAll) return;  // only a part of its route was tried
  if (resolution.budget->is_small()) return;          // only a probe
  const bool keep = outcome == Outcome::kFailed || outcome == Outcome::kLoop ||
                    (outcome == Outcome::kBudget && resolution.from_client);
  // The silence of a parent is no failure of the zone's NS, or of its server's address.
  if (!keep || resolution.purpose == Purpose::kParent || resolution.purpose == Purpose::kGlue) return;
  const cache::Key key = shared_.cache->key(resolution.name, resolution.type, cache::Space::kFailure);
  const cache::Entry* previous = shared_.cache->peek(key);
  // Several that waited for the same servers fail together: that is one failure.
  if (previous != nullptr && previous->header().learned_s >= resolution.started.boot_seconds()) return;
  counters_.add(base::Counter::kFailuresCached);
  publish(now, cache::make_failure_entry(now.boot, resolution.name, resolution.type, previous,
                                         resolution.result.error.value_or(wire::ExtendedError::kOther),
                                         silence_of(resolution.evidence, resolution.budget->exhausted()),
                                         resolution.result.error_text));
}

void Engine::Impl::finish(base::Now, Resolution& resolution, Outcome outcome) {
  resolution.enter(Phase::kFinished);
  resolution.result.outcome = outcome;
  if (outcome == Outcome::kAnswered) count_step(resolution);
  close_exchanges(resolution);
  stop_awaiting(resolution);
  leave_followed_flight(resolution);
  release_flight(resolution, outcome == Outcome::kFailed);

  timers_.disarm({resolution.budget->deadline(), TimerKind::kResolution, resolution.id});
  timers_.disarm({resolution.patience_until, TimerKind::kPatience, resolution.id});
  disarm_step_timer(resolution);
  disarm_next_name(resolution);
  stop_validating(resolution);
  if (resolution.tries_dark) --tries_dark_;
  by_question_.erase(resolution.question);
  resolutions_by_zone_.leave(resolution.id);
  if (priming_ == resolution.id) priming_ = 0;
  const auto found = resolutions_.find(resolution.id);
  done_.push_back(std::move(found->second));
  resolutions_.erase(found);
}

// Clients that joined a sub-question of somebody else's question do not pay for that budget.
void Engine::Impl::restart_for_clients(base::Now now, Resolution& done) {
  if (done.clients.empty()) return;
  const auto same =
      by_question_.find(question_key(done.name, done.type, Purpose::kAnswer) ^ (done.unchecked ? kUncheckedMark : 0));
  const ResolutionId id =
      same != by_question_.end()
          ? same->second
          : start(now, done.name, done.type, std::make_shared<QueryBudget>(options_.budget, now.boot), 0, true,
                  Purpose::kAnswer, RouteUse::kAll, 0, done.unchecked);
  for (const ClientId client : done.clients) {
    clients_.at(client).resolution = id;
    find(id)->clients.insert(client);
  }
  done.clients.clear();
}

// Called from run_ready(), never from finish(): a chain of aliases is no chain of calls.
void Engine::Impl::hand_over(base::Now now, Resolution& done) {
  resolution_bytes_ -= done.held_bytes;
  if (done.result.outcome == Outcome::kBudget && !done.from_client) restart_for_clients(now, done);
  answer_waiting(now, done);
  on_anchor_seen(now, done);
  for (const ResolutionId id : done.dependents) {
    if (Resolution* parent = find(id)) on_sub_question_done(now, *parent, done);
  }
}

}  // namespace resolver
