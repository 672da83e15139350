#include "cache/server_health.h"

#include <gtest/gtest.h>

namespace {

using cache::EdnsSupport;
using cache::ServerHealth;
using cache::ServerView;

base::Instant at_s(int64_t seconds) { return base::Instant::from_boot(base::seconds(seconds)); }
base::IpAddress ip(std::string_view text) { return *base::IpAddress::parse(text); }
constexpr auto ms = [](int64_t count) { return base::milliseconds(count); };

class ServerHealthTest : public testing::Test {
 protected:
  ServerHealth health{1024, base::KeyedHash::Secret{1, 2, 3}};
  base::IpAddress server = ip("192.0.2.1");
};

TEST_F(ServerHealthTest, UnknownAtFirst) {
  const ServerView view = health.view(at_s(10), server);
  EXPECT_FALSE(view.known);
  EXPECT_EQ(view.timeouts_in_row, 0);
  EXPECT_EQ(view.edns, EdnsSupport::kUnknown);
  EXPECT_TRUE(view.keeps_case);
  EXPECT_FALSE(view.cookie.has_value());
}

TEST_F(ServerHealthTest, SmoothsRoundTripsAsRfc6298Says) {
  health.on_response(at_s(10), server, ms(80));
  EXPECT_TRUE(health.view(at_s(10), server).known);
  EXPECT_EQ(health.view(at_s(10), server).smoothed_rtt, ms(80));
  EXPECT_EQ(health.view(at_s(10), server).rtt_variation, ms(40));
  health.on_response(at_s(11), server, ms(160));
  EXPECT_EQ(health.view(at_s(11), server).smoothed_rtt, ms(90));
  EXPECT_EQ(health.view(at_s(11), server).rtt_variation, ms(50));
  health.on_response(at_s(12), server, base::Duration(0));
  EXPECT_LT(health.view(at_s(12), server).smoothed_rtt, ms(80));
  EXPECT_FALSE(health.view(at_s(12), ip("192.0.2.2")).known);
}

TEST_F(ServerHealthTest, AnotherOrderOfMagnitudeBeginsANewHistory) {
  health.on_response(at_s(10), server, ms(20));
  health.on_response(at_s(11), server, ms(900));
  EXPECT_EQ(health.view(at_s(11), server).smoothed_rtt, ms(130)) << "below a second it is only smoothed";
  health.on_response(at_s(12), server, ms(5000));
  EXPECT_EQ(health.view(at_s(12), server).smoothed_rtt, ms(5000));
  EXPECT_EQ(health.view(at_s(12), server).rtt_variation, ms(2500));
  health.on_response(at_s(13), server, ms(1000));
  EXPECT_EQ(health.view(at_s(13), server).smoothed_rtt, ms(4500)) << "less than eightfold";
  health.on_response(at_s(14), server, ms(30));
  EXPECT_EQ(health.view(at_s(14), server).smoothed_rtt, ms(30)) << "and back";
}

TEST_F(ServerHealthTest, TimeoutsCountDecayAndClear) {
  for (int i = 0; i < 20; ++i) health.on_timeout(at_s(100), server);
  EXPECT_FALSE(health.view(at_s(100), server).known);
  struct Row {
    int64_t at;
    int timeouts;
  };
  for (const Row row : {Row{100, 15}, Row{129, 15}, Row{130, 7}, Row{160, 3}, Row{190, 1}, Row{220, 0}, Row{999'999, 0}, Row{99, 15}}) {
    EXPECT_EQ(health.view(at_s(row.at), server).timeouts_in_row, row.timeouts) << row.at;
  }
  health.on_timeout(at_s(160), server);
  EXPECT_EQ(health.view(at_s(160), server).timeouts_in_row, 4) << "counts on from what is left";
  health.on_response(at_s(161), server, ms(10));
  EXPECT_EQ(health.view(at_s(161), server).timeouts_in_row, 0) << "one success clears";
}

TEST_F(ServerHealthTest, TcpHasItsOwnCount) {
  health.on_tcp_failure(at_s(100), server);
  health.on_tcp_failure(at_s(101), server);
  health.on_timeout(at_s(102), server);
  EXPECT_EQ(health.view(at_s(102), server).tcp_failures_in_row, 2);
  health.on_response(at_s(103), server, ms(10));
  EXPECT_EQ(health.view(at_s(103), server).tcp_failures_in_row, 2);
  EXPECT_EQ(health.view(at_s(131), server).tcp_failures_in_row, 1);
  health.on_timeout(at_s(131), server);
  health.on_tcp_success(at_s(131), server);
  EXPECT_EQ(health.view(at_s(131), server).tcp_failures_in_row, 0);
  EXPECT_EQ(health.view(at_s(131), server).timeouts_in_row, 1);
}

TEST_F(ServerHealthTest, VerdictsAreTriedAnewAfterAnHour) {
  health.set_edns(at_s(1000), server, EdnsSupport::kBroken);
  health.set_keeps_case(at_s(2000), server, false);
  EXPECT_EQ(health.view(at_s(4599), server).edns, EdnsSupport::kBroken);
  EXPECT_EQ(health.view(at_s(4604), server).edns, EdnsSupport::kUnknown);
  EXPECT_FALSE(health.view(at_s(5599), server).keeps_case);
  EXPECT_TRUE(health.view(at_s(5604), server).keeps_case);
  health.set_edns(at_s(5000), server, EdnsSupport::kSupported);
  EXPECT_EQ(health.view(at_s(5000), server).edns, EdnsSupport::kSupported);
  health.set_keeps_case(at_s(5000), server, true);
  EXPECT_TRUE(health.view(at_s(5000), server).keeps_case);
  EXPECT_EQ(health.view(at_s(5000), server).edns, EdnsSupport::kSupported);
}

TEST_F(ServerHealthTest, AVerdictOfAThreadThatIsAMomentAheadHolds) {
  health.set_edns(at_s(1010), server, EdnsSupport::kBroken);
  health.set_keeps_case(at_s(1010), server, false);
  EXPECT_EQ(health.view(at_s(1000), server).edns, EdnsSupport::kBroken);
  EXPECT_FALSE(health.view(at_s(1000), server).keeps_case);
}

TEST_F(ServerHealthTest, Cookies) {
  cache::ServerCookie cookie;
  for (uint8_t i = 0; i < 16; ++i) cookie[i] = static_cast<uint8_t>(200 + i);
  health.set_cookie(at_s(0), server, cookie);
  EXPECT_EQ(health.view(at_s(1), server).cookie, cookie);
  EXPECT_TRUE(health.view(at_s(1), server).sends_cookies);
  EXPECT_FALSE(health.view(at_s(3600), server).sends_cookies);
  EXPECT_FALSE(health.view(at_s(3600), server).cookie.has_value());
  health.set_cookie(at_s(3600), server, cookie);
  health.clear_cookie(server);
  EXPECT_FALSE(health.view(at_s(3600), server).cookie.has_value());
  EXPECT_FALSE(health.view(at_s(3600), server).sends_cookies);
}

TEST(ServerHealthEviction, SilentAddressesNeverReplaceServersInUse) {
  ServerHealth health(8, base::KeyedHash::Secret{1});
  for (int i = 1; i <= 8; ++i) health.on_response(at_s(1000), ip("192.0.2." + std::to_string(i)), ms(i));
  for (int i = 1; i < 250; ++i) {
    const base::IpAddress attacker = ip("198.51.100." + std::to_string(i));
    health.on_timeout(at_s(1030), attacker);
    health.on_tcp_failure(at_s(1030), attacker);
    health.set_edns(at_s(1030), attacker, EdnsSupport::kBroken);
  }
  for (int i = 1; i <= 8; ++i) EXPECT_TRUE(health.view(at_s(1030), ip("192.0.2." + std::to_string(i))).known) << i;
  // A minute after their last answer they are not in use.
  health.on_timeout(at_s(1060), ip("198.51.100.1"));
  EXPECT_EQ(health.view(at_s(1060), ip("198.51.100.1")).timeouts_in_row, 1);
}

TEST(ServerHealthEviction, TheLeastRecentlyUsedGoes) {
  ServerHealth health(8, base::KeyedHash::Secret{1});
  for (int i = 1; i <= 8; ++i) health.on_response(at_s(1000 + i), ip("192.0.2." + std::to_string(i)), ms(i));
  health.on_response(at_s(1020), ip("192.0.2.1"), ms(1));
  health.on_response(at_s(1021), ip("192.0.2.100"), ms(5));
  EXPECT_FALSE(health.view(at_s(1021), ip("192.0.2.2")).known);
  for (const int i : {1, 3, 4, 5, 6, 7, 8, 100}) EXPECT_TRUE(health.view(at_s(1021), ip("192.0.2." + std::to_string(i))).known) << i;
  EXPECT_EQ(health.view(at_s(1021), ip("192.0.2.100")).smoothed_rtt, ms(5)) << "nothing is left of the one before";
}

}  // namespace
