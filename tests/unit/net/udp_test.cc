#include "tests/unit/net/loop_fixture.h"

#include <set>
#include <thread>

namespace net {
namespace {

class UdpTest : public LoopTest {
 protected:
  void SetUp() override { make(); }
  void answer_all() {
    for (const Query& query : queries_) {
      loop_->send_datagram(query.listener, query.client, query.local, query.interface_index,
                           base::as_bytes("re:" + query.bytes));
    }
    queries_.clear();
  }
};
BOTH_BACKENDS(UdpTest);

TEST_P(UdpTest, query_and_answer_over_both_families) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    const base::Endpoint at = listen(address);
    Peer client(SOCK_DGRAM, address);
    ASSERT_TRUE(client.send_to("question", at));
    ASSERT_TRUE(turn_until([&] { return !queries_.empty(); })) << address;
    EXPECT_EQ(queries_[0].listener, listener_);
    EXPECT_EQ(queries_[0].client, client.local());
    EXPECT_EQ(queries_[0].local, ip(address));
    EXPECT_EQ(queries_[0].bytes, "question");
    answer_all();
    turn(base::Duration(0));
    base::Endpoint from;
    EXPECT_EQ(client.receive(&from), "re:question");
    EXPECT_EQ(from, at);
  }
}

TEST_P(UdpTest, answer_leaves_from_the_address_asked) {
  const base::Endpoint at = listen("0.0.0.0");
  Peer client(SOCK_DGRAM, "127.0.0.1");
  const base::Endpoint asked = endpoint("127.0.0.2", at.port);
  ASSERT_TRUE(client.send_to("question", asked));
  ASSERT_TRUE(turn_until([&] { return !queries_.empty(); }));
  EXPECT_EQ(queries_[0].local, ip("127.0.0.2"));
  EXPECT_NE(queries_[0].interface_index, 0u);
  answer_all();
  turn(base::Duration(0));
  base::Endpoint from;
  EXPECT_EQ(client.receive(&from), "re:question");
  EXPECT_EQ(from, asked);
}

TEST_P(UdpTest, wildcard_of_ipv6_knows_the_address_asked) {
  const base::Endpoint at = listen("::");
  Peer client(SOCK_DGRAM, "::1");
  ASSERT_TRUE(client.send_to("question", endpoint("::1", at.port)));
  ASSERT_TRUE(turn_until([&] { return !queries_.empty(); }));
  EXPECT_EQ(queries_[0].local, ip("::1"));
  answer_all();
  turn(base::Duration(0));
  base::Endpoint from;
  EXPECT_EQ(client.receive(&from), "re:question");
  EXPECT_EQ(from, endpoint("::1", at.port));
}

// More than the receive buffers of either backend hold at once.
TEST_P(UdpTest, bursts_arrive_whole_and_do_not_hang) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_DGRAM, "127.0.0.1");
  for (int burst = 0; burst < 3; ++burst) {
    std::set<std::string> asked;
    for (int number = 0; number < 2000; ++number) {
      const std::string text = std::to_string(burst) + ":" + std::to_string(number);
      asked.insert(text);
      ASSERT_TRUE(client.send_to(text, at));
    }
    std::set<std::string> came;
    ASSERT_TRUE(turn_until([&] {
      EXPECT_LE(queries_.size(), kEventsPerTurnMax);
      for (const Query& query : queries_) came.insert(query.bytes);
      queries_.clear();
      return came.size() == asked.size();
    })) << came.size();
    EXPECT_EQ(came, asked);
  }
}

TEST_P(UdpTest, many_answers_in_one_turn) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_DGRAM, "127.0.0.1");
  const int room = 4 << 20;
  setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
  const std::string large(1232, 'x');
  for (int number = 0; number < 600; ++number) {
    loop_->send_datagram(listener_, client.local(), at.address, 0, base::as_bytes(std::to_string(number) + large));
  }
  turn(base::Duration(0));
  const uint64_t errors = counter(base::Counter::kNetUdpSendErrors);
  if (errors > 0) GTEST_SKIP() << "skipped: the send buffer of this machine is too small for the burst";
  pollfd readable{.fd = client.fd(), .events = POLLIN, .revents = 0};
  int count = 0;
  for (; poll(&readable, 1, 0) == 1; ++count) EXPECT_EQ(client.receive(), std::to_string(count) + large);
  EXPECT_GE(count, 50);  // what the smallest receive buffer holds
}

TEST_P(UdpTest, overlong_datagram_is_dropped_and_counted) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_DGRAM, "127.0.0.1");
  ASSERT_TRUE(client.send_to(std::string(5000, 'x'), at));
  ASSERT_TRUE(client.send_to(std::string(4096, 'y'), at));
  ASSERT_TRUE(client.send_to("", at));
  ASSERT_TRUE(turn_until([&] { return queries_.size() == 2; }));
  EXPECT_EQ(queries_[0].bytes, std::string(4096, 'y'));
  EXPECT_EQ(queries_[1].bytes, "");
  EXPECT_EQ(counter(base::Counter::kNetDatagramsTruncated), 1u);
}

TEST_P(UdpTest, unsendable_answer_is_counted_and_the_next_one_leaves) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_DGRAM, "127.0.0.1");
  loop_->send_datagram(listener_, endpoint("127.0.0.1", 0), at.address, 0, base::as_bytes("to nobody"));
  loop_->send_datagram(listener_, client.local(), at.address, 0, base::as_bytes("answer"));
  turn(base::Duration(0));
  EXPECT_EQ(client.receive(), "answer");
  EXPECT_EQ(counter(base::Counter::kNetUdpSendErrors), 1u);
}

TEST_P(UdpTest, after_stop_listening_nothing_comes_in_but_answers_leave) {
  const base::Endpoint at = listen("127.0.0.1");
  Peer client(SOCK_DGRAM, "127.0.0.1");
  ASSERT_TRUE(client.send_to("before", at));
  ASSERT_TRUE(turn_until([&] { return !queries_.empty(); }));
  loop_->stop_listening();
  settle();
  ASSERT_TRUE(client.send_to("after", at));
  settle();
  ASSERT_EQ(queries_.size(), 1u);
  answer_all();
  turn(base::Duration(0));
  EXPECT_EQ(client.receive(), "re:before");
  Peer late(SOCK_STREAM, "127.0.0.1");
  EXPECT_FALSE(late.connect_to(at));
}

TEST_P(UdpTest, two_listeners_are_told_apart) {
  const base::Endpoint first = listen("127.0.0.1");
  const ListenerId first_id = listener_;
  const base::Endpoint second = listen("127.0.0.1");
  const ListenerId second_id = listener_;
  EXPECT_NE(first_id, second_id);
  Peer client(SOCK_DGRAM, "127.0.0.1");
  ASSERT_TRUE(client.send_to("one", first));
  ASSERT_TRUE(turn_until([&] { return queries_.size() == 1; }));
  ASSERT_TRUE(client.send_to("two", second));
  ASSERT_TRUE(turn_until([&] { return queries_.size() == 2; }));
  EXPECT_EQ(queries_[0].listener, first_id);
  EXPECT_EQ(queries_[1].listener, second_id);
}

TEST_P(UdpTest, two_loops_share_a_port) {
  const base::Endpoint at = listen("127.0.0.1");
  auto other = Loop::make({.backend = GetParam()}, counters_);
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE((*other)->listen(at).has_value());
}

TEST_P(UdpTest, wakes_from_another_thread) {
  std::thread waker([this] { loop_->wake(); });
  std::span<const Event> events;
  while (events.empty()) events = loop_->turn(now_, base::Instant::never());  // a turn may end for nothing
  waker.join();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Woken>(events[0]));
  loop_->wake();
  loop_->wake();
  settle();
  EXPECT_EQ(woken_, 1);
}

TEST_P(UdpTest, turn_ends_at_its_time) {
  EXPECT_TRUE(loop_->turn(now_, now_ + base::milliseconds(1)).empty());
  EXPECT_TRUE(loop_->turn(now_, now_).empty());
  EXPECT_TRUE(loop_->turn(now_, base::Instant{}).empty());
}

TEST_P(UdpTest, start_errors_say_what_to_do) {
  Peer holder(SOCK_DGRAM, "127.0.0.1");
  const auto taken = loop_->listen(holder.local());
  ASSERT_FALSE(taken.has_value());
  EXPECT_NE(taken.error().sentence.find("another program uses this port"), std::string::npos);

  const auto foreign = loop_->listen(endpoint("192.0.2.1", 5399));
  ASSERT_FALSE(foreign.has_value());
  EXPECT_NE(foreign.error().sentence.find("does not have the address"), std::string::npos);
}

}  // namespace
}  // namespace net
