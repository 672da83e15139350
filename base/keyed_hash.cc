#include "base/keyed_hash.h"

#include <sodium.h>

#include <cstring>

namespace base {

uint64_t KeyedHash::operator()(Bytes bytes) const {
  uint64_t out = 0;
  static_assert(sizeof(out) == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<uint8_t*>(&out), bytes.data(), bytes.size(), secret_.data());
  return out;
}

}  // namespace base
