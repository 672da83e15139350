// CheckTurns: the expensive checks of validation, rationed. One turn of the worker has so many, for all
// resolutions together; between turns hits are answered. Who finds none left waits, and goes on in a
// later turn: who has spent least goes first, so that an honest question, which needs few, never waits
// behind those that hostile zones keep busy.
//
// A turn is known by its time, which is read once (base/instant.h). Owns ids only. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "base/instant.h"

namespace resolver {

class CheckTurns {
 public:
  // Some 0.3 ms of signature checks.
  static constexpr uint32_t kPerTurn = 4;

  struct Waiting {
    uint32_t spent = 0;  // checks, up to now
    uint64_t id = 0;
    auto operator<=>(const Waiting&) const = default;
  };

  [[nodiscard]] uint32_t left(base::Instant now) {
    if (turn_ != now) {
      turn_ = now;
      spent_ = 0;
    }
    return kPerTurn - spent_;
  }
  void spend(uint32_t checks) { spent_ = std::min(kPerTurn, spent_ + checks); }

  void wait(const Waiting& waiting) { waiting_.insert(waiting); }
  void forget(const Waiting& waiting) { waiting_.erase(waiting); }
  [[nodiscard]] std::optional<Waiting> pop() {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.extract(waiting_.begin()).value();
  }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  base::Instant turn_;
  uint32_t spent_ = 0;
  std::set<Waiting> waiting_;
};

}  // namespace resolver
