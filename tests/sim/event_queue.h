// EventQueue: virtual time. Nothing waits: the clock jumps to the next event. Events of the same
// instant run in the order in which they were put in.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "base/instant.h"

namespace sim {

inline constexpr base::Duration kBootAtStart = base::seconds(1000);
inline constexpr int64_t kWallAtStart_s = 1'790'000'000;

[[nodiscard]] inline base::WallTime wall_at(base::Instant when) {
  const base::Duration passed = when.since_boot() - kBootAtStart;
  return base::WallTime{kWallAtStart_s + base::duration_cast<base::seconds>(passed).count()};
}

class EventQueue {
 public:
  [[nodiscard]] base::Instant now() const { return now_; }
  [[nodiscard]] base::Now now_pair() const { return {now_, wall_at(now_)}; }
  [[nodiscard]] base::Instant next() const {
    return events_.empty() ? base::Instant::never() : events_.begin()->first.first;
  }
  void at(base::Instant when, std::function<void()> event) {
    events_.emplace(std::pair(when < now_ ? now_ : when, sequence_++), std::move(event));
  }
  void after(base::Duration delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }
  void advance(base::Instant to) { now_ = to < now_ ? now_ : to; }
  // REQUIRES: next() is not never().
  void run_next() {
    auto node = events_.extract(events_.begin());
    advance(node.key().first);
    node.mapped()();
  }

 private:
  base::Instant now_ = base::Instant::from_boot(kBootAtStart);
  uint64_t sequence_ = 0;
  std::map<std::pair<base::Instant, uint64_t>, std::function<void()>> events_;
};

}  // namespace sim
