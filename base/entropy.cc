#include "base/entropy.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace base {

Entropy::Seed Entropy::seed_from_number(uint64_t number) {
  Seed seed{};
  store_be64(seed.data(), number);
  return seed;
}

void Entropy::refill() {
  // 32 bytes become the next key, the rest is the stream.
  static constexpr std::array<uint8_t, crypto_stream_chacha20_NONCEBYTES> kNonce{};
  std::array<uint8_t, sizeof(Seed) + 512> block;
  crypto_stream_chacha20(block.data(), block.size(), kNonce.data(), key_.data());
  std::copy_n(block.begin(), key_.size(), key_.begin());
  std::copy_n(block.begin() + key_.size(), buffer_.size(), buffer_.begin());
  sodium_memzero(block.data(), block.size());
  used_ = 0;
}

void Entropy::fill(MutableBytes out) {
  while (!out.empty()) {
    if (used_ == buffer_.size()) refill();
    const size_t count = std::min(out.size(), buffer_.size() - used_);
    std::memcpy(out.data(), buffer_.data() + used_, count);
    std::memset(buffer_.data() + used_, 0, count);
    used_ += count;
    out = out.subspan(count);
  }
}

uint16_t Entropy::next_u16() {
  std::array<uint8_t, 2> bytes;
  fill(bytes);
  return load_be16(bytes.data());
}

uint32_t Entropy::next_u32() {
  std::array<uint8_t, 4> bytes;
  fill(bytes);
  return load_be32(bytes.data());
}

uint64_t Entropy::next_u64() {
  std::array<uint8_t, 8> bytes;
  fill(bytes);
  return load_be64(bytes.data());
}

uint32_t Entropy::below(uint32_t bound) {
  CHECK(bound > 0);
  // Rejection keeps it uniform: drop the numbers of the incomplete last cycle.
  const uint32_t reject_below = (0U - bound) % bound;
  for (;;) {
    const uint32_t drawn = next_u32();
    if (drawn >= reject_below) return drawn % bound;
  }
}

}  // namespace base
