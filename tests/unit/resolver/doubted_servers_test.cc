#include "resolver/doubted_servers.h"

#include <gtest/gtest.h>

namespace {

using resolver::DoubtedServers;

base::Instant at_s(int64_t seconds) { return base::Instant::from_boot(base::seconds(seconds)); }

TEST(DoubtedServers, AreForgottenAfterATime) {
  DoubtedServers doubted;
  EXPECT_TRUE(doubted.empty());
  doubted.doubt(at_s(10), 1);
  EXPECT_FALSE(doubted.empty());
  EXPECT_TRUE(doubted.is_doubted(at_s(309), 1));
  EXPECT_FALSE(doubted.is_doubted(at_s(309), 2));
  EXPECT_FALSE(doubted.is_doubted(at_s(310), 1));
  doubted.doubt(at_s(320), 1);
  EXPECT_TRUE(doubted.is_doubted(at_s(619), 1));
}

TEST(DoubtedServers, AreBoundedAndTheForgottenGiveWayFirst) {
  DoubtedServers doubted;
  for (uint64_t key = 0; key < DoubtedServers::kServersMax - 1; ++key) doubted.doubt(at_s(0), key);
  doubted.doubt(at_s(200), 1'000'000);
  doubted.doubt(at_s(400), 2'000'000);
  EXPECT_TRUE(doubted.is_doubted(at_s(400), 1'000'000));
  EXPECT_TRUE(doubted.is_doubted(at_s(400), 2'000'000));
  for (uint64_t key = 0; key < 10 * DoubtedServers::kServersMax; ++key) doubted.doubt(at_s(400), key);
  size_t count = 0;
  for (uint64_t key = 0; key < 10 * DoubtedServers::kServersMax; ++key) count += doubted.is_doubted(at_s(400), key) ? 1 : 0;
  EXPECT_LE(count, DoubtedServers::kServersMax);
}

}  // namespace
