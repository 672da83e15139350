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
  Parent& parent = parents_[parent_key];
  parent.waiting.erase({entry.asked, key});
  if (entry.asked < UINT32_MAX) ++entry.asked;
  if (now < entry.next_at) return;
  parent.waiting.insert({entry.asked, key});
  give_turn(parent_key, parent);
}

void ParentQuestions::on_answer(uint64_t key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) erase(found->second);
}

void ParentQuestions::erase(Place zone) {
  const auto parent = parents_.find(zone->parent_key);
  if (parent != parents_.end()) parent->second.waiting.erase({zone->asked, zone->key});
  by_key_.erase(zone->key);
  zones_.erase(zone);
}

void ParentQuestions::give_turn(uint64_t key, Parent& parent) {
  if (parent.has_turn || parent.waiting.empty() || parent.asked >= kPerParentPerSecond) return;
  parent.has_turn = true;
  turns_.push_back(key);
}

void ParentQuestions::begin_second(base::Instant now) {
  if (second_ == now.boot_seconds()) return;
  second_ = now.boot_seconds();
  std::erase_if(parents_, [](const auto& parent) { return parent.second.waiting.empty() && !parent.second.has_turn; });
  for (auto& [key, parent] : parents_) {
    parent.asked = 0;
    give_turn(key, parent);
  }
}

std::optional<wire::Name> ParentQuestions::take_due(base::Instant now) {
  begin_second(now);
  while (!turns_.empty()) {
    const uint64_t key = turns_.front();
    turns_.pop_front();
    Parent& parent = parents_.at(key);
    parent.has_turn = false;
    if (parent.waiting.empty()) continue;
    const auto most_asked = std::prev(parent.waiting.end());
    Zone& zone = *by_key_.at(most_asked->second);
    parent.waiting.erase(most_asked);
    ++parent.asked;
    give_turn(key, parent);
    zone.asked = 0;
    zone.next_at = now + interval(now - zone.failed_since);
    return zone.name;
  }
  return std::nullopt;
}

}  // namespace resolver
