#include "resolver/check_turns.h"

#include <gtest/gtest.h>

namespace resolver {
namespace {

using base::Instant;

Instant turn(int64_t number) { return Instant::from_boot(base::Duration(number)); }

TEST(CheckTurns, ATurnHasSoManyForAllTogether) {
  CheckTurns checks;
  EXPECT_EQ(checks.left(turn(1)), CheckTurns::kPerTurn);
  checks.spend(1);
  EXPECT_EQ(checks.left(turn(1)), CheckTurns::kPerTurn - 1);
  checks.spend(CheckTurns::kPerTurn);  // the last may cost more than was left
  EXPECT_EQ(checks.left(turn(1)), 0U);
  EXPECT_EQ(checks.left(turn(2)), CheckTurns::kPerTurn);
}

TEST(CheckTurns, WhoHasSpentLeastGoesFirst) {
  CheckTurns checks;
  checks.wait({40, 1});
  checks.wait({0, 2});
  checks.wait({4, 3});
  checks.wait({0, 4});
  checks.forget({0, 4});
  EXPECT_EQ(checks.pop()->id, 2U);
  EXPECT_EQ(checks.pop()->id, 3U);
  EXPECT_EQ(checks.pop()->id, 1U);
  EXPECT_TRUE(checks.empty());
  EXPECT_FALSE(checks.pop());
}

}  // namespace
}  // namespace resolver
