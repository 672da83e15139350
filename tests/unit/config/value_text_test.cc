#include "config/value_text.h"

#include <gtest/gtest.h>

namespace config {
namespace {

using base::milliseconds;
using base::seconds;

TEST(ParseDuration, ReadsEveryUnit) {
  const std::pair<const char*, base::Duration> rows[] = {
      {"1800ms", milliseconds(1800)}, {"0s", seconds(0)},      {"30s", seconds(30)},    {"5m", seconds(300)},
      {"12h", seconds(43200)},        {"3d", seconds(259200)}, {"1w", seconds(604800)},
  };
  for (const auto& [text, expected] : rows) {
    ASSERT_TRUE(parse_duration(text).has_value()) << text;
    EXPECT_EQ(*parse_duration(text), expected) << text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "30", "30 s", "30S", "-1s", "+1s", "1.5s", "1s1s", "30sec", "99999999999999999999s",
                           "18446744073709551615ms", "36601d"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(DurationText, IsReadBackAsTheSame) {
  for (const char* text : {"1800ms", "30s", "5m", "12h", "3d", "0s", "90s"}) {
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  }
  EXPECT_EQ(duration_text(seconds(60)), "1m");
}

TEST(ParseSize, ReadsEveryUnit) {
  const std::pair<const char*, uint64_t> rows[] = {
      {"512B", 512}, {"64KiB", 65536}, {"256MiB", 256ULL << 20}, {"1GiB", 1ULL << 30}, {"2TiB", 2ULL << 40}};
  for (const auto& [text, expected] : rows) {
    ASSERT_TRUE(parse_size(text).has_value()) << text;
    EXPECT_EQ(*parse_size(text), expected) << text;
    EXPECT_EQ(size_text(expected), text);
  }
}

TEST(ParseSize, RefusesEverythingElse) {
  for (const char* text : {"", "1", "1MB", "1 MiB", "-1MiB", "1.5MiB", "MiB", "99999999999TiB"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

TEST(ParsePortRange, ReadsRangesAndSinglePorts) {
  EXPECT_EQ(parse_port_range("1024-65535"), (PortRange{1024, 65535}));
  EXPECT_EQ(parse_port_range("5353"), (PortRange{5353, 5353}));
  for (const char* text : {"", "-", "0", "0-1", "2-1", "1-", "-1", "1-65536", "1 - 2", "1-2-3", "a-b"}) {
    EXPECT_FALSE(parse_port_range(text).has_value()) << text;
  }
}

TEST(CanonicalName, LowersLettersAndEndsInADot) {
  EXPECT_EQ(canonical_name("."), ".");
  EXPECT_EQ(canonical_name("Example.COM"), "example.com.");
  EXPECT_EQ(canonical_name("example.com."), "example.com.");
  EXPECT_EQ(canonical_name("a\\.b.example"), "a\\.b.example.");
  EXPECT_EQ(canonical_name("\\032.example"), "\\032.example.");
}

TEST(CanonicalName, HoldsTheLimitsOfRfc1035) {
  const std::string label63(63, 'a');
  EXPECT_TRUE(canonical_name(label63 + ".example").has_value());
  EXPECT_FALSE(canonical_name(label63 + "a.example").has_value());
  // Four labels of 63 are 256 bytes and the root label: too long; with a last one of 61 it is 255.
  const std::string three = label63 + "." + label63 + "." + label63 + ".";
  EXPECT_TRUE(canonical_name(three + std::string(61, 'a')).has_value());
  EXPECT_FALSE(canonical_name(three + std::string(62, 'a')).has_value());
}

TEST(CanonicalName, RefusesWhatIsNoName) {
  for (const char* text : {"", "..", ".a", "a..b", "a b", "a\tb", "\\", "\\25", "\\256", "caf\xc3\xa9", "a\""}) {
    EXPECT_FALSE(canonical_name(text).has_value()) << text;
  }
}

TEST(ParseUtc, ReadsWhatRfc3339Writes) {
  EXPECT_EQ(parse_utc("1970-01-01T00:00:00Z"), base::WallTime{0});
  EXPECT_EQ(parse_utc("2026-12-01T00:00:00Z"), base::WallTime{1796083200});
  EXPECT_EQ(parse_utc("2024-02-29T23:59:59Z"), base::WallTime{1709251199});
  for (const char* text : {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "0001-03-04T05:06:07Z", "9999-12-31T23:59:59Z"}) {
    const auto time = parse_utc(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(utc_text(*time), text);
  }
}

TEST(ParseUtc, RefusesEverythingElse) {
  for (const char* text : {"", "2026-12-01", "2026-12-01T00:00:00", "2026-12-01 00:00:00Z", "2026-12-01T00:00:00+00:00",
                           "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-12-01T24:00:00Z",
                           "2026-12-01T00:60:00Z", "2026-12-01T00:00:60Z", "-026-12-01T00:00:00Z", "2026-12-01T00:00:00Z "}) {
    EXPECT_FALSE(parse_utc(text).has_value()) << text;
  }
}

TEST(ParseNegativeTrustAnchor, ReadsZonesWithAndWithoutAnEnd) {
  EXPECT_EQ(parse_negative_trust_anchor("Example.com"), (NegativeTrustAnchor{"example.com.", std::nullopt}));
  EXPECT_EQ(parse_negative_trust_anchor("example.com. until 2026-12-01T00:00:00Z"),
            (NegativeTrustAnchor{"example.com.", base::WallTime{1796083200}}));
  EXPECT_EQ(parse_negative_trust_anchor("until"), (NegativeTrustAnchor{"until.", std::nullopt}));
  for (const char* text : {"", "a..b", " until 2026-12-01T00:00:00Z", "example.com until", "example.com until ",
                           "example.com until tomorrow", "example.com  until 2026-12-01T00:00:00Z",
                           "example.com until 2026-12-01T00:00:00Z until 2026-12-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_negative_trust_anchor(text).has_value()) << text;
  }
}

TEST(Nearest, FindsSlipsButNotStrangers) {
  const std::vector<std::string> known = {"listen", "workers", "allow"};
  EXPECT_EQ(nearest("listne", known), "listen");
  EXPECT_EQ(nearest("worker", known), "workers");
  EXPECT_EQ(nearest("qqqqqqqqq", known), "");
  EXPECT_EQ(nearest("x", known), "");
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

}  // namespace
}  // namespace config
