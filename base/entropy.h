// Entropy: an unpredictable stream drawn from a 32-byte seed (ChaCha20, libsodium). Ports, ids,
// letter case and server choice come from it. The daemon seeds it with getrandom once per
// worker; the simulation seeds it from its seed, so that a run can be repeated.
//
// Not thread-safe: one per worker. Used bytes are wiped from the buffer, and the key is replaced
// at each refill (fast key erasure), so what was drawn cannot be recovered from memory later.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace base {

class Entropy {
 public:
  using Seed = std::array<uint8_t, 32>;

  explicit Entropy(const Seed& seed) : key_(seed) {}
  // A seed spread from one number: for simulations and tests only.
  static Seed seed_from_number(uint64_t number);

  uint16_t next_u16();
  uint32_t next_u32();
  uint64_t next_u64();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  uint32_t below(uint32_t bound);
  // True with probability numerator/denominator.
  bool chance(uint32_t numerator, uint32_t denominator) { return below(denominator) < numerator; }
  void fill(MutableBytes out);

 private:
  void refill();
  Seed key_;
  std::array<uint8_t, 512> buffer_{};
  size_t used_ = 512;
};

}  // namespace base
