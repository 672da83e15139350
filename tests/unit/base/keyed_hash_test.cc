#include "base/keyed_hash.h"

#include <gtest/gtest.h>

namespace {

using base::KeyedHash;

KeyedHash::Secret counting_secret() {
  KeyedHash::Secret secret{};
  for (size_t index = 0; index < secret.size(); ++index) secret[index] = static_cast<uint8_t>(index);
  return secret;
}

TEST(KeyedHash, IsSipHash24) {
  // Aumasson and Bernstein, "SipHash: a fast short-input PRF", appendix A, and vectors.h of its
  // reference implementation: key 00..0f, input 00, 01, ... of the given length.
  std::array<uint8_t, 15> input{};
  for (size_t index = 0; index < input.size(); ++index) input[index] = static_cast<uint8_t>(index);
  const KeyedHash hash(counting_secret());
  EXPECT_EQ(hash(input), 0xa129ca6149be45e5ULL);
  EXPECT_EQ(hash(base::Bytes(input).first(0)), 0x726fdb47dd0e0e31ULL);
  EXPECT_EQ(hash(base::Bytes(input).first(1)), 0x74f839c593dc67fdULL);
}

TEST(KeyedHash, DependsOnTheSecret) {
  KeyedHash::Secret other = counting_secret();
  other[15] ^= 1;
  const std::array<uint8_t, 3> input = {1, 2, 3};
  EXPECT_NE(KeyedHash(counting_secret())(input), KeyedHash(other)(input));
}

}  // namespace
