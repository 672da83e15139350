#include "server/anchor_report.h"

#include <gtest/gtest.h>

namespace {

using cache::KeyState;

resolver::dnssec::TrustAnchors configured() {
  auto anchors = resolver::dnssec::TrustAnchors::parse(
      {". IN DNSKEY 257 3 15 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
       ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"},
      {});
  EXPECT_TRUE(anchors.has_value());
  return *std::move(anchors);
}

cache::ManagedKey key(uint8_t seed, KeyState state, bool is_configured) {
  std::vector<uint8_t> rdata = {1, 1, 3, 15};
  rdata.resize(36, seed);
  return {rdata, state, {1'800'000'000}, is_configured};
}

TEST(AnchorReport, OneLineForEachKeyAndForEachAnchorThatWasNotSeen) {
  const std::vector<cache::ManagedZone> managed = {
      {wire::Name(), {key(1, KeyState::kRevoked, true), key(2, KeyState::kAddPending, false)}}};
  EXPECT_EQ(server::render_anchors(configured(), managed, true),
            ". 5152 15 revoked since 2027-01-15T08:00:00Z configured\n"
            ". 9264 15 add-pending since 2027-01-15T08:00:00Z\n"
            ". 20326 8 unseen configured\n");
}

TEST(AnchorReport, WithoutManagementTheAnchorsAreFixed) {
  EXPECT_EQ(server::render_anchors(configured(), {}, false),
            ". 5152 15 fixed configured\n"
            ". 20326 8 fixed configured\n");
  EXPECT_EQ(server::render_anchors({}, {}, false), "no trust anchors: nothing is validated\n");
}

}  // namespace
