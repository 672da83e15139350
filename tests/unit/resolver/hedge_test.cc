#include "resolver/hedge.h"

#include <gtest/gtest.h>

namespace resolver {
namespace {

using base::milliseconds;

cache::ServerView server(base::Duration rtt, base::Duration variation) {
  cache::ServerView view;
  view.known = true;
  view.smoothed_rtt = rtt;
  view.rtt_variation = variation;
  return view;
}

TEST(HedgeDelay, FollowsTheServersHistory) {
  EXPECT_EQ(hedge_delay(server(milliseconds(100), milliseconds(10))), milliseconds(140));
  EXPECT_EQ(hedge_delay(server(milliseconds(1), milliseconds(0))), kHedgeDelayMin);
  EXPECT_EQ(hedge_delay(cache::ServerView{}), kHedgeDelayUnknown);
  EXPECT_EQ(hedge_delay(server(milliseconds(600), milliseconds(300))), milliseconds(1800)) << "first answer by satellite";
  EXPECT_EQ(hedge_delay(server(milliseconds(5000), milliseconds(2500))), kHedgeDelayUnknown) << "seconds";
}

TEST(ProbeOfADeadServer, ComesOftenAtFirstAndRarelyLater) {
  const auto at = [](int64_t seconds) { return base::Instant::from_boot(base::seconds(seconds)); };
  cache::ServerView dead;
  dead.last_answer_s = 1000;
  dead.last_timeout_s = 1010;
  EXPECT_FALSE(is_probe_due(at(1011), dead));
  EXPECT_TRUE(is_probe_due(at(1012), dead));
  dead.last_timeout_s = 1650;
  EXPECT_FALSE(is_probe_due(at(1700), dead));
  EXPECT_TRUE(is_probe_due(at(1710), dead));
}

TEST(HedgeAllowance, IsAReserveAndOneForFourQueries) {
  HedgeAllowance allowance;
  for (uint32_t hedge = 0; hedge < HedgeAllowance::kReserve; ++hedge) EXPECT_TRUE(allowance.take());
  EXPECT_FALSE(allowance.take());
  for (uint32_t query = 1; query < HedgeAllowance::kQueriesPerHedge; ++query) allowance.on_query();
  EXPECT_FALSE(allowance.take());
  allowance.on_query();
  EXPECT_TRUE(allowance.take());
  EXPECT_FALSE(allowance.take());
}

TEST(HedgeAllowance, SavesNoMoreThanTheReserve) {
  HedgeAllowance allowance;
  for (int query = 0; query < 10'000; ++query) allowance.on_query();
  for (uint32_t hedge = 0; hedge < HedgeAllowance::kReserve; ++hedge) EXPECT_TRUE(allowance.take());
  EXPECT_FALSE(allowance.take());
}

}  // namespace
}  // namespace resolver
