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

// Sixteen bytes at a time, in the vector registers that every machine of ours has.
using FoldVector = uint8_t __attribute__((vector_size(16)));

inline FoldVector lowercase_vector(FoldVector bytes) {
  const auto is_upper = static_cast<FoldVector>((bytes - uint8_t{'A'}) < uint8_t{26});
  return bytes | (is_upper & uint8_t{'a' - 'A'});
}

inline bool is_zero(FoldVector bytes) {
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), &bytes, sizeof(words));
  return (words[0] | words[1]) == 0;
}

// Most names are compared with themselves in the same letter case: that is looked at first.
inline bool equal_vectors_ignoring_case(const uint8_t* left, const uint8_t* right) {
  std::array<FoldVector, 2> both;
  std::memcpy(&both[0], left, sizeof(FoldVector));
  std::memcpy(&both[1], right, sizeof(FoldVector));
  return is_zero(both[0] ^ both[1]) || is_zero(lowercase_vector(both[0]) ^ lowercase_vector(both[1]));
}

// What is left over of a size is done once more with the bytes before it: cheaper than one by one.
inline bool equal_ignoring_case(const uint8_t* left, const uint8_t* right, size_t size) {
  if (size >= 16) {
    for (size_t at = 0; at + 16 < size; at += 16) {
      if (!equal_vectors_ignoring_case(left + at, right + at)) return false;
    }
    return equal_vectors_ignoring_case(left + size - 16, right + size - 16);
  }
  for (size_t at = 0; at < size; ++at) {
    if (kLowercase[left[at]] != kLowercase[right[at]]) return false;
  }
  return true;
}

// REQUIRES: `from` and `to` do not overlap, or are the same.
[[gnu::always_inline]] inline void lowercase_bytes(const uint8_t* from, uint8_t* to, size_t size) {
  const auto fold = [&]<class Block>(Block block, size_t at, auto lowercase) {
    std::memcpy(&block, from + at, sizeof(block));
    block = lowercase(block);
    std::memcpy(to + at, &block, sizeof(block));
  };
  if (size >= 16) {
    for (size_t at = 0; at + 16 < size; at += 16) fold(FoldVector{}, at, lowercase_vector);
    fold(FoldVector{}, size - 16, lowercase_vector);
  } else if (size >= 8) {
    fold(uint64_t{}, 0, lowercase_word);
    fold(uint64_t{}, size - 8, lowercase_word);
  } else {
    for (size_t at = 0; at < size; ++at) to[at] = kLowercase[from[at]];
  }
}

}  // namespace wire
