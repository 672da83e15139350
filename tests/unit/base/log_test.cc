#include "base/log.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using base::Instant;
using base::LogLevel;
using namespace std::chrono_literals;

class LogTest : public testing::Test, public base::LogSink {
 protected:
  void line(LogLevel level, std::string_view text) override { lines.emplace_back(level, text); }
  void TearDown() override { base::set_log_sink(nullptr, LogLevel::kError); }
  std::vector<std::pair<LogLevel, std::string>> lines;
};

TEST_F(LogTest, WithoutASinkNothingHappens) {
  EXPECT_FALSE(base::log_enabled(LogLevel::kError));
  base::log_line(LogLevel::kError, "lost");
  EXPECT_TRUE(lines.empty());
}

TEST_F(LogTest, LinesBelowTheLevelAreLeftOut) {
  base::set_log_sink(this, LogLevel::kWarning);
  base::log_line(LogLevel::kInfo, "quiet");
  base::log_line(LogLevel::kWarning, "heard");
  base::log_line(LogLevel::kError, "loud");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], std::pair(LogLevel::kWarning, std::string("heard")));
  EXPECT_EQ(lines[1].second, "loud");
}

TEST_F(LogTest, TheLimitCountsWhatItLeavesOutAndSaysSo) {
  base::set_log_sink(this, LogLevel::kInfo);
  base::LogLimit limit(2, 10s);
  const Instant start = Instant::from_boot(100s);
  for (int repeat = 0; repeat < 5; ++repeat) limit.line(start + 1s * repeat, LogLevel::kInfo, "again");
  EXPECT_EQ(lines.size(), 2U);
  limit.line(start + 9999ms, LogLevel::kInfo, "again");
  EXPECT_EQ(lines.size(), 2U);
  limit.line(start + 10s, LogLevel::kInfo, "again");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[2].second, "(4 similar lines left out)");
  EXPECT_EQ(lines[3].second, "again");
  limit.line(start + 20s, LogLevel::kInfo, "again");
  ASSERT_EQ(lines.size(), 5U);  // nothing was left out in between
}

TEST_F(LogTest, LinesBelowTheLevelUseUpNoLimit) {
  base::set_log_sink(this, LogLevel::kWarning);
  base::LogLimit limit(1, 10s);
  const Instant start = Instant::from_boot(100s);
  limit.line(start, LogLevel::kDebug, "quiet");
  limit.line(start, LogLevel::kWarning, "heard");
  EXPECT_EQ(lines.size(), 1U);
}

}  // namespace
