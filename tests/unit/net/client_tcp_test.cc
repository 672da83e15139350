#include "net/connections.h"
#include "tests/unit/net/loop_fixture.h"

namespace net {
namespace {

class ClientTcpTest : public LoopTest {
 protected:
  void start(const LoopOptions& options = {}) {
    make(options);
    if (loop_ != nullptr) at_ = listen("127.0.0.1");
  }
  Peer connected(const char* from = "127.0.0.1") {
    Peer client(SOCK_STREAM, from);
    EXPECT_TRUE(client.connect_to(at_));
    return client;
  }
  bool wait_open(uint32_t count) {
    return turn_until([&] { return loop_->usage().connections == count; });
  }
  bool wait_messages(size_t count) {
    return turn_until([&] { return messages_.size() >= count; });
  }
  void answer(const Message& message) {
    loop_->send_message(message.connection, base::as_bytes("re:" + message.bytes));
  }
  // A client that has asked and does not read.
  Peer silent_client() {
    Peer client(SOCK_STREAM, "127.0.0.1");
    const int small = 4096;
    setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    EXPECT_TRUE(client.connect_to(at_));
    messages_.clear();
    EXPECT_TRUE(client.send_text(framed("q")));
    EXPECT_TRUE(wait_messages(1));
    return client;
  }
  // How many large answers it takes until a connection is closed for its backlog, or `limit`.
  int answer_until_closed(int limit) {
    const std::string large(kLargeAnswerBytes, 'x');
    const size_t closed_before = closed_.size();
    int count = 0;
    for (; count < limit && closed_.size() == closed_before; ++count) {
      loop_->send_message(messages_[0].connection, base::as_bytes(large));
      turn(base::Duration(0));
    }
    return count;
  }
  // A client for which more waits than the kernel takes and less than what the loop keeps for one
  // connection: half of the loop's share less than what closed another one.
  Peer with_answers_waiting() {
    Peer probe = silent_client();
    const int too_many = answer_until_closed(500);
    Peer client = silent_client();
    large_answers_ = too_many - static_cast<int>(kBacklogMaxBytes / kLargeAnswerBytes / 2);
    EXPECT_EQ(answer_until_closed(large_answers_), large_answers_);
    settle();
    closed_.clear();
    return client;
  }
  static constexpr size_t kLargeAnswerBytes = 65000;
  int large_answers_ = 0;
  base::Endpoint at_;
};
BOTH_BACKENDS(ClientTcpTest);

#define START(...)     \
  start(__VA_ARGS__);  \
  if (IsSkipped()) return

TEST_P(ClientTcpTest, query_and_answer) {
  START();
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("question")));
  ASSERT_TRUE(wait_messages(1));
  EXPECT_EQ(messages_[0].bytes, "question");
  EXPECT_EQ(messages_[0].client, client.local());
  EXPECT_EQ(messages_[0].local, ip("127.0.0.1"));
  answer(messages_[0]);
  turn(base::Duration(0));
  EXPECT_EQ(client.receive_message(), "re:question");
  client.close();
  ASSERT_TRUE(wait_open(0));
  EXPECT_EQ(closed_, std::vector<ConnectionId>{messages_[0].connection});
}

TEST_P(ClientTcpTest, wildcard_listener_knows_the_address_asked) {
  START();
  at_ = listen("::");
  Peer client(SOCK_STREAM, "::1");
  ASSERT_TRUE(client.connect_to(endpoint("::1", at_.port)));
  ASSERT_TRUE(client.send_text(framed("q")));
  ASSERT_TRUE(wait_messages(1));
  EXPECT_EQ(messages_[0].local, ip("::1"));
  EXPECT_EQ(messages_[0].client.address, ip("::1"));
}

TEST_P(ClientTcpTest, pipelined_queries_answered_out_of_order) {
  START();
  Peer client = connected();
  std::string all;
  for (int number = 0; number < 100; ++number) all += framed(std::to_string(number));
  ASSERT_TRUE(client.send_text(all));
  ASSERT_TRUE(wait_messages(100));
  for (int number = 99; number >= 0; --number) answer(messages_[static_cast<size_t>(number)]);
  turn(base::Duration(0));
  for (int number = 99; number >= 0; --number) EXPECT_EQ(client.receive_message(), "re:" + std::to_string(number));
}

TEST_P(ClientTcpTest, split_at_every_byte) {
  START();
  Peer client = connected();
  const std::string stream = framed("one") + framed("two");
  for (size_t split = 0; split <= stream.size(); ++split) {
    messages_.clear();
    ASSERT_TRUE(client.send_text(stream.substr(0, split)));
    turn(base::milliseconds(2));
    ASSERT_TRUE(client.send_text(stream.substr(split)));
    ASSERT_TRUE(wait_messages(2)) << split;
    EXPECT_EQ(messages_[0].bytes, "one");
    EXPECT_EQ(messages_[1].bytes, "two");
    for (const Message& message : messages_) answer(message);
  }
}

TEST_P(ClientTcpTest, reading_pauses_while_too_many_are_unanswered) {
  START({.queries_per_connection_max = 3});
  Peer client = connected();
  std::string all;
  for (int number = 0; number < 8; ++number) all += framed(std::to_string(number));
  ASSERT_TRUE(client.send_text(all));
  ASSERT_TRUE(wait_messages(3));
  settle();
  EXPECT_EQ(messages_.size(), 3u);
  answer(messages_[0]);
  settle();
  EXPECT_EQ(messages_.size(), 4u);
  for (size_t index = 1; index < 8; ++index) {
    ASSERT_TRUE(wait_messages(index + 1));
    answer(messages_[index]);
  }
  settle();
  EXPECT_EQ(messages_.back().bytes, "7");
  // A pause is not the client's delay.
  EXPECT_EQ(counter(base::Counter::kNetTcpSlowClosed), 0u);
}

TEST_P(ClientTcpTest, empty_message_closes) {
  START();
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("q") + framed("")));
  ASSERT_TRUE(turn_until([&] { return closed_.size() == 1; }));
  settle();
  EXPECT_EQ(messages_.size(), 1u);
  EXPECT_EQ(client.receive_message(), "<end>");
}

TEST_P(ClientTcpTest, half_closed_client_gets_its_answers) {
  START({.queries_per_connection_max = 2});
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("a") + framed("b") + framed("c")));
  shutdown(client.fd(), SHUT_WR);
  ASSERT_TRUE(wait_messages(2));
  settle();
  EXPECT_TRUE(closed_.empty());
  answer(messages_[0]);
  answer(messages_[1]);
  ASSERT_TRUE(wait_messages(3));
  answer(messages_[2]);
  ASSERT_TRUE(wait_open(0));
  EXPECT_EQ(client.receive_message(), "re:a");
  EXPECT_EQ(client.receive_message(), "re:b");
  EXPECT_EQ(client.receive_message(), "re:c");
  EXPECT_EQ(client.receive_message(), "<end>");
}

TEST_P(ClientTcpTest, slow_message_is_closed_at_its_deadline) {
  START({.client_message = base::seconds(4)});
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("whole") + framed("question").substr(0, 4)));
  ASSERT_TRUE(wait_messages(1));
  answer(messages_[0]);
  settle();
  for (int trickle = 0; trickle < 3; ++trickle) {  // a byte now and then buys no time
    advance(base::seconds(1));
    ASSERT_TRUE(client.send_text("x"));
    settle();
  }
  EXPECT_TRUE(closed_.empty());
  advance(base::seconds(1));
  EXPECT_EQ(closed_.size(), 1u);
  EXPECT_EQ(counter(base::Counter::kNetTcpSlowClosed), 1u);
}

TEST_P(ClientTcpTest, client_that_does_not_read_is_closed_at_its_deadline) {
  START({.client_idle = base::seconds(60), .client_write = base::seconds(4)});
  Peer client = with_answers_waiting();
  advance(base::milliseconds(3900));
  EXPECT_TRUE(closed_.empty());
  advance(base::milliseconds(200));
  EXPECT_EQ(closed_.size(), 1u);
  EXPECT_EQ(counter(base::Counter::kNetTcpSlowClosed), 2u);  // the probe, and this one
  loop_->send_message(messages_[0].connection, base::as_bytes("too late"));  // of no effect
  settle();
  EXPECT_EQ(loop_->usage().connections, 0u);
}

TEST_P(ClientTcpTest, client_that_reads_in_time_stays) {
  START({.client_idle = base::seconds(60), .client_write = base::seconds(4)});
  Peer client = with_answers_waiting();
  advance(base::seconds(3));
  for (int count = 0; count < large_answers_; ++count) {
    turn(base::Duration(0));
    ASSERT_EQ(client.receive_message().size(), kLargeAnswerBytes) << count;
  }
  settle();
  advance(base::seconds(3));
  EXPECT_TRUE(closed_.empty());
}

TEST_P(ClientTcpTest, backlog_of_answers_is_bounded) {
  START();
  Peer client = silent_client();
  EXPECT_LT(answer_until_closed(500), 500);
  EXPECT_EQ(closed_.size(), 1u);
  EXPECT_EQ(counter(base::Counter::kNetTcpSlowClosed), 1u);
}

TEST_P(ClientTcpTest, idle_connection_is_closed) {
  START({.client_idle = base::seconds(10)});
  Peer client = connected();
  ASSERT_TRUE(wait_open(1));
  turn(base::Duration(0));
  advance(base::seconds(9));
  EXPECT_EQ(loop_->usage().connections, 1u);
  advance(base::seconds(1));
  EXPECT_EQ(loop_->usage().connections, 0u);
  EXPECT_EQ(counter(base::Counter::kNetTcpIdleClosed), 1u);
  settle();
  EXPECT_EQ(client.receive_message(), "<end>");
}

TEST_P(ClientTcpTest, waiting_for_an_answer_is_not_idle) {
  START({.client_connections_max = 1, .client_idle = base::seconds(10)});  // full: idle ones have one second
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("q")));
  ASSERT_TRUE(wait_messages(1));
  turn(base::Duration(0));
  advance(base::seconds(5));
  EXPECT_TRUE(closed_.empty());
  answer(messages_[0]);
  turn(base::Duration(0));
  EXPECT_EQ(client.receive_message(), "re:q");
  advance(base::seconds(2));
  EXPECT_EQ(closed_.size(), 1u);
}

TEST_P(ClientTcpTest, query_never_answered_does_not_hold_a_connection_for_ever) {
  START({.client_idle = base::seconds(10)});
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("not worth an answer")));
  ASSERT_TRUE(wait_messages(1));
  turn(base::Duration(0));
  advance(base::seconds(10));
  EXPECT_EQ(loop_->usage().connections, 0u);
}

TEST_P(ClientTcpTest, idle_time_shrinks_as_connections_fill_up) {
  START({.client_connections_max = 10, .client_idle = base::seconds(10)});
  std::vector<Peer> clients;
  for (int count = 0; count < 10; ++count) clients.push_back(connected());
  ASSERT_TRUE(wait_open(10));
  turn(base::Duration(0));
  advance(base::milliseconds(1500));
  // At ten open ones the limit is 1 s, at nine 1.9 s: one goes, the others stay.
  EXPECT_EQ(loop_->usage().connections, 9u);
  advance(base::milliseconds(400));
  EXPECT_EQ(loop_->usage().connections, 8u);
}

TEST_P(ClientTcpTest, one_address_has_its_share) {
  START({.client_connections_per_address_max = 2});
  Peer first = connected(), second = connected();
  ASSERT_TRUE(wait_open(2));
  Peer third = connected();
  EXPECT_TRUE(turn_until([&] { return counter(base::Counter::kNetTcpRefusedClient) == 1; }));
  Peer other = connected("127.0.0.2");
  EXPECT_TRUE(wait_open(3));
  EXPECT_EQ(third.receive_message(), "<end>");
}

TEST_P(ClientTcpTest, full_table_takes_from_the_largest_holder_its_idlest) {
  START({.client_connections_max = 3});
  Peer victim = connected("127.0.0.1");
  ASSERT_TRUE(wait_open(1));
  Peer busy = connected("127.0.0.1");
  ASSERT_TRUE(wait_open(2));
  Peer other = connected("127.0.0.2");
  ASSERT_TRUE(wait_open(3));
  turn(base::Duration(0));
  ASSERT_TRUE(busy.send_text(framed("busy")));
  ASSERT_TRUE(wait_messages(1));
  turn(base::Duration(0));
  Peer late = connected("127.0.0.3");
  ASSERT_TRUE(turn_until([&] { return counter(base::Counter::kNetTcpRefusedTotal) == 1; }));
  settle();
  EXPECT_EQ(victim.receive_message(), "<end>");
  ASSERT_TRUE(late.send_text(framed("late")));
  ASSERT_TRUE(other.send_text(framed("other")));
  ASSERT_TRUE(wait_messages(3));
  EXPECT_EQ(loop_->usage().connections, 3u);
}

TEST_P(ClientTcpTest, many_messages_on_one_connection_leave_room_for_others) {
  START({.queries_per_connection_max = 100000});
  Peer flood = connected();
  Peer other = connected();
  std::string all;
  for (int number = 0; number < 2000; ++number) all += framed("f");
  ASSERT_TRUE(flood.send_text(all));
  ASSERT_TRUE(other.send_text(framed("other")));
  size_t position = 0;
  ASSERT_TRUE(turn_until([&] {
    for (size_t index = 0; index < messages_.size(); ++index) {
      if (messages_[index].bytes == "other") position = index + 1;
    }
    return position > 0;
  }));
  EXPECT_LT(position, 200u);
  ASSERT_TRUE(wait_messages(2001));
}

TEST_P(ClientTcpTest, reset_connection_is_closed) {
  START();
  Peer client = connected();
  ASSERT_TRUE(client.send_text(framed("q")));
  ASSERT_TRUE(wait_messages(1));
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  client.close();
  ASSERT_TRUE(wait_open(0));
  answer(messages_[0]);  // nobody is there
  settle();
  EXPECT_EQ(closed_.size(), 1u);
}

}  // namespace
}  // namespace net
