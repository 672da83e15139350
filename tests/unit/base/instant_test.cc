#include "base/instant.h"

#include <gtest/gtest.h>

namespace {

using base::Duration;
using base::Instant;
using namespace std::chrono_literals;

TEST(Instant, AddsAndSubtracts) {
  const Instant start = Instant::from_boot(5s);
  EXPECT_EQ(start + 1500ms, Instant::from_boot(6500ms));
  EXPECT_EQ(start - 5s, Instant());
  EXPECT_EQ(Instant::from_boot(7s) - start, 2s);
  EXPECT_LT(start, start + 1ns);
}

TEST(Instant, NeverIsLaterThanEverythingAndStaysNever) {
  EXPECT_GT(Instant::never(), Instant::from_boot(24h * 365 * 200));
  EXPECT_EQ(Instant::never() + 1h, Instant::never());
  EXPECT_EQ(Instant::from_boot(1s) + Duration::max(), Instant::never());
}

TEST(Instant, BootSecondsAreWhole) {
  EXPECT_EQ(Instant::from_boot(1999ms).boot_seconds(), 1U);
  EXPECT_EQ(Instant::from_boot(2000ms).boot_seconds(), 2U);
}

TEST(WallTime, IsOrdered) { EXPECT_LT(base::WallTime{-1}, base::WallTime{0}); }

}  // namespace
