#include "cache/server_health.h"

#include <algorithm>

namespace cache {

// A slot is one cache line of eight words, each changed by itself:
//
//   key           keyed hash of the address; 0 empty, 1 being filled. 64 secret-keyed bits stand for
//                 the address: two addresses with one hash would share a slot, nothing worse.
//   rtt           | smoothed, us: 32 | variation, us: 32 |       0: no sample yet
//   state         see State: counts in a row, verdicts, when the verdicts were reached
//   failures      | last UDP timeout, s: 32 | last TCP failure, s: 32 |
//   used          | last answer, s: 32 | last event, s: 32 |
//   cookie        two words
//   cookie_at     boot second + 1 of the last cookie; 0: none
//
// Whoever loses a slot to another address between finding and writing it gives that one a wrong
// sample; a cookie read while another is written may be torn. Both are possible only for servers
// that are being replaced or changing, cost a retry (BADCOOKIE), and are put right by the next
// answer. Words that count are changed by compare-and-swap, the others by the last writer.
// All orders are relaxed but those of `key`: a word means something by itself.
struct alignas(64) ServerHealth::Slot {
  std::atomic<uint64_t> key{0};
  std::atomic<uint64_t> rtt{0};
  std::atomic<uint64_t> state{0};
  std::atomic<uint64_t> failures{0};
  std::atomic<uint64_t> used{0};
  std::array<std::atomic<uint64_t>, 2> cookie{};
  std::atomic<uint64_t> cookie_at{0};
};

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr uint32_t kSlotsPerBucket = 8;
constexpr uint64_t kEmpty = 0;
constexpr uint64_t kFilling = 1;
constexpr uint8_t kCountMax = 15;
constexpr uint32_t kInUse_s = 60;
constexpr uint64_t kSlowRtt_us = 1'000'000;
constexpr uint64_t kOtherServerRatio = 8;
// Verdicts are dated in units of 4 s: 26 bits of them are eight years of uptime.
constexpr uint32_t kVerdictTick_s = 4;
constexpr uint64_t kVerdictMask = (1U << 26) - 1;

// The `state` word taken apart.
struct State {
  uint8_t timeouts = 0;                      // 4 bits
  uint8_t tcp_failures = 0;                  // 4 bits
  EdnsSupport edns = EdnsSupport::kUnknown;  // 2 bits
  bool loses_case = false;                   // 1 bit
  bool answered = false;                     // 1 bit
  uint32_t edns_at = 0;                      // 26 bits
  uint32_t case_at = 0;                      // 26 bits
};

constexpr uint64_t pack(const State& state) {
  return uint64_t{state.timeouts} | uint64_t{state.tcp_failures} << 4 | static_cast<uint64_t>(state.edns) << 8 |
         uint64_t{state.loses_case} << 10 | uint64_t{state.answered} << 11 | (state.edns_at & kVerdictMask) << 12 |
         (state.case_at & kVerdictMask) << 38;
}

constexpr State unpack(uint64_t word) {
  State state;
  state.timeouts = word & 15;
  state.tcp_failures = word >> 4 & 15;
  state.edns = static_cast<EdnsSupport>(word >> 8 & 3);
  state.loses_case = (word >> 10 & 1) != 0;
  state.answered = (word >> 11 & 1) != 0;
  state.edns_at = static_cast<uint32_t>(word >> 12 & kVerdictMask);
  state.case_at = static_cast<uint32_t>(word >> 38 & kVerdictMask);
  return state;
}
static_assert(pack(unpack(0x0fff'ffff'ffff'fdffULL)) == 0x0fff'ffff'ffff'fdffULL);

constexpr uint64_t two(uint32_t upper, uint32_t lower) { return uint64_t{upper} << 32 | lower; }
constexpr uint32_t upper(uint64_t word) { return static_cast<uint32_t>(word >> 32); }
constexpr uint32_t lower(uint64_t word) { return static_cast<uint32_t>(word); }

uint32_t verdict_time(base::Instant now) { return now.boot_seconds() / kVerdictTick_s; }
constexpr uint32_t seconds_of(base::Duration duration) {
  return static_cast<uint32_t>(base::duration_cast<base::seconds>(duration).count());
}

// Threads differ in `now` by a turn: what is a moment ahead is zero seconds old.
uint32_t age_s(base::Instant now, uint32_t at_s) {
  const uint32_t now_s = now.boot_seconds();
  return now_s > at_s ? now_s - at_s : 0;
}
bool is_verdict_over(base::Instant now, uint32_t reached_at) {
  return age_s(now, reached_at * kVerdictTick_s) >= seconds_of(kCapabilityLife);
}

uint8_t decayed(uint8_t count, uint32_t age) {
  return static_cast<uint8_t>(count >> std::min<uint32_t>(age / seconds_of(kFailureHalfLife), 8));
}

uint32_t clamp_us(base::Duration duration) {
  return static_cast<uint32_t>(
      std::clamp<int64_t>(base::duration_cast<base::microseconds>(duration).count(), 1, UINT32_MAX));
}

// Seconds where it was a fraction of them, or the reverse: it is another server now, as it were.
bool is_beyond_history(uint64_t rtt_us, uint64_t sample_us) {
  const auto [least, most] = std::minmax(rtt_us, sample_us);
  return most >= kSlowRtt_us && most >= kOtherServerRatio * least;
}

// RFC 6298 §2: alpha = 1/8, beta = 1/4; §5 lets a history that is of no use end with the next sample.
uint64_t smoothed(uint64_t before, base::Duration sample) {
  const uint64_t sample_us = clamp_us(sample);
  const uint64_t rtt_us = upper(before);
  if (before == 0 || is_beyond_history(rtt_us, sample_us)) {
    return two(static_cast<uint32_t>(sample_us), static_cast<uint32_t>(sample_us / 2));
  }
  const uint64_t distance_us = sample_us > rtt_us ? sample_us - rtt_us : rtt_us - sample_us;
  const uint64_t variation_us = (3 * uint64_t{lower(before)} + distance_us) / 4;
  return two(static_cast<uint32_t>((7 * rtt_us + sample_us) / 8), static_cast<uint32_t>(variation_us));
}

template <class Change>
void change_word(std::atomic<uint64_t>& word, Change&& change) {
  uint64_t before = word.load(kRelaxed);
  while (!word.compare_exchange_weak(before, change(before), kRelaxed)) {
  }
}

template <class Change>
void change_state(std::atomic<uint64_t>& word, Change&& change) {
  change_word(word, [&](uint64_t before) {
    State state = unpack(before);
    change(state);
    return pack(state);
  });
}

void set_upper(std::atomic<uint64_t>& word, uint32_t value) {
  change_word(word, [value](uint64_t before) { return two(value, lower(before)); });
}
void set_lower(std::atomic<uint64_t>& word, uint32_t value) {
  change_word(word, [value](uint64_t before) { return two(upper(before), value); });
}

}  // namespace

ServerHealth::ServerHealth(uint32_t servers_max, const base::KeyedHash::Secret& secret)
    : hash_(secret), bucket_count_(std::max<uint32_t>(1, (servers_max + kSlotsPerBucket - 1) / kSlotsPerBucket)) {
  static_assert(sizeof(Slot) == 64);
  slots_ = std::make_unique<Slot[]>(size_t{bucket_count_} * kSlotsPerBucket);
}

ServerHealth::~ServerHealth() = default;

uint64_t ServerHealth::key_of(const base::IpAddress& server) const {
  return std::max(hash_(server.bytes()), kFilling + 1);
}

ServerHealth::Slot* ServerHealth::find(uint64_t key) const {
  Slot* bucket = &slots_[((key >> 32) * bucket_count_ >> 32) * kSlotsPerBucket];
  for (Slot* slot = bucket; slot != bucket + kSlotsPerBucket; ++slot) {
    // Pairs with the release in find_or_take(): the words belong to this key.
    if (slot->key.load(std::memory_order_acquire) == key) return slot;
  }
  return nullptr;
}

// nullptr: everyone in the bucket is worth more than a server that `has_answered` or not.
ServerHealth::Slot* ServerHealth::find_or_take(base::Instant now, uint64_t key, bool has_answered) {
  if (Slot* found = find(key); found != nullptr) return found;
  Slot* bucket = &slots_[((key >> 32) * bucket_count_ >> 32) * kSlotsPerBucket];
  Slot* victim = nullptr;
  uint64_t victim_key = kEmpty;
  uint64_t victim_worth = UINT64_MAX;
  for (Slot* slot = bucket; slot != bucket + kSlotsPerBucket; ++slot) {
    const uint64_t slot_key = slot->key.load(std::memory_order_acquire);
    if (slot_key == kFilling) continue;
    const uint64_t used = slot->used.load(kRelaxed);
    const bool is_in_use = unpack(slot->state.load(kRelaxed)).answered && age_s(now, upper(used)) < kInUse_s;
    if (slot_key != kEmpty && is_in_use && !has_answered) continue;
    const uint64_t worth = slot_key == kEmpty ? 0 : uint64_t{is_in_use} << 33 | (uint64_t{lower(used)} + 1);
    if (worth >= victim_worth) continue;
    victim = slot;
    victim_key = slot_key;
    victim_worth = worth;
  }
  if (victim == nullptr || !victim->key.compare_exchange_strong(victim_key, kFilling, std::memory_order_acq_rel))
    return nullptr;
  victim->rtt.store(0, kRelaxed);
  victim->state.store(0, kRelaxed);
  victim->failures.store(0, kRelaxed);
  victim->used.store(0, kRelaxed);
  for (auto& word : victim->cookie) word.store(0, kRelaxed);
  victim->cookie_at.store(0, kRelaxed);
  victim->key.store(key, std::memory_order_release);  // pairs with the load in find()
  return victim;
}

ServerView ServerHealth::view(base::Instant now, const base::IpAddress& server) const {
  ServerView view;
  const Slot* slot = find(key_of(server));
  if (slot == nullptr) return view;
  const uint64_t rtt = slot->rtt.load(kRelaxed);
  view.known = rtt != 0;
  view.smoothed_rtt = base::microseconds(upper(rtt));
  view.rtt_variation = base::microseconds(lower(rtt));
  const State state = unpack(slot->state.load(kRelaxed));
  const uint64_t failures = slot->failures.load(kRelaxed);
  view.timeouts_in_row = decayed(state.timeouts, age_s(now, upper(failures)));
  view.tcp_failures_in_row = decayed(state.tcp_failures, age_s(now, lower(failures)));
  view.last_answer_s = upper(slot->used.load(kRelaxed));
  view.last_timeout_s = upper(failures);
  if (!is_verdict_over(now, state.edns_at)) view.edns = state.edns;
  view.keeps_case = !state.loses_case || is_verdict_over(now, state.case_at);
  const uint64_t cookie_at = slot->cookie_at.load(kRelaxed);
  if (cookie_at != 0 && age_s(now, static_cast<uint32_t>(cookie_at - 1)) < seconds_of(kCapabilityLife)) {
    view.sends_cookies = true;
    ServerCookie cookie;
    for (size_t i = 0; i < 2; ++i) base::store_be64(cookie.data() + 8 * i, slot->cookie[i].load(kRelaxed));
    view.cookie = cookie;
  }
  return view;
}

void ServerHealth::on_response(base::Instant now, const base::IpAddress& server, base::Duration rtt) {
  Slot* slot = find_or_take(now, key_of(server), true);
  if (slot == nullptr) return;
  slot->rtt.store(smoothed(slot->rtt.load(kRelaxed), rtt), kRelaxed);
  slot->used.store(two(now.boot_seconds(), now.boot_seconds()), kRelaxed);
  change_state(slot->state, [](State& state) {
    state.answered = true;
    state.timeouts = 0;
  });
}

void ServerHealth::on_timeout(base::Instant now, const base::IpAddress& server) {
  Slot* slot = find_or_take(now, key_of(server), false);
  if (slot == nullptr) return;
  const uint32_t age = age_s(now, upper(slot->failures.load(kRelaxed)));
  change_state(slot->state, [age](State& state) {
    state.timeouts = std::min<uint8_t>(decayed(state.timeouts, age) + 1, kCountMax);
  });
  set_upper(slot->failures, now.boot_seconds());
  set_lower(slot->used, now.boot_seconds());
}

void ServerHealth::on_tcp_success(base::Instant now, const base::IpAddress& server) {
  Slot* slot = find_or_take(now, key_of(server), true);
  if (slot == nullptr) return;
  slot->used.store(two(now.boot_seconds(), now.boot_seconds()), kRelaxed);
  change_state(slot->state, [](State& state) {
    state.answered = true;
    state.tcp_failures = 0;
  });
}

void ServerHealth::on_tcp_failure(base::Instant now, const base::IpAddress& server) {
  Slot* slot = find_or_take(now, key_of(server), false);
  if (slot == nullptr) return;
  const uint32_t age = age_s(now, lower(slot->failures.load(kRelaxed)));
  change_state(slot->state, [age](State& state) {
    state.tcp_failures = std::min<uint8_t>(decayed(state.tcp_failures, age) + 1, kCountMax);
  });
  set_lower(slot->failures, now.boot_seconds());
  set_lower(slot->used, now.boot_seconds());
}

void ServerHealth::set_edns(base::Instant now, const base::IpAddress& server, EdnsSupport support) {
  Slot* slot = find_or_take(now, key_of(server), false);
  if (slot == nullptr) return;
  change_state(slot->state, [&](State& state) {
    state.edns = support;
    state.edns_at = verdict_time(now);
  });
  set_lower(slot->used, now.boot_seconds());
}

void ServerHealth::set_keeps_case(base::Instant now, const base::IpAddress& server, bool keeps_case) {
  Slot* slot = find_or_take(now, key_of(server), false);
  if (slot == nullptr) return;
  change_state(slot->state, [&](State& state) {
    state.loses_case = !keeps_case;
    state.case_at = verdict_time(now);
  });
  set_lower(slot->used, now.boot_seconds());
}

void ServerHealth::set_cookie(base::Instant now, const base::IpAddress& server, const ServerCookie& cookie) {
  Slot* slot = find_or_take(now, key_of(server), false);
  if (slot == nullptr) return;
  for (size_t i = 0; i < 2; ++i) slot->cookie[i].store(base::load_be64(cookie.data() + 8 * i), kRelaxed);
  slot->cookie_at.store(uint64_t{now.boot_seconds()} + 1, kRelaxed);
  set_lower(slot->used, now.boot_seconds());
}

void ServerHealth::clear_cookie(const base::IpAddress& server) {
  if (Slot* slot = find(key_of(server)); slot != nullptr) slot->cookie_at.store(0, kRelaxed);
}

void ServerHealth::for_each_saved(const std::function<void(const SavedServer&)>& visit) const {
  const Slot* const end = slots_.get() + size_t{bucket_count_} * kSlotsPerBucket;
  for (const Slot* slot = slots_.get(); slot != end; ++slot) {
    SavedServer saved;
    saved.key = slot->key.load(std::memory_order_acquire);
    const State state = unpack(slot->state.load(kRelaxed));
    if (saved.key <= kFilling || !state.answered) continue;
    const uint64_t rtt = slot->rtt.load(kRelaxed);
    saved.smoothed_rtt_us = upper(rtt);
    saved.rtt_variation_us = lower(rtt);
    saved.edns = state.edns;
    saved.keeps_case = !state.loses_case;
    saved.edns_at_s = state.edns_at * kVerdictTick_s;
    saved.case_at_s = state.case_at * kVerdictTick_s;
    saved.answered_at_s = upper(slot->used.load(kRelaxed));
    visit(saved);
  }
}

void ServerHealth::restore(base::Instant now, const SavedServer& saved) {
  if (saved.key <= kFilling || saved.edns > EdnsSupport::kBroken || find(saved.key) != nullptr) return;
  Slot* slot = find_or_take(now, saved.key, false);
  if (slot == nullptr) return;
  const uint32_t answered_at_s = std::min(saved.answered_at_s, now.boot_seconds());
  if (saved.smoothed_rtt_us != 0) slot->rtt.store(two(saved.smoothed_rtt_us, saved.rtt_variation_us), kRelaxed);
  slot->used.store(two(answered_at_s, answered_at_s), kRelaxed);
  change_state(slot->state, [&](State& state) {
    state.answered = true;
    state.edns = saved.edns;
    state.edns_at = std::min(saved.edns_at_s, now.boot_seconds()) / kVerdictTick_s;
    state.loses_case = !saved.keeps_case;
    state.case_at = std::min(saved.case_at_s, now.boot_seconds()) / kVerdictTick_s;
  });
}

}  // namespace cache
