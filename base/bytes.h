// Big-endian integers in byte strings, and the one cast between characters and bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace base {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// REQUIRES: at least 2 (4, 8) readable or writable bytes at `at`.
inline uint16_t load_be16(const uint8_t* at) { return static_cast<uint16_t>((at[0] << 8) | at[1]); }
inline uint32_t load_be32(const uint8_t* at) {
  return (uint32_t{at[0]} << 24) | (uint32_t{at[1]} << 16) | (uint32_t{at[2]} << 8) | uint32_t{at[3]};
}
inline uint64_t load_be64(const uint8_t* at) {
  static_assert(std::endian::native == std::endian::little, "big-endian machines need no swap");
  uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return __builtin_bswap64(value);
}
inline void store_be16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
// Written byte by byte the compiler makes them one swap and one store.
inline void store_be32(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 24);
  at[1] = static_cast<uint8_t>(value >> 16);
  at[2] = static_cast<uint8_t>(value >> 8);
  at[3] = static_cast<uint8_t>(value);
}
inline void store_be64(uint8_t* at, uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof(value));
}

// memcpy and memcmp == 0 for what is mostly 16 to 64 bytes: blocks of 16, the last one overlapping the one
// before, without a call. REQUIRES: the ranges do not overlap.
inline void copy_short(uint8_t* to, const uint8_t* from, size_t size) {
  if (size < 16 || size > 64) {
    if (size > 0) std::memcpy(to, from, size);
    return;
  }
  for (size_t at = 0; at + 16 < size; at += 16) std::memcpy(to + at, from + at, 16);
  std::memcpy(to + size - 16, from + size - 16, 16);
}
inline bool equal_short(const uint8_t* left, const uint8_t* right, size_t size) {
  if (size < 8) return size == 0 || std::memcmp(left, right, size) == 0;
  const auto differ = [&](size_t at) {
    uint64_t words[2];
    std::memcpy(&words[0], left + at, 8);
    std::memcpy(&words[1], right + at, 8);
    return words[0] != words[1];
  };
  for (size_t at = 0; at + 8 < size; at += 8) {
    if (differ(at)) return false;
  }
  return !differ(size - 8);
}

inline Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace base
