#include "cache/uplink.h"

#include "cache/provider_health.h"

namespace cache {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

std::optional<ProviderEvent> Uplink::hear(uint64_t stamp) {
  const uint64_t word = answered_again(heard_.load(kRelaxed), stamp);
  heard_.store(word, kRelaxed);
  // A failure counted at this moment by another thread may be missed here: it is void all the same (fail()
  // compares times), and a loss just declared ends with the next packet.
  if (!is_pending_.load(kRelaxed)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  is_pending_.store(false, kRelaxed);
  meter_.fold(stamp, word);
  std::optional<ProviderEvent> event;
  if (is_lost_.load(kRelaxed)) {
    restored_at_.store(stamp, kRelaxed);
    is_lost_.store(false, kRelaxed);
    event.emplace();
    event->type = ProviderEvent::Type::kUplinkRestored;
    event->at = instant_of(stamp);
    event->lasted = since(stamp, lost_at_.load(kRelaxed));
    event->failures = evidence_.failures_since_lost;
  }
  evidence_ = Evidence();
  return event;
}

std::optional<ProviderEvent> Uplink::fail(uint64_t stamp, const FailedQuery& query, bool is_unreachable) {
  const std::lock_guard lock(mutex_);
  is_pending_.store(true, kRelaxed);
  if (!is_unreachable) meter_.lose();
  if (is_lost_.load(kRelaxed)) {
    ++evidence_.failures_since_lost;
    return std::nullopt;
  }
  const uint64_t heard = heard_at();
  // Without failures for a whole window nothing is going on.
  const bool is_old = stamp > evidence_.last_at && stamp - evidence_.last_at > stamps(kEvidenceWindow);
  if (heard >= evidence_.first_sent || is_old) evidence_ = Evidence();
  if (stamp_of(query.sent) <= heard) return std::nullopt;
  count(stamp, query, is_unreachable);
  return judge(stamp);
}

void Uplink::count(uint64_t stamp, const FailedQuery& query, bool is_unreachable) {
  const uint64_t sent = stamp_of(query.sent);
  if (evidence_.first_sent == 0) evidence_.first_at = stamp;
  evidence_.first_sent = evidence_.first_sent == 0 ? sent : std::min(evidence_.first_sent, sent);
  evidence_.last_at = stamp;
  (is_unreachable ? evidence_.unreachable : evidence_.timeouts) += 1;
  evidence_.addresses.insert(query.server);
  const auto end = evidence_.providers.begin() + evidence_.provider_count;
  const bool is_known = std::any_of(evidence_.providers.begin(), end, [&](const ServerGroups& provider) {
    return provider.shares_one_with(query.groups);
  });
  if (!is_known && evidence_.provider_count < kProvidersMax)
    evidence_.providers[evidence_.provider_count++] = query.groups;
}

std::optional<ProviderEvent> Uplink::judge(uint64_t stamp) {
  UplinkEvidence seen;
  const uint64_t heard_word = heard_.load(kRelaxed);
  seen.since_answer = since(stamp, answered_at(heard_word));
  seen.since_first_failure = since(stamp, evidence_.first_at);
  seen.history = meter_.history_with(stamp, heard_word);
  seen.timeouts = evidence_.timeouts;
  seen.unreachable = evidence_.unreachable;
  seen.addresses = evidence_.addresses.size();
  seen.providers = evidence_.provider_count;
  if (evidence_.first_root_probe != 0) seen.since_root_probe = since(stamp, evidence_.first_root_probe);
  const UplinkDecision decision = decide_uplink(seen);
  if (decision == UplinkDecision::kAskRoot) want_root(stamp);
  if (decision != UplinkDecision::kLost) return std::nullopt;
  lost_at_.store(evidence_.first_sent, kRelaxed);
  is_lost_.store(true, kRelaxed);
  ProviderEvent event;
  event.type = ProviderEvent::Type::kUplinkLost;
  event.at = instant_of(stamp);
  event.tally = {seen.timeouts, seen.addresses, 0};
  event.unreachable = seen.unreachable;
  event.providers = seen.providers;
  event.since_answer = seen.since_answer;
  return event;
}

std::optional<UplinkOutage> Uplink::last_outage() const {
  const uint64_t lost = lost_at_.load(kRelaxed);
  if (lost == 0) return std::nullopt;
  UplinkOutage outage;
  outage.from = instant_of(lost);
  const uint64_t restored = restored_at_.load(kRelaxed);
  if (!is_lost() && restored >= lost) outage.to = instant_of(restored);
  return outage;
}

bool Uplink::take_root_probe(uint64_t stamp) {
  const uint64_t wanted = root_wanted_at_.load(kRelaxed);
  const bool is_wanted = wanted > heard_at() && stamp <= wanted + stamps(kEvidenceWindow);
  if (!is_lost() && !is_wanted) return false;
  const std::lock_guard lock(mutex_);
  if (root_probe_at_ != 0 && stamp < root_probe_at_ + stamps(kRootProbeInterval)) return false;
  root_probe_at_ = stamp;
  if (evidence_.first_sent != 0 && evidence_.first_root_probe == 0) evidence_.first_root_probe = stamp;
  return true;
}

}  // namespace cache
