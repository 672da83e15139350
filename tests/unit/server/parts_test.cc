// The small parts of the daemon: statistics, options, the log line, users, the check of ports.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/engine_options.h"
#include "server/log_sink.h"
#include "server/preflight.h"
#include "server/privileges.h"
#include "server/random.h"
#include "server/stats.h"

namespace server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Stats, AddsUpTheWorkers) {
  WorkerReport one;
  WorkerReport two;
  one.counters.add(base::Counter::kClientHits, 3);
  two.counters.add(base::Counter::kClientHits, 4);
  one.gauges.set(Gauge::kClients, 1);
  two.gauges.set(Gauge::kClients, 2);
  cache::Cache::Usage cache;
  cache.entries = 9;
  const ProviderStats providers{true, {{"example.net", base::seconds(12), 3, 40}}};
  const std::string text =
      render_stats({"1.2", "mmsg", 60, 5, {{"office", 7, 6, 1, 5}}}, {&one, &two}, cache, providers, {}, StatsFormat::kText);
  EXPECT_THAT(text, HasSubstr("\nproviders.down.1.name example.net\n"));
  EXPECT_THAT(text, HasSubstr("\nproviders.down.1.stale_answers 40\n"));
  EXPECT_THAT(text, HasSubstr("\nupstreams.office.sent 7\nupstreams.office.responses 6\n"));
  EXPECT_THAT(text, HasSubstr("\nupstreams.office.timeouts 1\nupstreams.office.answers 5\n"));
  EXPECT_THAT(text, HasSubstr("\nclient.hits 7\n"));
  EXPECT_THAT(text, HasSubstr("\nnow.clients 3\n"));
  EXPECT_THAT(text, HasSubstr("\ncache.entries 9\n"));
  EXPECT_THAT(text, HasSubstr("server.version 1.2\n"));
  EXPECT_THAT(text, HasSubstr("\nlog.lines_lost 5\n"));
}

TEST(Stats, PrintsEveryCounterOnce) {
  const WorkerReport worker;
  const std::string text = "\n" + render_stats({}, {&worker}, {}, {}, {}, StatsFormat::kText);
  for (const base::CounterInfo& info : base::kCounterInfo) {
    const std::string start = "\n" + std::string(info.name) + " ";
    const size_t at = text.find(start);
    ASSERT_NE(at, std::string::npos) << info.name;
    EXPECT_EQ(text.find(start, at + 1), std::string::npos) << info.name << " is there twice";
  }
}

TEST(Stats, JsonQuotesTextAndNothingElse) {
  const WorkerReport worker;
  const std::string text = render_stats({"1\"2", "mmsg", 60, 0, {}}, {&worker}, {}, {}, {}, StatsFormat::kJson);
  EXPECT_TRUE(text.starts_with("{\n  \"server.version\": \"1\\\"2\",\n"));
  EXPECT_THAT(text, HasSubstr("\"server.uptime_s\": 60,"));
  EXPECT_TRUE(text.ends_with("\n}\n"));
}

TEST(ReservedPorts, ReadsNumbersAndRanges) {
  EXPECT_THAT(parse_reserved_ports("8080,5000-5002,22\n"), ElementsAre(22, 5000, 5001, 5002, 8080));
  EXPECT_THAT(parse_reserved_ports("\n"), IsEmpty());
  EXPECT_THAT(parse_reserved_ports(""), IsEmpty());
  EXPECT_THAT(parse_reserved_ports("65535,x,1-,70000,9-8,7"), ElementsAre(7, 65535));
}

TEST(EngineOptions, CarryTheConfigurationOver) {
  config::Options options;
  options.cache.max_ttl = base::seconds(77);
  options.resolver.ipv6 = false;
  options.resolver.outgoing_ports = {2000, 3000};
  options.server.identity = "ns1";
  options.upstreams.push_back({"a", {*base::Endpoint::parse("127.0.0.9", 53)}, true});
  options.upstreams.push_back({"b", {*base::Endpoint::parse("127.0.0.8@5353", 53)}, false});
  options.routes.push_back({"corp.example.", {"a"}});
  options.routes.push_back({".", {"iterate", "b"}});
  const auto engine = engine_options(options, {});
  ASSERT_TRUE(engine.has_value()) << engine.error();
  EXPECT_EQ(engine->max_ttl_s, 77U);
  EXPECT_FALSE(engine->ipv6);
  EXPECT_EQ(engine->outgoing_port_first, 2000);
  EXPECT_EQ(engine->outgoing_port_last, 3000);
  EXPECT_EQ(engine->answer.identity, "ns1");
  EXPECT_EQ(engine->own_listeners, options.server.listen);
  EXPECT_EQ(engine->never_query, options.resolver.never_query);
  EXPECT_THAT(engine->always_query, ::testing::Contains(*base::IpAddress::parse("127.0.0.9")));
  EXPECT_THAT(engine->always_query, ::testing::Not(::testing::Contains(*base::IpAddress::parse("127.0.0.8"))));
  const resolver::Route& corp = engine->routes.find(*wire::Name::from_text("www.corp.example"));
  EXPECT_THAT(corp.steps, ElementsAre(0));
  EXPECT_TRUE(engine->routes.upstream_of(corp, 0)->authoritative);
  const resolver::Route& other = engine->routes.find(*wire::Name::from_text("www.example.com"));
  EXPECT_THAT(other.steps, ElementsAre(resolver::kIterateStep, 1));
  EXPECT_EQ(engine->routes.upstream_of(other, 1)->servers.at(0).port, 5353);
  EXPECT_THAT(engine->always_query, ::testing::Contains(engine->root_hints.servers.at(0).glue.at(0)));
}

TEST(EngineOptions, AForwarderThatIsThisServerIsRefused) {
  config::Options options;
  options.upstreams.push_back({"self", {options.server.listen.at(0)}, false});
  const auto engine = engine_options(options, {});
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error(),
            "[[upstream]] \"self\": this server itself listens on 127.0.0.1:53 and would ask itself; name another server");
}

TEST(EngineOptions, ARouteForNamesThatAreAlwaysLocalIsRefused) {
  config::Options options;
  options.routes.push_back({"hidden.onion.", {"iterate"}});
  const auto engine = engine_options(options, {});
  ASSERT_FALSE(engine.has_value());
  EXPECT_THAT(engine.error(), HasSubstr("\"hidden.onion.\": such names are always answered here"));
}

TEST(EngineOptions, NegativeAnchorsExpireByTheWallClock) {
  config::Options options;
  options.dnssec.negative_trust_anchors = {{"a.example.", base::WallTime{1796083200}}, {"b.example.", std::nullopt}};
  const auto engine = engine_options(options, {});
  ASSERT_TRUE(engine.has_value()) << engine.error();
  const wire::Name a = *wire::Name::from_text("www.a.example.");
  const wire::Name b = *wire::Name::from_text("www.b.example.");
  EXPECT_TRUE(engine->dnssec.anchors.nearest(a, {1796083199})->is_negative);
  EXPECT_FALSE(engine->dnssec.anchors.nearest(a, {1796083200})->is_negative);
  EXPECT_TRUE(engine->dnssec.anchors.nearest(b, {INT64_MAX - 1})->is_negative);

  EXPECT_THAT(expired_negative_anchors(options.dnssec, {1796083199}), IsEmpty());
  EXPECT_THAT(expired_negative_anchors(options.dnssec, {1796083200}),
              ElementsAre("[dnssec] negative_trust_anchors: \"a.example.\" expired at 2026-12-01T00:00:00Z and has no effect, "
                          "so the zone is validated; remove it, or write a later time"));
  options.dnssec.validate = false;
  EXPECT_THAT(expired_negative_anchors(options.dnssec, {1796083200}), IsEmpty());
}

TEST(EngineOptions, AMissingHintsFileIsASentence) {
  config::Options options;
  options.resolver.root_hints = "/nonexistent/root.hints";
  const auto engine = engine_options(options, {});
  ASSERT_FALSE(engine.has_value());
  EXPECT_THAT(engine.error(), HasSubstr("/nonexistent/root.hints (No such file or directory)"));
}

TEST(ReadSmallFile, RefusesFoldersAndEndlessFiles) {
  EXPECT_FALSE(read_small_file("/").has_value());
  EXPECT_THAT(read_small_file("/dev/zero").error(), HasSubstr("longer than 1 MiB"));
}

TEST(PrintableLine, IsOneBoundedLine) {
  EXPECT_EQ(printable_line("a\nb\x1b[31m\xff"), "a?b?[31m?");
  EXPECT_EQ(printable_line(std::string(5000, 'x')).size(), 1003U);
}

TEST(FindUser, UnknownUsersAreASentence) {
  const auto user = find_user("no-such-user-here");
  ASSERT_FALSE(user.has_value());
  EXPECT_THAT(user.error(), HasSubstr("there is no such user"));
  ASSERT_TRUE(find_user("root").has_value());
  EXPECT_EQ(find_user("root")->uid, 0U);
}

TEST(FillRandom, FillsAll) {
  std::array<uint8_t, 64> one{};
  std::array<uint8_t, 64> two{};
  ASSERT_TRUE(fill_random(one).has_value());
  ASSERT_TRUE(fill_random(two).has_value());
  EXPECT_NE(one, two);
}

// A port of loopback that somebody else listens on, sharing it as our own listeners do.
class TakenPort : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    descriptor_ = socket(AF_INET, GetParam() | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(descriptor_, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    if (GetParam() == SOCK_STREAM) {
      ASSERT_EQ(listen(descriptor_, 1), 0);
    }
    socklen_t size = sizeof(address);
    ASSERT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    endpoint_ = *base::Endpoint::parse("127.0.0.1", ntohs(address.sin_port));
  }
  void TearDown() override { close(descriptor_); }
  int descriptor_ = -1;
  base::Endpoint endpoint_;
};

TEST_P(TakenPort, IsFoundAlthoughItCouldBeShared) {
  const auto free = check_endpoint_free(endpoint_);
  ASSERT_FALSE(free.has_value());
  EXPECT_THAT(free.error(), HasSubstr("another process uses it"));
}

INSTANTIATE_TEST_SUITE_P(Preflight, TakenPort, ::testing::Values(SOCK_DGRAM, SOCK_STREAM));

TEST(Preflight, AnAddressOfAnotherMachineIsASentence) {
  const auto free = check_endpoint_free(*base::Endpoint::parse("192.0.2.1:5300", 53));
  ASSERT_FALSE(free.has_value());
  EXPECT_THAT(free.error(), HasSubstr("this machine has no such address"));
}

}  // namespace
}  // namespace server
