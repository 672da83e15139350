// Zones drawn from a seed: whatever is proven or synthesized from any part of their chains is true, and
// from the whole chain everything true is proven.
#include "tests/unit/resolver/dnssec_world.h"

#include <gtest/gtest.h>

#include <random>

namespace {

TEST(DenialWorlds, NothingUntrueIsProvenAndEverythingTrueIs) {
  std::mt19937 random(20'260'101);
  size_t wrong = 0;
  for (int round = 0; round < 20'000 && wrong < 5; ++round) {
    std::array<uint8_t, 64> bytes;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    fuzz::Input input(bytes.data(), bytes.size());
    const std::string what = dnssec_world::run(input);
    EXPECT_EQ(what, "") << "round " << round;
    wrong += what.empty() ? 0 : 1;
  }
}

}  // namespace
