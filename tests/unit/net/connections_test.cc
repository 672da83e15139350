#include "net/connections.h"

#include <gtest/gtest.h>

#include "tests/unit/net/loop_fixture.h"

namespace net {
namespace {

TEST(Connections, admission) {
  LoopOptions options;
  options.client_connections_max = 10;
  options.client_connections_per_address_max = 4;
  struct Row {
    uint32_t open, from_address;
    Admission expected;
  };
  const Row rows[] = {{0, 0, Admission::kAdmit},
                      {9, 3, Admission::kAdmit},
                      {9, 4, Admission::kRefuseAddress},
                      {10, 0, Admission::kAdmitAfterEviction},
                      {10, 3, Admission::kAdmitAfterEviction},
                      {10, 4, Admission::kRefuseAddress}};
  for (const Row& row : rows) {
    EXPECT_EQ(decide_admission(row.open, row.from_address, options), row.expected)
        << row.open << " " << row.from_address;
  }
  options.client_connections_max = 0;
  EXPECT_EQ(decide_admission(0, 0, options), Admission::kRefuseAll);
}

TEST(Connections, idle_limit_shrinks_to_a_tenth) {
  const base::Duration idle = base::seconds(10);
  EXPECT_EQ(idle_limit(idle, 0, 1000), base::seconds(10));
  EXPECT_EQ(idle_limit(idle, 500, 1000), base::milliseconds(5500));
  EXPECT_EQ(idle_limit(idle, 1000, 1000), base::seconds(1));
  EXPECT_EQ(idle_limit(idle, 2000, 1000), base::seconds(1));
  EXPECT_EQ(idle_limit(idle, 0, 0), base::seconds(1));
  EXPECT_GT(idle_limit(base::Duration::max(), 1, 1), base::Duration(0));
}

TEST(Connections, messages_are_taken_below_both_bounds) {
  LoopOptions options;
  options.queries_per_connection_max = 2;
  EXPECT_TRUE(may_take_message(1, kBacklogPauseBytes, options));
  EXPECT_FALSE(may_take_message(2, 0, options));
  EXPECT_FALSE(may_take_message(0, kBacklogPauseBytes + 1, options));
}

TEST(Connections, largest_holder) {
  AddressCounts counts;
  EXPECT_EQ(counts.largest(), std::nullopt);
  counts.add(ip("192.0.2.1"));
  counts.add(ip("192.0.2.2"));
  counts.add(ip("192.0.2.2"));
  EXPECT_EQ(counts.largest(), ip("192.0.2.2"));
  counts.remove(ip("192.0.2.2"));
  EXPECT_EQ(counts.largest(), ip("192.0.2.1"));
  EXPECT_EQ(counts.count(ip("192.0.2.2")), 1u);
  counts.remove(ip("192.0.2.2"));
  EXPECT_EQ(counts.count(ip("192.0.2.2")), 0u);
}

}  // namespace
}  // namespace net
