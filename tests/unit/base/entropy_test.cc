#include "base/entropy.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace {

using base::Entropy;

TEST(Entropy, IsTheChaCha20StreamBehindTheNextKey) {
  // draft-agl-tls-chacha20poly1305-04 §7, first vector (key and nonce zero): the first 32 bytes of
  // the stream replace the key, what follows is drawn.
  Entropy entropy(Entropy::Seed{});
  const std::array<uint8_t, 16> expected = {0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d,
                                            0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37};
  std::array<uint8_t, 16> drawn{};
  entropy.fill(drawn);
  EXPECT_EQ(drawn, expected);
}

TEST(Entropy, EqualSeedsGiveEqualStreamsHoweverTheyAreDrawn) {
  Entropy whole(Entropy::seed_from_number(7));
  Entropy pieces(Entropy::seed_from_number(7));
  std::vector<uint8_t> left(2000);
  std::vector<uint8_t> right(2000);
  whole.fill(left);
  for (size_t at = 0; at < right.size();) {
    const size_t count = std::min(right.size() - at, at % 97 + 1);
    pieces.fill(base::MutableBytes(right).subspan(at, count));
    at += count;
  }
  EXPECT_EQ(left, right);
}

TEST(Entropy, SeedsAndRefillsDiffer) {
  Entropy one(Entropy::seed_from_number(1));
  Entropy two(Entropy::seed_from_number(2));
  EXPECT_NE(one.next_u64(), two.next_u64());
  std::set<uint64_t> seen;
  for (int draw = 0; draw < 1000; ++draw) seen.insert(one.next_u64());
  EXPECT_EQ(seen.size(), 1000U);  // a repeated buffer would give 64 values
}

TEST(Entropy, BelowStaysBelowAndReachesEveryValue) {
  Entropy entropy(Entropy::seed_from_number(3));
  for (const uint32_t bound : {1U, 2U, 3U, 10U, 64512U, 0x80000001U, 0xFFFFFFFFU}) {
    for (int draw = 0; draw < 200; ++draw) EXPECT_LT(entropy.below(bound), bound);
  }
  std::array<int, 3> counts{};
  for (int draw = 0; draw < 3000; ++draw) ++counts[entropy.below(3)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 200);
}

TEST(Entropy, ChanceKnowsNeverAndAlways) {
  Entropy entropy(Entropy::seed_from_number(4));
  int often = 0;
  for (int draw = 0; draw < 1000; ++draw) {
    EXPECT_FALSE(entropy.chance(0, 5));
    EXPECT_TRUE(entropy.chance(5, 5));
    if (entropy.chance(9, 10)) ++often;
  }
  EXPECT_NEAR(often, 900, 60);
}

}  // namespace
