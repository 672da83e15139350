// KeyedHash: SipHash-2-4 (libsodium) under a secret, for every table whose keys an attacker can
// choose and for cookies (RFC 9018 §4.4 names SipHash-2-4).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace base {

class KeyedHash {
 public:
  using Secret = std::array<uint8_t, 16>;
  explicit KeyedHash(const Secret& secret) : secret_(secret) {}
  [[nodiscard]] uint64_t operator()(Bytes bytes) const;

 private:
  Secret secret_;
};

}  // namespace base
