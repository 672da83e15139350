#include "resolver/budget.h"

#include <gtest/gtest.h>

namespace resolver {
namespace {

using base::Instant;
using base::seconds;

TEST(QueryBudget, SpendsToTheLastAndNotBeyond) {
  BudgetLimits limits;
  limits.sends = 2;
  QueryBudget budget(limits, Instant{});
  EXPECT_TRUE(budget.spend_send());
  EXPECT_TRUE(budget.spend_send());
  EXPECT_EQ(budget.exhausted(), BudgetItem::kNone);
  EXPECT_FALSE(budget.spend_send());
  EXPECT_FALSE(budget.spend_send());
  EXPECT_EQ(budget.exhausted(), BudgetItem::kSends);
}

TEST(QueryBudget, RemembersTheFirstRefusal) {
  BudgetLimits limits;
  limits.aliases = 0;
  limits.referrals = 0;
  QueryBudget budget(limits, Instant{});
  EXPECT_FALSE(budget.spend_referral());
  EXPECT_FALSE(budget.spend_alias());
  EXPECT_EQ(budget.exhausted(), BudgetItem::kReferrals);
}

TEST(QueryBudget, BytesAreRefusedWholeAndThenGone) {
  BudgetLimits limits;
  limits.bytes_received = 100;
  QueryBudget budget(limits, Instant{});
  EXPECT_TRUE(budget.spend_bytes(60));
  EXPECT_FALSE(budget.spend_bytes(41));
  EXPECT_FALSE(budget.spend_bytes(1));
  EXPECT_EQ(budget.exhausted(), BudgetItem::kBytes);
}

TEST(QueryBudget, TimeEndsAtTheDeadlineItself) {
  BudgetLimits limits;
  limits.wall_time = seconds(12);
  const Instant start = Instant::from_boot(seconds(100));
  QueryBudget budget(limits, start);
  EXPECT_TRUE(budget.has_time(start + seconds(11)));
  EXPECT_FALSE(budget.has_time(start + seconds(12)));
  EXPECT_EQ(budget.exhausted(), BudgetItem::kWallTime);
}

TEST(QueryBudget, SubQuestionsAreCountedByThemselves) {
  BudgetLimits limits;
  limits.sub_questions = 1;
  QueryBudget budget(limits, Instant{});
  EXPECT_TRUE(budget.spend_sub_question());
  EXPECT_TRUE(budget.spend_send());
  EXPECT_FALSE(budget.spend_sub_question());
  EXPECT_EQ(budget.exhausted(), BudgetItem::kSubQuestions);
}

}  // namespace
}  // namespace resolver
