#include "resolver/parent_questions.h"

#include <algorithm>

namespace resolver {
namespace {

// 5 s in the first half minute, then a third of the time that it has been failing, up to a minute.
constexpr base::Duration interval(base::Duration failing_for) {
  if (failing_for < ParentQuestions::kOften) return ParentQuestions::kIntervalMin;
  return std::clamp(failing_for / 3, ParentQuestions::kIntervalMin, ParentQuestions::kIntervalMax);
}
static_assert(interval(base::seconds(29)) == base::seconds(5));
static_assert(interval(base::seconds(30)) == base::seconds(10));
static_assert(interval(base::seconds(60)) == base::seconds(20));
static_assert(interval(base::seconds(3600)) == base::seconds(60));

}  // namespace

void ParentQuestions::on_failure(base::Instant now, wire::NameView zone, uint64_t key, uint64_t parent_key) {
  if (zone.is_root()) return;
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (zones_.size() >= kZonesMax) erase(std::prev(zones_.end()));
    zones_.push_front({wire::Name(zone), key, parent_key, now, now, now, 0});
    by_key_[key] = zones_.begin();
  } else {
    zones_.splice(zones_.begin(), zones_, found->second);
  }
  Zone& entry = zones_.front();
  if (now - entry.last_failure > kForgetAfter) entry.failed_since = now;
  entry.last_failure = now;
  waiting_.erase({entry.asked, key});
  if (entry.asked < UINT32_MAX) ++entry.asked;
  if (now >= entry.next_at) waiting_.insert({entry.asked, key});
}

void ParentQuestions::on_answer(uint64_t key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) erase(found->second);
}

void ParentQuestions::erase(Place zone) {
  waiting_.erase({zone->asked, zone->key});
  by_key_.erase(zone->key);
  zones_.erase(zone);
}

std::optional<wire::Name> ParentQuestions::take_due(base::Instant now) {
  size_t looks = 0;
  for (auto at = waiting_.rbegin(); at != waiting_.rend() && looks < kLooksMax; ++at, ++looks) {
    Zone& zone = *by_key_.at(at->second);
    if (!may_ask_parent(now, zone.parent_key)) continue;
    waiting_.erase({zone.asked, zone.key});
    zone.asked = 0;
    zone.next_at = now + interval(now - zone.failed_since);
    return zone.name;
  }
  return std::nullopt;
}

bool ParentQuestions::may_ask_parent(base::Instant now, uint64_t parent_key) {
  if (parents_second_ != now.boot_seconds()) parents_.clear();
  parents_second_ = now.boot_seconds();
  uint32_t& asked = parents_[parent_key];
  if (asked >= kPerParentPerSecond) return false;
  ++asked;
  return true;
}

}  // namespace resolver
