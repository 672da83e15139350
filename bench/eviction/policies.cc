#include "bench/eviction/policies.h"

#include <algorithm>
#include <list>
#include <set>
#include <utility>

namespace bench {

uint64_t lru_hits(const Trace& trace, uint32_t capacity) {
  std::list<uint32_t> order;  // the newest first
  std::vector<std::list<uint32_t>::iterator> place(trace.distinct, order.end());
  uint64_t hits = 0;
  for (const Request& request : trace.requests) {
    auto& at = place[request.item];
    if (at != order.end()) {
      ++hits;
      order.splice(order.begin(), order, at);
      continue;
    }
    if (order.size() == capacity) {
      place[order.back()] = order.end();
      order.pop_back();
    }
    order.push_front(request.item);
    at = order.begin();
  }
  return hits;
}

uint64_t sieve_hits(const Trace& trace, uint32_t capacity) {
  std::list<uint32_t> order;  // the newest first
  std::vector<uint8_t> present(trace.distinct);
  std::vector<uint8_t> visited(trace.distinct);
  auto hand = order.end();
  uint64_t hits = 0;
  for (const Request& request : trace.requests) {
    if (present[request.item] != 0) {
      ++hits;
      visited[request.item] = 1;
      continue;
    }
    if (order.size() == capacity) {
      auto victim = hand == order.end() ? std::prev(order.end()) : hand;
      while (visited[*victim] != 0) {
        visited[*victim] = 0;
        victim = victim == order.begin() ? std::prev(order.end()) : std::prev(victim);
      }
      hand = victim == order.begin() ? order.end() : std::prev(victim);
      present[*victim] = 0;
      order.erase(victim);
    }
    order.push_front(request.item);
    present[request.item] = 1;
    visited[request.item] = 0;
  }
  return hits;
}

namespace {

class S3Fifo {
 public:
  S3Fifo(uint32_t items, uint32_t capacity)
      : capacity_(capacity),
        small_max_(std::max(capacity / 10, 1U)),
        ghosts_max_(capacity - small_max_),
        state_(items),
        uses_(items) {}

  bool request(uint32_t item) {
    if (state_[item] == State::kSmall || state_[item] == State::kMain) {
      uses_[item] = static_cast<uint8_t>(std::min(uses_[item] + 1, 3));
      return true;
    }
    while (small_.size() + main_.size() >= capacity_) evict();
    const bool was_ghost = state_[item] == State::kGhost;
    if (was_ghost) ghosts_.remove(item);
    uses_[item] = 0;
    state_[item] = was_ghost ? State::kMain : State::kSmall;
    (was_ghost ? main_ : small_).push_front(item);
    return false;
  }

 private:
  enum class State : uint8_t { kAway, kGhost, kSmall, kMain };

  void evict() {
    if (small_.size() >= small_max_ || main_.empty())
      evict_small();
    else
      evict_main();
  }
  void evict_small() {
    while (!small_.empty()) {
      const uint32_t item = small_.back();
      small_.pop_back();
      if (uses_[item] > 1) {
        uses_[item] = 0;
        state_[item] = State::kMain;
        main_.push_front(item);
        if (main_.size() > capacity_ - small_max_) return evict_main();
        continue;
      }
      state_[item] = State::kGhost;
      ghosts_.push_front(item);
      if (ghosts_.size() > ghosts_max_) {
        state_[ghosts_.back()] = State::kAway;
        ghosts_.pop_back();
      }
      return;
    }
  }
  void evict_main() {
    for (;;) {
      const uint32_t item = main_.back();
      main_.pop_back();
      if (uses_[item] == 0) {
        state_[item] = State::kAway;
        return;
      }
      --uses_[item];
      main_.push_front(item);
    }
  }

  size_t capacity_;
  size_t small_max_;
  size_t ghosts_max_;
  std::vector<State> state_;
  std::vector<uint8_t> uses_;
  std::list<uint32_t> small_, main_, ghosts_;
};

}  // namespace

uint64_t s3fifo_hits(const Trace& trace, uint32_t capacity) {
  S3Fifo cache(trace.distinct, capacity);
  return static_cast<uint64_t>(std::count_if(trace.requests.begin(), trace.requests.end(),
                                             [&](const Request& request) { return cache.request(request.item); }));
}

uint64_t best_hits(const Trace& trace, uint32_t capacity) {
  const size_t count = trace.requests.size();
  std::vector<size_t> next(count);
  std::vector<size_t> following(trace.distinct, count);
  for (size_t index = count; index-- > 0;) {
    next[index] = std::exchange(following[trace.requests[index].item], index);
  }
  std::set<std::pair<size_t, uint32_t>> by_next;  // when the entries present are asked for again
  uint64_t hits = 0;
  for (size_t index = 0; index < count; ++index) {
    const uint32_t item = trace.requests[index].item;
    hits += by_next.erase({index, item});
    if (next[index] == count) continue;
    by_next.emplace(next[index], item);
    if (by_next.size() > capacity) by_next.erase(std::prev(by_next.end()));
  }
  return hits;
}

}  // namespace bench
