// ASCII letter case (RFC 4343), for single bytes and eight at a time. Length bytes of labels are
// below 'A', so whole names in wire form may be folded without looking at where labels begin.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wire {

inline constexpr std::array<uint8_t, 256> kLowercase = [] {
  std::array<uint8_t, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = static_cast<uint8_t>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
  }
  return table;
}();

// Lower-cases the eight bytes of a word, in whichever order the machine keeps them.
constexpr uint64_t lowercase_word(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low_bits = word & (0x7F * kEach);
  const uint64_t above_z = low_bits + (0x7F - 'Z') * kEach;
  const uint64_t from_a = low_bits + (0x80 - 'A') * kEach;
  const uint64_t is_upper = ~word & (from_a ^ above_z) & (0x80 * kEach);
  return word | (is_upper >> 2);
}

inline bool equal_ignoring_case(const uint8_t* left, const uint8_t* right, size_t size) {
  size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    uint64_t left_word = 0;
    uint64_t right_word = 0;
    std::memcpy(&left_word, left + at, 8);
    std::memcpy(&right_word, right + at, 8);
    if (left_word != right_word && lowercase_word(left_word) != lowercase_word(right_word)) return false;
  }
  for (; at < size; ++at) {
    if (kLowercase[left[at]] != kLowercase[right[at]]) return false;
  }
  return true;
}

}  // namespace wire
