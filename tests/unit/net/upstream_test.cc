// Exchanges and streams: the sockets towards servers.
#include <sys/resource.h>

#include "tests/unit/net/loop_fixture.h"

namespace net {
namespace {

class UpstreamTest : public LoopTest {
 protected:
  void SetUp() override { make(); }
  void open(uint64_t id, const base::Endpoint& server, std::string_view query, uint16_t port = 0) {
    loop_->open_exchange(ExchangeId{id}, nullptr, port, server, base::as_bytes(query));
  }
  bool wait_responses(size_t count) {
    return turn_until([&] { return responses_.size() >= count; });
  }
  // A port where nobody is.
  base::Endpoint nobody(int type) { return Peer(type, "127.0.0.1").local(); }
};
BOTH_BACKENDS(UpstreamTest);

TEST_P(UpstreamTest, exchange_over_both_families) {
  uint64_t id = 0;
  for (const char* address : {"127.0.0.1", "::1"}) {
    Peer server(SOCK_DGRAM, address);
    const uint16_t port = Peer(SOCK_DGRAM, address).local().port;
    open(++id, server.local(), "query", port);
    base::Endpoint from;
    EXPECT_EQ(server.receive(&from), "query");
    EXPECT_EQ(from, endpoint(address, port));
    ASSERT_TRUE(server.send_to("response", from));
    ASSERT_TRUE(wait_responses(id));
    EXPECT_EQ(responses_.back(), (std::pair<uint64_t, std::string>{id, "response"}));
    loop_->close_exchange(ExchangeId{id});
    settle();
    EXPECT_EQ(loop_->usage().exchanges, 0u);
    EXPECT_TRUE(Peer(SOCK_DGRAM, address, port).bound());  // the port is free again
  }
}

TEST_P(UpstreamTest, exchange_leaves_from_the_address_given) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  const base::IpAddress local = ip("127.0.0.9");
  loop_->open_exchange(ExchangeId{1}, &local, 0, server.local(), base::as_bytes("query"));
  base::Endpoint from;
  EXPECT_EQ(server.receive(&from), "query");
  EXPECT_EQ(from.address, local);
}

TEST_P(UpstreamTest, further_responses_come_until_closed) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  open(1, server.local(), "query");
  base::Endpoint from;
  server.receive(&from);
  for (int count = 0; count < 20; ++count) ASSERT_TRUE(server.send_to("forged", from));
  ASSERT_TRUE(wait_responses(20));
  ASSERT_TRUE(server.send_to(std::string(60000, 'r'), from));
  ASSERT_TRUE(wait_responses(21));
  EXPECT_EQ(responses_.back().second, std::string(60000, 'r'));
  loop_->close_exchange(ExchangeId{1});
  (void)server.send_to("late", from);
  settle();
  EXPECT_EQ(responses_.size(), 21u);
}

TEST_P(UpstreamTest, only_the_server_asked_is_heard) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  Peer stranger(SOCK_DGRAM, "127.0.0.1");
  open(1, server.local(), "query");
  base::Endpoint from;
  server.receive(&from);
  ASSERT_TRUE(stranger.send_to("forged", from));
  ASSERT_TRUE(server.send_to("response", from));
  ASSERT_TRUE(wait_responses(1));
  settle();
  ASSERT_EQ(responses_.size(), 1u);
  EXPECT_EQ(responses_[0].second, "response");
}

TEST_P(UpstreamTest, two_exchanges_with_one_server) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  open(1, server.local(), "one");
  open(2, server.local(), "two");
  base::Endpoint first, second;
  EXPECT_EQ(server.receive(&first), "one");
  EXPECT_EQ(server.receive(&second), "two");
  EXPECT_NE(first, second);
  ASSERT_TRUE(server.send_to("re:two", second));
  ASSERT_TRUE(wait_responses(1));
  ASSERT_TRUE(server.send_to("re:one", first));
  ASSERT_TRUE(wait_responses(2));
  EXPECT_EQ(responses_[0], (std::pair<uint64_t, std::string>{2, "re:two"}));
  EXPECT_EQ(responses_[1], (std::pair<uint64_t, std::string>{1, "re:one"}));
}

TEST_P(UpstreamTest, taken_port_comes_back_as_an_event) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  Peer holder(SOCK_DGRAM, "0.0.0.0");
  open(1, server.local(), "query", holder.local().port);
  settle();
  EXPECT_EQ(port_taken_, std::vector<uint64_t>{1});
  EXPECT_EQ(loop_->usage().exchanges, 0u);
  open(1, server.local(), "again");  // the id is free
  EXPECT_EQ(server.receive(), "again");
}

TEST_P(UpstreamTest, refused_exchange) {
  open(1, nobody(SOCK_DGRAM), "query");
  ASSERT_TRUE(turn_until([&] { return failed_.contains(1); }));
  EXPECT_EQ(failed_[1], TransportError::kRefused);
  EXPECT_EQ(loop_->usage().exchanges, 0u);
}

TEST_P(UpstreamTest, unreachable_server) {
  open(1, endpoint("255.255.255.255", 53), "query");
  settle();
  ASSERT_TRUE(failed_.contains(1));
  EXPECT_EQ(failed_[1], TransportError::kUnreachable);
}

TEST_P(UpstreamTest, exchange_closed_before_its_answer) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  for (int round = 0; round < 3; ++round) {
    for (uint64_t id = 0; id < 50; ++id) open(id, server.local(), "query");
    if (round > 0) settle();  // with and without requests in the kernel
    for (uint64_t id = 0; id < 50; ++id) loop_->close_exchange(ExchangeId{id});
    loop_->close_exchange(ExchangeId{7});  // of no effect
    settle();
    EXPECT_EQ(loop_->usage().exchanges, 0u);
  }
  EXPECT_TRUE(responses_.empty());
}

TEST_P(UpstreamTest, exchange_without_descriptors) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit tight{.rlim_cur = 3, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  open(1, server.local(), "query");
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  setrlimit(RLIMIT_NOFILE, &before);
  settle();
  EXPECT_EQ(no_descriptor_, std::vector<uint64_t>{1});
  EXPECT_TRUE(streams_closed_.contains(1));
  EXPECT_EQ(counter(base::Counter::kNetDescriptorsExhausted), 2u);
}

TEST_P(UpstreamTest, accepting_pauses_without_descriptors) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(client.connect_to(at));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit tight{.rlim_cur = 3, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  for (int count = 0; count < 10; ++count) turn(base::milliseconds(1));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(counter(base::Counter::kNetDescriptorsExhausted), 1u);  // tried once, not in each turn
  advance(base::milliseconds(200));
  EXPECT_TRUE(turn_until([&] { return loop_->usage().connections == 1; }));
}

TEST_P(UpstreamTest, thousands_of_failures_arrive_in_bounded_turns) {
  Peer server(SOCK_DGRAM, "127.0.0.1");
  Peer holder(SOCK_DGRAM, "0.0.0.0");
  for (uint64_t id = 0; id < 1500; ++id) open(id, server.local(), "query", holder.local().port);
  for (int count = 0; count < 3; ++count) {
    const size_t before = port_taken_.size();
    turn(base::seconds(3600));  // must not wait
    EXPECT_LE(port_taken_.size() - before, kEventsPerTurnMax);
  }
  EXPECT_EQ(port_taken_.size(), 1500u);
}

// Streams ----------------------------------------------------------------------------------------

TEST_P(UpstreamTest, stream_opens_sends_and_receives) {
  Peer server(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(server.listen_now());
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  loop_->send_stream(StreamId{1}, base::as_bytes("early"));
  ASSERT_TRUE(turn_until([&] { return !streams_opened_.empty(); }));
  loop_->send_stream(StreamId{1}, base::as_bytes("later"));
  turn(base::Duration(0));
  Peer side = server.accept_one();
  EXPECT_EQ(side.receive_message(), "early");
  EXPECT_EQ(side.receive_message(), "later");
  std::string many;
  for (int number = 0; number < 40; ++number) many += framed(std::to_string(number));
  ASSERT_TRUE(side.send_text(many + framed(std::string(65535, 'z'))));
  side.close();
  ASSERT_TRUE(turn_until([&] { return streams_closed_.contains(1); }));
  ASSERT_EQ(stream_messages_.size(), 41u);
  EXPECT_EQ(stream_messages_[39].second, "39");
  EXPECT_EQ(stream_messages_[40].second, std::string(65535, 'z'));
  EXPECT_EQ(streams_closed_[1], TransportError::kOther);
  EXPECT_EQ(loop_->usage().streams, 0u);
}

TEST_P(UpstreamTest, stream_leaves_from_the_address_given) {
  Peer server(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(server.listen_now());
  const base::IpAddress local = ip("127.0.0.9");
  loop_->open_stream(StreamId{1}, &local, server.local());
  ASSERT_TRUE(turn_until([&] { return !streams_opened_.empty(); }));
  Peer side = server.accept_one();
  SocketAddress raw;
  socklen_t length = sizeof(raw);
  getpeername(side.fd(), &raw.any, &length);
  EXPECT_EQ(to_endpoint(raw).address, local);
}

TEST_P(UpstreamTest, large_queries_wait_for_the_server_to_read) {
  Peer server(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(server.listen_now());
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  const std::string large(65000, 'q');
  for (int count = 0; count < 150; ++count) loop_->send_stream(StreamId{1}, base::as_bytes(large));
  ASSERT_TRUE(turn_until([&] { return !streams_opened_.empty(); }));
  Peer side = server.accept_one();
  for (int count = 0; count < 150; ++count) {
    turn(base::Duration(0));
    ASSERT_EQ(side.receive_message(), large) << count;
  }
}

TEST_P(UpstreamTest, refused_stream) {
  loop_->open_stream(StreamId{1}, nullptr, nobody(SOCK_STREAM));
  ASSERT_TRUE(turn_until([&] { return streams_closed_.contains(1); }));
  EXPECT_EQ(streams_closed_[1], TransportError::kRefused);
  EXPECT_TRUE(streams_opened_.empty());
  EXPECT_EQ(loop_->usage().streams, 0u);
}

TEST_P(UpstreamTest, stream_that_does_not_open_is_closed_at_its_deadline) {
  Peer server(SOCK_STREAM, "127.0.0.1");
  ASSERT_EQ(::listen(server.fd(), 0), 0);
  Peer filler(SOCK_STREAM, "127.0.0.1");  // the queue of a backlog of zero holds one
  ASSERT_TRUE(filler.connect_to(server.local()));
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  settle();
  if (!streams_opened_.empty()) GTEST_SKIP() << "skipped: the kernel takes the connection all the same";
  advance(base::milliseconds(2900));
  EXPECT_FALSE(streams_closed_.contains(1));
  advance(base::milliseconds(200));
  ASSERT_TRUE(streams_closed_.contains(1));
  EXPECT_EQ(streams_closed_[1], TransportError::kUnreachable);
}

TEST_P(UpstreamTest, stream_closed_by_us_is_silent) {
  Peer server(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(server.listen_now());
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  loop_->close_stream(StreamId{1});
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  ASSERT_TRUE(turn_until([&] { return !streams_opened_.empty(); }));
  loop_->close_stream(StreamId{1});
  loop_->send_stream(StreamId{1}, base::as_bytes("of no effect"));
  settle();
  EXPECT_TRUE(streams_closed_.empty());
  EXPECT_EQ(loop_->usage().streams, 0u);
  EXPECT_EQ(server.accept_one().receive_message(), "<end>");
}

TEST_P(UpstreamTest, empty_message_from_a_server_closes_the_stream) {
  Peer server(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(server.listen_now());
  loop_->open_stream(StreamId{1}, nullptr, server.local());
  Peer side = server.accept_one();
  ASSERT_TRUE(side.send_text(framed("good") + framed("")));
  ASSERT_TRUE(turn_until([&] { return streams_closed_.contains(1); }));
  EXPECT_EQ(stream_messages_.size(), 1u);
}

// No descriptor is left behind when a loop goes, whatever was under way.
TEST_P(UpstreamTest, teardown_with_everything_open) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(client.connect_to(at));
  Peer server(SOCK_DGRAM, "127.0.0.1");
  Peer stream_server(SOCK_STREAM, "127.0.0.1");
  ASSERT_TRUE(stream_server.listen_now());
  const uint16_t port = Peer(SOCK_DGRAM, "127.0.0.1").local().port;
  open(1, server.local(), "query", port);
  loop_->open_stream(StreamId{1}, nullptr, stream_server.local());
  ASSERT_TRUE(turn_until([&] { return loop_->usage().connections == 1 && !streams_opened_.empty(); }));
  Peer asker(SOCK_DGRAM, "127.0.0.1");
  for (int count = 0; count < 1500; ++count) ASSERT_TRUE(asker.send_to("unread", at));
  loop_.reset();
  EXPECT_EQ(client.receive_message(), "<end>");
  EXPECT_TRUE(Peer(SOCK_DGRAM, "127.0.0.1", port).bound());
  EXPECT_TRUE(Peer(SOCK_DGRAM, "127.0.0.1", at.port).bound());
}

TEST(DescriptorLimit, is_raised_to_the_hard_limit) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(raise_descriptor_limit(), limit.rlim_max);
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace net
