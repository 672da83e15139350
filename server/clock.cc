#include "server/clock.h"

#include <ctime>

#include "base/check.h"

namespace server {

base::Now read_clock() {
  timespec boot{};
  timespec wall{};
  CHECK(clock_gettime(CLOCK_BOOTTIME, &boot) == 0);
  CHECK(clock_gettime(CLOCK_REALTIME, &wall) == 0);
  const base::Duration since_boot = kBootOffset + base::seconds(boot.tv_sec) + base::Duration(boot.tv_nsec);
  return {base::Instant::from_boot(since_boot), base::WallTime{wall.tv_sec}};
}

}  // namespace server
