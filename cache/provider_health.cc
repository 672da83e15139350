#include "cache/provider_health.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cache/provider_evidence.h"

namespace cache {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr uint32_t kGroupsPerBucket = 8;
constexpr std::array<GroupKind, kGroupKinds> kWidestFirst = {GroupKind::kDomain, GroupKind::kPrefix, GroupKind::kSet};

// A canary word: | taken at: 63 bits | not yet ended: 1 |; 0: none since the circuit opened.
constexpr uint64_t canary_taken(uint64_t stamp) { return stamp << 1 | 1; }
constexpr bool may_take_canary(uint64_t word, uint64_t stamp) {
  if (word == 0) return true;
  const uint64_t next = (word >> 1) + stamps((word & 1) != 0 ? kCanaryClaimMax : kCanaryInterval);
  return stamp >= next;
}

// How much a group deserves its place: answers, halved for each ten minutes without one.
constexpr uint64_t worth_of(uint64_t answered_word, uint64_t stamp) {
  const uint64_t at = answered_at(answered_word);
  const uint64_t halvings = (stamp > at ? stamp - at : 0) / stamps(base::seconds(600));
  return answer_count(answered_word) >> std::min<uint64_t>(halvings, kAnswerCountBits);
}

}  // namespace

// A key is changed only under the bucket's mutex; it is 0 while its group is emptied for another. Whoever
// found a group that is given away at that moment reports one answer for the wrong one: that voids evidence,
// no more; all else looks at the key again under the mutex.
struct alignas(64) ProviderHealth::KeyBucket {
  std::array<std::atomic<uint64_t>, kGroupsPerBucket> keys{};
};

// What the fast paths touch; relaxed, each word means something by itself.
struct alignas(64) ProviderHealth::HotGroup {
  std::atomic<uint64_t> answered{0};   // when and how often: answered_again()
  std::atomic<uint64_t> opened_at{0};  // 0: closed. Changed under the mutex
  std::atomic<uint64_t> closed_at{0};  // the last time
  std::atomic<uint64_t> canary{0};
  std::atomic<bool> is_pending{false};  // the next answer has something to settle
};

struct ProviderHealth::ColdGroup {
  FailureWindow silence;
  FailureWindow refusals;
  LossMeter meter;
  uint64_t refused_at = 0;  // the last one: a sign of life
  uint32_t failures_since_open = 0;
  uint32_t stale_since_open = 0;
  std::string name;  // while it is open
};

ProviderHealth::ProviderHealth(const ProviderOptions& options)
    : bucket_count_(std::max<uint32_t>(1, (options.groups_max + kGroupsPerBucket - 1) / kGroupsPerBucket)),
      keys_(std::make_unique<KeyBucket[]>(bucket_count_)),
      hot_(std::make_unique<HotGroup[]>(size_t{bucket_count_} * kGroupsPerBucket)),
      cold_(std::make_unique<ColdGroup[]>(size_t{bucket_count_} * kGroupsPerBucket)),
      answered_zones_(options.group_zones_max) {}

ProviderHealth::~ProviderHealth() = default;

uint32_t ProviderHealth::bucket_of(uint64_t key) const {
  return static_cast<uint32_t>((key >> 32) * bucket_count_ >> 32);
}

ProviderHealth::HotGroup* ProviderHealth::find(uint64_t key) const {
  if (key == 0) return nullptr;
  const uint32_t bucket = bucket_of(key);
  for (uint32_t i = 0; i < kGroupsPerBucket; ++i) {
    // Pairs with the release in find_or_take(): the words belong to this key.
    if (keys_[bucket].keys[i].load(std::memory_order_acquire) == key) return &hot_[bucket * kGroupsPerBucket + i];
  }
  return nullptr;
}

uint32_t ProviderHealth::index_of(const HotGroup& group) const { return static_cast<uint32_t>(&group - hot_.get()); }

// REQUIRES: the mutex.
bool ProviderHealth::is_still(const HotGroup& group, uint64_t key) const {
  const uint32_t index = index_of(group);
  return keys_[index / kGroupsPerBucket].keys[index % kGroupsPerBucket].load(kRelaxed) == key;
}

std::mutex& ProviderHealth::shard_of(const HotGroup& group) const {
  return shards_[index_of(group) / kGroupsPerBucket % kShards];
}

ProviderHealth::ColdGroup& ProviderHealth::cold_of(const HotGroup& group) const { return cold_[index_of(group)]; }

// nullptr: every circuit of the bucket is open.
ProviderHealth::HotGroup* ProviderHealth::find_or_take(uint64_t stamp, uint64_t key) {
  if (HotGroup* known = find(key); known != nullptr) return known;
  const uint32_t bucket = bucket_of(key);
  const std::lock_guard lock(shards_[bucket % kShards]);
  if (HotGroup* known = find(key); known != nullptr) return known;
  std::array<std::atomic<uint64_t>, kGroupsPerBucket>& keys = keys_[bucket].keys;
  uint32_t victim = kGroupsPerBucket;
  std::pair<uint64_t, uint64_t> victim_worth;
  for (uint32_t i = 0; i < kGroupsPerBucket; ++i) {
    const HotGroup& group = hot_[bucket * kGroupsPerBucket + i];
    if (group.opened_at.load(kRelaxed) != 0) continue;
    const uint64_t answered = group.answered.load(kRelaxed);
    const std::pair worth = keys[i].load(kRelaxed) == 0 ? std::pair<uint64_t, uint64_t>()
                                                        : std::pair(worth_of(answered, stamp) + 1, answered);
    if (victim != kGroupsPerBucket && worth >= victim_worth) continue;
    victim = i;
    victim_worth = worth;
  }
  if (victim == kGroupsPerBucket) return nullptr;
  HotGroup& group = hot_[bucket * kGroupsPerBucket + victim];
  keys[victim].store(0, kRelaxed);
  group.answered.store(0, kRelaxed);
  group.closed_at.store(0, kRelaxed);
  group.canary.store(0, kRelaxed);
  group.is_pending.store(false, kRelaxed);
  cold_of(group) = ColdGroup();
  keys[victim].store(key, std::memory_order_release);  // pairs with the load in find()
  return &group;
}

void ProviderHealth::on_answer(base::Instant now, const ServerGroups& groups, uint64_t zone) {
  const uint64_t stamp = stamp_of(now);
  // Before the uplink hears of it: another thread must not take it for an answer from outside the groups.
  for (const uint64_t key : groups.keys) {
    if (key != 0) answer(stamp, key, zone);
  }
  push(uplink_.hear(stamp));
}

void ProviderHealth::recall_answer(base::Instant at, const ServerGroups& groups, uint64_t zone) {
  const uint64_t stamp = stamp_of(at);
  for (const uint64_t key : groups.keys) {
    if (key == 0 || zone == 0) continue;
    if (!answered_zones_.is_remembered(stamp, key, zone)) answered_zones_.remember(stamp, key, zone);
    HotGroup* group = find_or_take(stamp, key);
    uint64_t never = 0;
    if (group != nullptr) group->answered.compare_exchange_strong(never, answered_again(0, stamp), kRelaxed);
  }
}

void ProviderHealth::answer(uint64_t stamp, uint64_t key, uint64_t zone) {
  if (zone != 0) answered_zones_.remember(stamp, key, zone);
  HotGroup* group = find_or_take(stamp, key);
  if (group == nullptr) return;
  // Two at once: the last writer wins, and an answer is not counted.
  group->answered.store(answered_again(group->answered.load(kRelaxed), stamp), kRelaxed);
  // A timeout counted at this moment by another thread may be missed here: it is void all the same (times are
  // compared), and a circuit just opened closes with the next answer.
  if (group->is_pending.load(kRelaxed)) settle(stamp, *group, key);
}

void ProviderHealth::settle(uint64_t stamp, HotGroup& group, uint64_t key) {
  const std::lock_guard lock(shard_of(group));
  if (!is_still(group, key)) return;
  ColdGroup& cold = cold_of(group);
  group.is_pending.store(false, kRelaxed);
  cold.meter.fold(stamp, group.answered.load(kRelaxed));
  cold.silence.clear();
  cold.refusals.clear();
  const uint64_t opened_at = group.opened_at.load(kRelaxed);
  if (opened_at == 0) return;
  group.closed_at.store(stamp, kRelaxed);
  group.opened_at.store(0, kRelaxed);
  group.canary.store(0, kRelaxed);
  open_circuits_.fetch_sub(1, kRelaxed);
  ProviderEvent event;
  event.type = ProviderEvent::Type::kClosed;
  event.at = instant_of(stamp);
  event.group = std::exchange(cold.name, {});
  event.lasted = since(stamp, opened_at);
  event.failures = std::exchange(cold.failures_since_open, 0);
  event.stale_answers = std::exchange(cold.stale_since_open, 0);
  push(std::move(event));
}

// What is dark already says nothing new of the narrower groups around it: they would only stay dark longer.
void ProviderHealth::fail_in_the_dark(const ServerGroups& groups) {
  for (const uint64_t key : groups.keys) {
    HotGroup* group = find(key);
    if (group == nullptr) continue;
    const std::lock_guard lock(shard_of(*group));
    if (!is_still(*group, key) || group->opened_at.load(kRelaxed) == 0) continue;
    cold_of(*group).failures_since_open += 1;
    group->canary.fetch_and(~uint64_t{1}, kRelaxed);
  }
}

void ProviderHealth::on_timeout(base::Instant now, const FailedQuery& query, const GroupNames& names) {
  const uint64_t stamp = stamp_of(now);
  push(uplink_.fail(stamp, query, false));
  if (is_dark(query.groups)) return fail_in_the_dark(query.groups);
  for (const GroupKind kind : kWidestFirst) {
    if (count_timeout(stamp, kind, query, names)) break;
  }
}

// What the other groups of a server know: the worst loss, the latest answer.
ProviderHealth::Kin ProviderHealth::kin_of(uint64_t stamp, const ServerGroups& groups, GroupKind kind) const {
  Kin kin;
  for (const GroupKind other : kWidestFirst) {
    const HotGroup* group = other == kind ? nullptr : find(groups[other]);
    if (group == nullptr) continue;
    const uint64_t answered = group->answered.load(kRelaxed);
    kin.answered_at = std::max(kin.answered_at, answered_at(answered));
    const std::lock_guard lock(shard_of(*group));
    const LossHistory history = cold_of(*group).meter.history_with(stamp, answered);
    if (is_worse(history, kin.history)) kin.history = history;
  }
  return kin;
}

// True: this opened the circuit.
bool ProviderHealth::count_timeout(uint64_t stamp, GroupKind kind, const FailedQuery& query, const GroupNames& names) {
  const uint64_t key = query.groups[kind];
  HotGroup* group = find(key);
  if (group == nullptr || query.zone == 0 || !answered_zones_.is_remembered(stamp, key, query.zone)) return false;
  const Kin kin = kin_of(stamp, query.groups, kind);
  const std::lock_guard lock(shard_of(*group));
  if (!is_still(*group, key) || group->opened_at.load(kRelaxed) != 0) return false;
  ColdGroup& cold = cold_of(*group);
  group->is_pending.store(true, kRelaxed);
  cold.meter.lose();
  const uint64_t sent = stamp_of(query.sent);
  const uint64_t answered = group->answered.load(kRelaxed);
  const uint64_t alive_at = std::max(answered_at(answered), cold.refused_at);
  const uint64_t heard_at = uplink_.heard_at();
  cold.silence.advance(stamp);
  if (alive_at >= cold.silence.first_sent() || is_of_lost_uplink(cold, sent)) cold.silence.clear();
  if (sent <= alive_at || is_of_lost_uplink(cold, sent)) return false;
  // Nobody in the group was heard since, so it was somebody else.
  if (heard_at > cold.silence.last_at()) cold.silence.confirm();
  cold.silence.advance(stamp);
  cold.silence.add(stamp, sent, query.server, query.zone);

  CircuitEvidence evidence;
  evidence.is_uplink_lost = uplink_.is_lost();
  evidence.since_answer = since(stamp, answered_at(answered));
  evidence.history = cold.meter.history_with(stamp, answered);
  if (is_worse(kin.history, evidence.history)) evidence.history = kin.history;
  evidence.is_kin_alive = kin.answered_at >= cold.silence.first_sent();
  evidence.all = cold.silence.all();
  evidence.confirmed = cold.silence.confirmed();
  const CircuitDecision decision = decide_circuit(evidence);
  if (decision == CircuitDecision::kAskRoot) uplink_.want_root(stamp);
  if (decision != CircuitDecision::kOpen) return false;
  ProviderEvent event;
  event.type = ProviderEvent::Type::kSilent;
  event.group = names.name_of(kind);
  event.tally = evidence.all;
  event.since_answer = evidence.since_answer;
  event.since_other_answer = since(stamp, heard_at);
  open(stamp, *group, std::move(event));
  return true;
}

// A question sent while the uplink was lost, or evidence that began before it came back.
bool ProviderHealth::is_of_lost_uplink(const ColdGroup& cold, uint64_t sent) const {
  const std::optional<UplinkOutage> outage = uplink_.last_outage();
  if (!outage) return false;
  const uint64_t first_sent = cold.silence.first_sent();
  return outage->covers(instant_of(sent)) ||
         (first_sent != 0 && outage->to > instant_of(first_sent) && outage->from <= instant_of(cold.silence.last_at()));
}

void ProviderHealth::on_refusal(base::Instant now, const FailedQuery& query, const GroupNames& names) {
  const uint64_t stamp = stamp_of(now);
  if (is_dark(query.groups)) {
    fail_in_the_dark(query.groups);
  } else {
    for (const GroupKind kind : kWidestFirst) {
      if (count_refusal(stamp, kind, query, names)) break;
    }
  }
  push(uplink_.hear(stamp));
}

// True: this opened the circuit.
bool ProviderHealth::count_refusal(uint64_t stamp, GroupKind kind, const FailedQuery& query, const GroupNames& names) {
  const uint64_t key = query.groups[kind];
  HotGroup* group = find(key);
  if (group == nullptr) return false;
  const bool was_good = query.zone != 0 && answered_zones_.is_remembered(stamp, key, query.zone);
  const std::lock_guard lock(shard_of(*group));
  if (!is_still(*group, key) || group->opened_at.load(kRelaxed) != 0) return false;
  ColdGroup& cold = cold_of(*group);
  const uint64_t answered = group->answered.load(kRelaxed);
  cold.refused_at = stamp;
  cold.meter.fold(stamp, answered);
  cold.silence.clear();
  if (!was_good) return false;
  group->is_pending.store(true, kRelaxed);
  cold.refusals.advance(stamp);
  if (answered_at(answered) >= cold.refusals.first_sent()) cold.refusals.clear();
  cold.refusals.advance(stamp);
  cold.refusals.add(stamp, stamp, query.server, query.zone);
  const Tally tally = cold.refusals.all();
  if (decide_refusals(tally.zones) != CircuitDecision::kOpen) return false;
  ProviderEvent event;
  event.type = ProviderEvent::Type::kRefusing;
  event.group = names.name_of(kind);
  event.tally = tally;
  event.since_answer = since(stamp, answered_at(answered));
  open(stamp, *group, std::move(event));
  return true;
}

void ProviderHealth::on_unreachable(base::Instant now, const FailedQuery& query) {
  push(uplink_.fail(stamp_of(now), query, true));
}

// REQUIRES: the mutex.
void ProviderHealth::open(uint64_t stamp, HotGroup& group, ProviderEvent event) {
  ColdGroup& cold = cold_of(group);
  cold.name = event.group;
  cold.failures_since_open = 0;
  cold.stale_since_open = 0;
  cold.silence.clear();
  cold.refusals.clear();
  group.canary.store(0, kRelaxed);
  group.is_pending.store(true, kRelaxed);
  group.opened_at.store(stamp, kRelaxed);
  open_circuits_.fetch_add(1, kRelaxed);
  event.at = instant_of(stamp);
  push(std::move(event));
}

void ProviderHealth::on_stale_answer(const ServerGroups& groups) {
  for (const uint64_t key : groups.keys) {
    HotGroup* group = find(key);
    if (group == nullptr) continue;
    const std::lock_guard lock(shard_of(*group));
    if (!is_still(*group, key) || group->opened_at.load(kRelaxed) == 0) continue;
    cold_of(*group).stale_since_open += 1;
    return;
  }
}

std::vector<ProviderHealth::OpenCircuit> ProviderHealth::list_open(base::Instant now) const {
  std::vector<OpenCircuit> open;
  if (open_circuits() == 0) return open;
  for (uint32_t index = 0; index < bucket_count_ * kGroupsPerBucket; ++index) {
    const HotGroup& group = hot_[index];
    if (group.opened_at.load(kRelaxed) == 0) continue;
    const std::lock_guard lock(shard_of(group));
    const uint64_t opened_at = group.opened_at.load(kRelaxed);
    if (opened_at == 0) continue;
    const ColdGroup& cold = cold_of(group);
    open.push_back({cold.name, since(stamp_of(now), opened_at), cold.failures_since_open, cold.stale_since_open});
  }
  return open;
}

bool ProviderHealth::is_open(uint64_t key) const {
  const HotGroup* group = find(key);
  return group != nullptr && group->opened_at.load(kRelaxed) != 0;
}

bool ProviderHealth::is_dark(const ServerGroups& groups) const {
  if (open_circuits() == 0) return false;
  return std::any_of(groups.keys.begin(), groups.keys.end(), [this](uint64_t key) { return is_open(key); });
}

bool ProviderHealth::is_suspect(const ServerGroups& groups) const {
  return std::any_of(groups.keys.begin(), groups.keys.end(), [this](uint64_t key) {
    const HotGroup* group = find(key);
    if (group == nullptr || !group->is_pending.load(kRelaxed)) return false;
    const std::lock_guard lock(shard_of(*group));
    if (!is_still(*group, key)) return false;
    const ColdGroup& cold = cold_of(*group);
    const uint64_t answered = group->answered.load(kRelaxed);
    return cold.silence.first_sent() > answered_at(answered) &&
           is_suspicious(cold.silence.all(), cold.meter.history_with(cold.silence.last_at(), answered));
  });
}

bool ProviderHealth::take_canary(base::Instant now, const ServerGroups& groups) {
  const uint64_t stamp = stamp_of(now);
  bool is_taken = false;
  for (const uint64_t key : groups.keys) {
    HotGroup* group = find(key);
    if (group == nullptr || group->opened_at.load(kRelaxed) == 0) continue;
    if (is_taken) {
      // The same question is the narrower group's canary too.
      group->canary.store(canary_taken(stamp), kRelaxed);
      continue;
    }
    uint64_t word = group->canary.load(kRelaxed);
    if (!may_take_canary(word, stamp) || !group->canary.compare_exchange_strong(word, canary_taken(stamp), kRelaxed)) {
      return false;
    }
    is_taken = true;
  }
  return is_taken;
}

bool ProviderHealth::has_recovered_since(base::Instant since, const ServerGroups& groups) const {
  return std::any_of(groups.keys.begin(), groups.keys.end(), [&](uint64_t key) {
    const HotGroup* group = find(key);
    return group != nullptr && group->closed_at.load(kRelaxed) > stamp_of(since);
  });
}

bool ProviderHealth::has_answered_since(base::Instant since, const ServerGroups& groups) const {
  return std::any_of(groups.keys.begin(), groups.keys.end(), [&](uint64_t key) {
    const HotGroup* group = find(key);
    return group != nullptr && answered_at(group->answered.load(kRelaxed)) > stamp_of(since);
  });
}

bool ProviderHealth::is_uplink_lost() const { return uplink_.is_lost(); }
std::optional<UplinkOutage> ProviderHealth::last_uplink_outage() const { return uplink_.last_outage(); }
bool ProviderHealth::take_root_probe(base::Instant now) { return uplink_.take_root_probe(stamp_of(now)); }

void ProviderHealth::push(std::optional<ProviderEvent> event) {
  if (!event) return;
  const std::lock_guard lock(events_mutex_);
  if (events_.size() == kEventsMax) {
    events_.pop_front();
    ++events_dropped_;
  }
  events_.push_back(std::move(*event));
  has_events_.store(true, kRelaxed);
}

std::optional<ProviderEvent> ProviderHealth::poll_event() {
  if (!has_events_.load(kRelaxed)) return std::nullopt;
  const std::lock_guard lock(events_mutex_);
  if (events_.empty()) return std::nullopt;
  ProviderEvent event = std::move(events_.front());
  events_.pop_front();
  has_events_.store(!events_.empty(), kRelaxed);
  return event;
}

uint64_t ProviderHealth::events_dropped() const {
  const std::lock_guard lock(events_mutex_);
  return events_dropped_;
}

}  // namespace cache
