#include "resolver/timers.h"

#include <gtest/gtest.h>

namespace resolver {
namespace {

using base::Instant;
using base::seconds;

Instant at(int64_t boot_seconds) { return Instant::from_boot(seconds(boot_seconds)); }

TEST(Timers, PopsInOrderOfTimeAndOnlyWhatIsDue) {
  Timers timers;
  timers.arm({at(3), TimerKind::kClient, 3});
  timers.arm({at(1), TimerKind::kExchange, 1});
  timers.arm({at(2), TimerKind::kResolution, 2});
  EXPECT_EQ(timers.next(), at(1));
  EXPECT_EQ(timers.pop_due(at(2))->id, 1U);
  EXPECT_EQ(timers.pop_due(at(2))->id, 2U);
  EXPECT_FALSE(timers.pop_due(at(2)));
  EXPECT_EQ(timers.size(), 1U);
}

TEST(Timers, ADisarmedTimerIsGoneAtOnce) {
  Timers timers;
  const Timer timer{at(1), TimerKind::kClient, 7};
  timers.arm(timer);
  timers.disarm(timer);
  timers.disarm(timer);
  EXPECT_EQ(timers.size(), 0U);
  EXPECT_EQ(timers.next(), Instant::never());
}

TEST(Timers, OneIdMayHaveTimersOfSeveralKinds) {
  Timers timers;
  timers.arm({at(1), TimerKind::kClient, 7});
  timers.arm({at(1), TimerKind::kResolution, 7});
  timers.disarm({at(1), TimerKind::kClient, 7});
  EXPECT_EQ(timers.pop_due(at(1))->kind, TimerKind::kResolution);
}

}  // namespace
}  // namespace resolver
