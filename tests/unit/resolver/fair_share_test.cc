#include "resolver/fair_share.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/entropy.h"

namespace {

using resolver::FairShare;

TEST(FairShare, TheOldestOfTheLargestGivesWay) {
  FairShare share;
  EXPECT_FALSE(share.oldest_of_largest());
  share.join(1, 100);
  share.join(2, 200);
  share.join(3, 200);
  EXPECT_EQ(share.oldest_of_largest(), 2U);
  EXPECT_EQ(share.oldest_of(100), 1U);
  EXPECT_FALSE(share.oldest_of(300));
  share.leave(2);
  share.leave(99);  // unknown
  EXPECT_EQ(share.held_by(200), 1U);
  share.join(1, 200);  // moves
  EXPECT_EQ(share.held_by(100), 0U);
  EXPECT_EQ(share.oldest_of_largest(), 3U);
  share.clear();
  EXPECT_EQ(share.size(), 0U);
  EXPECT_FALSE(share.oldest_of_largest());
}

// Against a plain list in order of joining.
TEST(FairShare, AgreesWithAPlainModel) {
  struct Held {
    uint64_t member, key;
  };
  base::Entropy entropy(base::Entropy::seed_from_number(42));
  FairShare share;
  std::vector<Held> model;
  const auto held_by = [&](uint64_t key) {
    return static_cast<size_t>(std::count_if(model.begin(), model.end(), [&](const Held& held) { return held.key == key; }));
  };
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t member = entropy.below(40);
    std::erase_if(model, [&](const Held& held) { return held.member == member; });
    if (entropy.chance(3, 5)) {
      const uint64_t key = entropy.below(6);
      share.join(member, key);
      model.push_back({member, key});
    } else {
      share.leave(member);
    }
    ASSERT_EQ(share.size(), model.size());
    size_t largest = 0;
    for (uint64_t key = 0; key < 6; ++key) {
      ASSERT_EQ(share.held_by(key), held_by(key));
      largest = std::max(largest, held_by(key));
      const auto oldest = std::find_if(model.begin(), model.end(), [&](const Held& held) { return held.key == key; });
      ASSERT_EQ(share.oldest_of(key), oldest == model.end() ? std::optional<uint64_t>() : oldest->member);
    }
    const auto victim = share.oldest_of_largest();
    ASSERT_EQ(victim.has_value(), !model.empty());
    if (!victim) continue;
    const auto held = std::find_if(model.begin(), model.end(), [&](const Held& item) { return item.member == *victim; });
    ASSERT_NE(held, model.end());
    ASSERT_EQ(held_by(held->key), largest);
    ASSERT_EQ(share.oldest_of(held->key), victim);
  }
}

}  // namespace
