#include "config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace config {
namespace {

using base::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string example_text() {
  std::ifstream file(std::filesystem::path(HOLDFAST_SOURCE_DIR) / "config" / "example.toml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The example without its comments, each line of a commented-out section put in force.
std::string with_examples_in_force(const std::string& text) {
  std::stringstream lines(text);
  std::string line;
  std::string result;
  bool example = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("# [[")) example = true;
    if (line.empty()) example = false;
    result += (example && line.starts_with("# ") ? line.substr(2) : line) + "\n";
  }
  return result;
}

std::string all_errors(const std::string& text) {
  const auto result = parse(text);
  if (result) return "no error";
  std::string joined;
  for (const Error& error : result.error()) joined += error.to_text("f.toml") + "\n";
  return joined;
}

TEST(Parse, NothingGivesTheDefaults) {
  ASSERT_TRUE(parse("").has_value());
  EXPECT_EQ(*parse(""), Options{});
}

TEST(Parse, TheExampleListsExactlyTheDefaults) {
  const std::string text = example_text();
  ASSERT_FALSE(text.empty());
  ASSERT_TRUE(parse(text).has_value()) << all_errors(text);
  EXPECT_EQ(*parse(text), Options{});
}

// Every key of every section stands in the example: with one removed, parsing it reports the
// unknown-key list, which names them all.
TEST(Parse, TheExampleNamesEveryKey) {
  const std::string text = example_text();
  for (const char* section : {"server", "log", "resolver", "cache", "store", "stale", "dnssec"}) {
    const std::string errors = all_errors("[" + std::string(section) + "]\nzzzzzzzzzzzzzz = 1\n");
    const size_t start = errors.find("its keys are ");
    ASSERT_NE(start, std::string::npos) << errors;
    std::stringstream keys(errors.substr(start + 13));
    std::string key;
    while (std::getline(keys, key, ',')) {
      key.erase(0, key.find_first_not_of(' '));
      key.erase(key.find_last_not_of('\n') + 1);
      EXPECT_THAT(text, HasSubstr("\n" + key + " = ")) << section;
    }
  }
}

TEST(Parse, TheCommentedSectionsOfTheExampleAreValidToo) {
  const auto options = parse(with_examples_in_force(example_text()));
  ASSERT_TRUE(options.has_value()) << all_errors(with_examples_in_force(example_text()));
  ASSERT_EQ(options->upstreams.size(), 2U);
  EXPECT_TRUE(options->upstreams[1].authoritative);
  EXPECT_EQ(options->upstreams[0].servers[1].to_text(), "149.112.112.112:53");
  ASSERT_EQ(options->routes.size(), 2U);
  EXPECT_THAT(options->routes[1].via, ElementsAre("corp"));
  EXPECT_THAT(options->routes[0].via, ElementsAre("iterate", "quad9"));
}

TEST(Parse, EveryKeyReachesItsField) {
  const auto parsed = parse(R"(
[server]
listen = ["192.0.2.1:5300", "[2001:db8::1]"]
workers = 3
allow = ["10.0.0.0/8", "2001:db8::7"]
client_deadline = "2500ms"
user = "holdfast"
identity = "ns1"
version = "1"
[log]
level = "warning"
[resolver]
root_hints = "/etc/hints"
qname_minimisation = false
case_randomisation = false
ipv4 = true
ipv6 = false
outgoing_addresses = ["192.0.2.9"]
outgoing_ports = "2000-3000"
never_query = []
[cache]
memory = "64MiB"
min_ttl = "5s"
max_ttl = "12h"
max_negative_ttl = "5m"
prefetch = false
[store]
path = "/var/lib/holdfast"
size = "2GiB"
[stale]
enabled = false
client_timeout = "1s"
answer_ttl = "10s"
max_age = "1d"
recheck = "1m"
circuits = false
[dnssec]
validate = false
trust_anchors = [". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"]
negative_trust_anchors = ["Broken.Example", "b.example until 2026-12-01T00:00:00Z"]
aggressive_nsec = false
rfc5011 = false
[[upstream]]
name = "a"
servers = ["192.0.2.53@5353"]
authoritative = true
[[upstream]]
name = "b"
servers = ["2001:db8::53"]
[[route]]
zone = "Corp.Example"
via = ["a", "b", "iterate"]
)");
  ASSERT_TRUE(parsed.has_value());
  const Options& options = *parsed;
  EXPECT_EQ(options.server.listen[0].to_text(), "192.0.2.1:5300");
  EXPECT_EQ(options.server.listen[1].to_text(), "[2001:db8::1]:53");
  EXPECT_EQ(options.server.workers, 3U);
  EXPECT_EQ(options.server.allow[1].to_text(), "2001:db8::7/128");
  EXPECT_EQ(options.server.client_deadline, base::milliseconds(2500));
  EXPECT_EQ(options.server.user, "holdfast");
  EXPECT_EQ(options.server.identity, "ns1");
  EXPECT_EQ(options.server.version, "1");
  EXPECT_EQ(options.log.level, base::LogLevel::kWarning);
  EXPECT_EQ(options.resolver.root_hints, "/etc/hints");
  EXPECT_FALSE(options.resolver.qname_minimisation);
  EXPECT_FALSE(options.resolver.case_randomisation);
  EXPECT_TRUE(options.resolver.ipv4);
  EXPECT_FALSE(options.resolver.ipv6);
  EXPECT_EQ(options.resolver.outgoing_addresses[0].to_text(), "192.0.2.9");
  EXPECT_EQ(options.resolver.outgoing_ports, (PortRange{2000, 3000}));
  EXPECT_TRUE(options.resolver.never_query.empty());
  EXPECT_EQ(options.cache.memory_bytes, 64ULL << 20);
  EXPECT_EQ(options.cache.min_ttl, seconds(5));
  EXPECT_EQ(options.cache.max_ttl, seconds(43200));
  EXPECT_EQ(options.cache.max_negative_ttl, seconds(300));
  EXPECT_FALSE(options.cache.prefetch);
  EXPECT_EQ(options.store.path, "/var/lib/holdfast");
  EXPECT_EQ(options.store.size_bytes, 2ULL << 30);
  EXPECT_EQ(options.stale, (StaleOptions{false, seconds(1), seconds(10), seconds(86400), seconds(60), false}));
  EXPECT_FALSE(options.dnssec.validate);
  EXPECT_EQ(options.dnssec.trust_anchors.size(), 1U);
  EXPECT_EQ(options.dnssec.negative_trust_anchors,
            (std::vector<NegativeTrustAnchor>{{"broken.example.", std::nullopt},
                                              {"b.example.", base::WallTime{1796083200}}}));
  EXPECT_FALSE(options.dnssec.aggressive_nsec);
  EXPECT_FALSE(options.dnssec.rfc5011);
  EXPECT_EQ(options.upstreams[0].servers[0].to_text(), "192.0.2.53:5353");
  EXPECT_TRUE(options.upstreams[0].authoritative);
  EXPECT_FALSE(options.upstreams[1].authoritative);
  EXPECT_EQ(options.routes[0].zone, "corp.example.");
  EXPECT_THAT(options.routes[0].via, ElementsAre("a", "b", "iterate"));
}

struct WrongRow {
  const char* text;
  uint32_t line;
  const char* said;  // part of the sentence
};

class Wrong : public ::testing::TestWithParam<WrongRow> {};

TEST_P(Wrong, IsReportedOnceWithItsLineAndWhatToWrite) {
  const auto result = parse(GetParam().text);
  ASSERT_FALSE(result.has_value()) << GetParam().text;
  ASSERT_EQ(result.error().size(), 1U) << all_errors(GetParam().text);
  EXPECT_EQ(result.error()[0].line, GetParam().line);
  EXPECT_THAT(result.error()[0].sentence, HasSubstr(GetParam().said));
  EXPECT_EQ(result.error()[0].sentence.find('\n'), std::string::npos);
}

const WrongRow kWrongRows[] = {
    {"[server\n", 1, "not TOML"},
    {"[server]\nworkers = 1\nworkers = 2\n", 3, "not TOML"},
    {"x = \"unfinished\n", 1, "not TOML"},
    {"\xff\xfe", 1, "not ASCII"},
    {"server = 3\n", 1, "write [server]"},
    {"\nworkers = 3\n", 2, "key \"workers\" outside of the sections"},
    {"[sever]\n", 1, "did you mean [server]?"},
    {"[banana]\n", 1, "config/example.toml"},
    {"[server]\n\nlisten_on = []\n", 3, "[server] has no key \"listen_on\"; did you mean \"listen\"?"},
    {"[log]\ncolour = true\n", 2, "its keys are level"},
    {"[server]\nlisten = \"127.0.0.1\"\n", 2, "is not a list; write a list of addresses"},
    {"[server]\nlisten = []\n", 2, "is empty"},
    {"[server]\nlisten = [\"bogus\"]\n", 2, "has \"bogus\""},
    {"[server]\nlisten = [\n  \"127.0.0.1\",\n  \"localhost\",\n]\n", 4, "has \"localhost\""},
    {"[server]\nlisten = [\"127.0.0.1:0\", \"::1\"]\n", 2, "has \"127.0.0.1:0\""},
    {"[server]\nlisten = [\"127.0.0.1:65536\", \"::1\"]\n", 2, "has \"127.0.0.1:65536\""},
    {"[server]\nlisten = [53, \"::1\"]\n", 2, "no text in quotes"},
    {"[server]\nlisten = [\"::1\", \"[::1]:53\"]\n", 2, "twice"},
    {"[server]\nworkers = 257\n", 2, "a number from 0 to 256"},
    {"[server]\nworkers = -1\n", 2, "is -1; write a number"},
    {"[server]\nworkers = \"2\"\n", 2, "is no whole number"},
    {"[server]\nworkers = 1.0\n", 2, "is no whole number"},
    {"[server]\nallow = [\"10.0.0.0/33\"]\n", 2, "has \"10.0.0.0/33\"; write a list of prefixes"},
    {"[server]\nclient_deadline = 4\n", 2, "no text in quotes; write it like \"30s\""},
    {"[server]\nclient_deadline = \"4\"\n", 2, "is no duration"},
    {"[server]\nclient_deadline = \"50ms\"\n", 2, "from \"100ms\" to \"1m\""},
    {"[server]\nclient_deadline = \"61s\"\n", 2, "out of range"},
    {"[server]\nuser = 1000\n", 2, "no text in quotes"},
    {"[log]\nlevel = \"loud\"\n", 2, "\"debug\", \"info\", \"warning\" or \"error\""},
    {"[resolver]\nqname_minimisation = \"yes\"\n", 2, "write true or false"},
    {"[resolver]\nipv4 = false\nipv6 = false\n", 2, "both false"},
    {"[resolver]\noutgoing_addresses = [\"192.0.2.1:53\"]\n", 2, "IP addresses like"},
    {"[resolver]\noutgoing_ports = \"0-100\"\n", 2, "no range of ports"},
    {"[resolver]\noutgoing_ports = \"2000-1000\"\n", 2, "no range of ports"},
    {"[resolver]\nnever_query = [\"example.com\"]\n", 2, "prefixes like"},
    {"[cache]\nmemory = \"256MB\"\n", 2, "is no size"},
    {"[cache]\nmemory = \"1KiB\"\n", 2, "from \"1MiB\" to \"1TiB\""},
    {"[cache]\nmemory = \"2TiB\"\n", 2, "out of range"},
    {"[cache]\nmin_ttl = \"2d\"\n", 2, "longer than max_ttl; write at most \"1d\""},
    {"[cache]\nmin_ttl = \"1500ms\"\n", 2, "whole seconds"},
    {"[cache]\nmax_ttl = \"0s\"\n", 2, "out of range"},
    {"[store]\nsize = \"1B\"\n", 2, "out of range"},
    {"[stale]\nanswer_ttl = \"0s\"\n", 2, "out of range"},
    {"[stale]\nmax_age = \"366d\"\n", 2, "out of range"},
    {"[stale]\ncircuits = 1\n", 2, "write true or false"},
    {"[dnssec]\ntrust_anchors = [\"example.com\"]\n", 2, "DS or DNSKEY records"},
    {"[dnssec]\ntrust_anchors = [\". DS 20326 8 2\"]\n", 2, "DS or DNSKEY records"},
    {"[dnssec]\nnegative_trust_anchors = [\"a..b\"]\n", 2, "zone names like"},
    {"[dnssec]\nnegative_trust_anchors = [\"a.example until 2026-12-01\"]\n", 2, "until 2026-12-01T00:00:00Z"},
    {"[upstream]\nname = \"a\"\n", 1, "write [[upstream]]"},
    {"[[upstream]]\nservers = [\"192.0.2.1\"]\n", 1, "name is missing"},
    {"[[upstream]]\nname = \"a\"\n", 1, "servers is missing"},
    {"[[upstream]]\nname = \"a\"\nservers = []\n", 3, "servers is empty"},
    {"[[upstream]]\nname = \"iterate\"\nservers = [\"192.0.2.1\"]\n", 2, "cannot be used"},
    {"[[upstream]]\nname = \"\"\nservers = [\"192.0.2.1\"]\n", 2, "cannot be used"},
    {"[[upstream]]\nname = \"a\"\nservers = [\"192.0.2.1\"]\n\n[[upstream]]\nname = \"a\"\nservers = [\"192.0.2.2\"]\n",
     6, "is there twice"},
    {"[[upstream]]\nname = \"a\"\nservers = [\"192.0.2.1\"]\nauthoritive = true\n", 4,
     "did you mean \"authoritative\"?"},
    {"[[route]]\nvia = [\"iterate\"]\n", 1, "zone is missing"},
    {"[[route]]\nzone = \".\"\n", 1, "names no step"},
    {"[[route]]\nzone = \".\"\nvia = []\n", 3, "names no step"},
    {"[[route]]\nzone = \"a..b\"\nvia = [\"iterate\"]\n", 2, "is no zone name"},
    {"[[route]]\nzone = \".\"\nvia = [\"quad9\"]\n", 3, "which is no upstream"},
    {"[[route]]\nzone = \".\"\nvia = [\"itrate\"]\n", 3, "did you mean \"iterate\"?"},
    {"[[route]]\nzone = \".\"\nvia = [\"iterate\", \"iterate\"]\n", 3, "twice"},
    {"[[route]]\nzone = \".\"\nvia = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]\n", 3,
     "8 steps; write at most 7"},
    {"[[route]]\nzone = \"a\"\nvia = [\"iterate\"]\n[[route]]\nzone = \"A.\"\nvia = [\"iterate\"]\n", 5,
     "has a route already"},
};

INSTANTIATE_TEST_SUITE_P(Parse, Wrong, ::testing::ValuesIn(kWrongRows));

TEST(Parse, EveryMistakeIsReportedInTheOrderOfLines) {
  const auto result = parse("[stale]\nenabled = 1\n[server]\nworkers = 999\nclient_deadline = \"x\"\n[nonsense]\n");
  ASSERT_FALSE(result.has_value());
  std::vector<uint32_t> lines;
  for (const Error& error : result.error()) lines.push_back(error.line);
  EXPECT_THAT(lines, ElementsAre(2, 4, 5, 6));
}

TEST(Parse, WhatIsQuotedBackIsShortAndPrintable) {
  const std::string errors = all_errors("[log]\nlevel = \"" + std::string(5000, 'x') + "\\u0007\"\n");
  EXPECT_LT(errors.size(), 250U);
  EXPECT_EQ(errors.find('\a'), std::string::npos);
}

TEST(Parse, DeepNestingIsAnErrorNotACrash) { EXPECT_NE(all_errors("a = " + std::string(100000, '[')), "no error"); }

TEST(Error, NamesFileAndLine) {
  EXPECT_EQ((Error{7, "it is wrong; write it right"}).to_text("x.toml"), "x.toml:7: it is wrong; write it right");
}

TEST(Parse, TextThatIsNoTomlIsOneErrorWithItsLine) {
  for (const char* text :
       {"[?", "\n[?", "a = ", "[server\nlisten = []", "=", "[[", "\"", "a.b. = 1", "x = [1,,2]", "\x01"}) {
    const auto options = parse(text);
    ASSERT_FALSE(options) << text;
    ASSERT_EQ(options.error().size(), 1U) << text;
    EXPECT_EQ(options.error()[0].line, text[0] == '\n' ? 2U : 1U) << text;
    EXPECT_GE(options.error()[0].line, 1U) << text;
    EXPECT_THAT(options.error()[0].sentence, HasSubstr("this is not TOML")) << text;
  }
}

TEST(Parse, OtherCharactersThanAsciiStandInCommentsOrAreEscaped) {
  EXPECT_TRUE(parse("# caf\xC3\xA9\n[server]\nidentity = \"caf\\u00E9\" # \xC3\xA9\n"));
  EXPECT_TRUE(parse("[server]\nidentity = \"\\\\\" # \xC3\xA9\n"));
  EXPECT_TRUE(parse("\xEF\xBB\xBF[server]\n"));
  for (const char* text :
       {"[server]\nidentit\xC3\xA9 = \"x\"\n", "\n\xEF\xB3\xBF?", "\n\xCF\xBB`", "#\nidentity = \"#\xC3\xA9\""}) {
    const auto options = parse(text);
    ASSERT_FALSE(options) << text;
    EXPECT_EQ(options.error()[0].line, 2U) << text;
    EXPECT_THAT(options.error()[0].sentence, HasSubstr("this is not ASCII")) << text;
  }
}

}  // namespace
}  // namespace config
