// Random: the world's dice (splitmix64). The engines have their own entropy; both come from the
// seed, so that a run can be repeated. Only integer arithmetic, so that every machine draws alike.
#pragma once

#include <cstdint>
#include <vector>

#include "base/instant.h"

namespace sim {

class Random {
 public:
  // The seed is mixed first: streams that begin one step apart would be one another's echo.
  explicit Random(uint64_t seed) : state_(mix(seed ^ 0x5DEECE66DULL)) {}

  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    return mix(state_);
  }
  // Uniform in [0, bound). REQUIRES: bound > 0.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(next() % bound); }
  uint32_t between(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool percent(uint32_t chance) { return below(100) < chance; }
  base::Duration duration(base::Duration low, base::Duration high) {
    const auto span = static_cast<uint64_t>((high - low).count());
    return low + base::Duration(static_cast<int64_t>(span == 0 ? 0 : next() % span));
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<uint32_t>(from.size()))];
  }
  // An index below `count`; small ones are much more likely, as popular names are.
  size_t zipf_like(size_t count) {
    const uint64_t u = below(1024);
    return static_cast<size_t>(u * u * u * count / (1024ULL * 1024 * 1024));
  }
  // A generator of its own, so that what one part draws does not move the others.
  Random split() { return Random(next()); }

 private:
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace sim
