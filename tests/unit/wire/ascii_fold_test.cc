// Whole blocks and what is left over of a size must fold as single bytes do: every size, every byte.
#include "wire/ascii_fold.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

constexpr size_t kSizeMax = 70;

std::vector<uint8_t> bytes_of(size_t size, size_t first) {
  std::vector<uint8_t> bytes(size);
  for (size_t index = 0; index < size; ++index) bytes[index] = static_cast<uint8_t>(first + index * 7);
  return bytes;
}

TEST(AsciiFold, LowercasesEverySizeAndNothingBehindIt) {
  for (size_t size = 0; size <= kSizeMax; ++size) {
    for (size_t first = 0; first < 256; ++first) {
      const std::vector<uint8_t> from = bytes_of(size, first);
      std::vector<uint8_t> to(size + 1, 0xee);
      wire::lowercase_bytes(from.data(), to.data(), size);
      for (size_t index = 0; index < size; ++index)
        ASSERT_EQ(to[index], wire::kLowercase[from[index]]) << size << " " << first;
      ASSERT_EQ(to[size], 0xee) << size;
      std::vector<uint8_t> in_place = from;
      wire::lowercase_bytes(in_place.data(), in_place.data(), size);
      ASSERT_TRUE(std::equal(in_place.begin(), in_place.end(), to.begin())) << size;
    }
  }
}

TEST(AsciiFold, ComparesEverySizeAndSeesEveryByte) {
  for (size_t size = 0; size <= kSizeMax; ++size) {
    for (size_t first = 0; first < 256; first += 5) {
      const std::vector<uint8_t> left = bytes_of(size, first);
      std::vector<uint8_t> right(size);
      wire::lowercase_bytes(left.data(), right.data(), size);
      ASSERT_TRUE(wire::equal_ignoring_case(left.data(), right.data(), size)) << size << " " << first;
      for (size_t index = 0; index < size; ++index) {
        right[index] ^= 0x01;  // a letter becomes another, never its other case
        ASSERT_FALSE(wire::equal_ignoring_case(left.data(), right.data(), size)) << size << " " << index;
        right[index] ^= 0x01;
      }
    }
  }
}

// Letters only: 0x20 apart are other bytes too, as '[' and '{'.
TEST(AsciiFold, OtherBytesWithTheBitOfLetterCaseDiffer) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::vector<uint8_t> left(16, static_cast<uint8_t>(byte));
    const std::vector<uint8_t> right(16, static_cast<uint8_t>(byte ^ 0x20));
    const bool is_letter = wire::kLowercase[left[0]] == wire::kLowercase[right[0]];
    EXPECT_EQ(wire::equal_ignoring_case(left.data(), right.data(), 16), is_letter) << byte;
  }
}

}  // namespace
