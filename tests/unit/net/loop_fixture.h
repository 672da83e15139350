// A loop of each backend, with its events kept by kind, and plain blocking sockets to play the
// clients and servers. Time is the test's own: only `now_` moves deadlines.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/loop.h"
#include "net/socket.h"

namespace net {

inline base::IpAddress ip(const char* text) { return *base::IpAddress::parse(text); }
inline base::Endpoint endpoint(const char* address, uint16_t port) { return {ip(address), port}; }
inline std::string text_of(base::Bytes bytes) { return std::string(base::as_text(bytes)); }

// A blocking socket of the test's own; receiving gives up after two seconds of silence.
class Peer {
 public:
  Peer(int type, const char* address, uint16_t port = 0) {
    fd_ = Descriptor(socket(ip(address).is_v4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0));
    timeval patience{.tv_sec = 2, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    SocketAddress raw;
    const socklen_t length = to_socket_address(endpoint(address, port), 0, raw);
    bound_ = bind(fd_.get(), &raw.any, length) == 0;
    if (type == SOCK_STREAM) {
      const int one = 1;
      setsockopt(fd_.get(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
    }
  }
  explicit Peer(Descriptor fd) : fd_(std::move(fd)), bound_(true) {}

  bool bound() const { return bound_; }
  int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }
  base::Endpoint local() const {
    SocketAddress raw;
    socklen_t length = sizeof(raw);
    getsockname(fd_.get(), &raw.any, &length);
    return to_endpoint(raw);
  }
  bool connect_to(const base::Endpoint& to) {
    SocketAddress raw;
    const socklen_t length = to_socket_address(to, 0, raw);
    if (connect(fd_.get(), &raw.any, length) == 0) return true;
    if (errno != EINTR) return false;
    // The ring's own work interrupts calls of its thread; the handshake goes on.
    pollfd done{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
    while (poll(&done, 1, 2000) < 0 && errno == EINTR) {
    }
    int error = -1;
    socklen_t size = sizeof(error);
    return done.revents != 0 && getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  bool send_text(std::string_view text) {
    return send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  bool send_to(std::string_view text, const base::Endpoint& to) {
    SocketAddress raw;
    const socklen_t length = to_socket_address(to, 0, raw);
    return sendto(fd_.get(), text.data(), text.size(), 0, &raw.any, length) == static_cast<ssize_t>(text.size());
  }
  // One datagram, or "<nothing>".
  std::string receive(base::Endpoint* from = nullptr) {
    std::vector<char> bytes(65536);
    SocketAddress raw;
    socklen_t length = sizeof(raw);
    const ssize_t count = recvfrom(fd_.get(), bytes.data(), bytes.size(), 0, &raw.any, &length);
    if (count < 0) return "<nothing>";
    if (from != nullptr) *from = to_endpoint(raw);
    return {bytes.data(), static_cast<size_t>(count)};
  }
  // One framed message, "<end>" after FIN or reset, or "<nothing>".
  std::string receive_message() {
    uint8_t prefix[2];
    ssize_t count = recv(fd_.get(), prefix, 2, MSG_WAITALL);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return "<end>";
    if (count < 2) return "<nothing>";
    std::string message(base::load_be16(prefix), '\0');
    count = recv(fd_.get(), message.data(), message.size(), MSG_WAITALL);
    return count == static_cast<ssize_t>(message.size()) ? message : "<cut>";
  }
  bool listen_now() { return ::listen(fd_.get(), 16) == 0; }
  Peer accept_one() { return Peer(Descriptor(accept(fd_.get(), nullptr, nullptr))); }

 private:
  Descriptor fd_;
  bool bound_ = false;
};

inline std::string framed(std::string_view message) {
  std::string out(2, '\0');
  base::store_be16(reinterpret_cast<uint8_t*>(out.data()), static_cast<uint16_t>(message.size()));
  return out.append(message);
}

class LoopTest : public ::testing::TestWithParam<Backend> {
 protected:
  struct Query {
    ListenerId listener;
    base::Endpoint client;
    base::IpAddress local;
    uint32_t interface_index;
    std::string bytes;
  };
  struct Message {
    ConnectionId connection;
    base::Endpoint client;
    base::IpAddress local;
    std::string bytes;
  };

  void make(LoopOptions options = {}) {
    options.backend = GetParam();
    auto made = Loop::make(options, counters_);
    if (!made && GetParam() == Backend::kUring) GTEST_SKIP() << "skipped: " << made.error().sentence;
    ASSERT_TRUE(made.has_value()) << made.error().sentence;
    loop_ = std::move(*made);
  }

  // Listens on a port that was free for both UDP and TCP a moment ago.
  base::Endpoint listen(const char* address) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      base::Endpoint at = endpoint(address, 0);
      at.port = Peer(SOCK_DGRAM, address).local().port;
      if (const auto listener = loop_->listen(at)) {
        listener_ = *listener;
        return at;
      }
    }
    ADD_FAILURE() << "no free port on " << address;
    return {};
  }

  // One turn that waits for at most `wait` of real time; no virtual time passes.
  void turn(base::Duration wait = base::milliseconds(50)) {
    for (const Event& event : loop_->turn(now_, now_ + wait)) std::visit([this](const auto& e) { keep(e); }, event);
  }
  // Turns until `done`; false if that takes unreasonably long.
  template <class Predicate>
  bool turn_until(Predicate done) {
    for (int count = 0; count < 100 && !done(); ++count) turn();
    return done();
  }
  // Enough turns for anything that is on its way to arrive.
  void settle() {
    for (int count = 0; count < 4; ++count) turn(base::milliseconds(5));
  }
  void advance(base::Duration by) {
    now_ = now_ + by;
    turn(base::Duration(0));
  }
  uint64_t counter(base::Counter counter) const { return counters_.get(counter); }

  void keep(const DatagramReceived& e) {
    queries_.push_back({e.listener, e.client, e.local, e.interface_index, text_of(e.bytes)});
  }
  void keep(const MessageReceived& e) { messages_.push_back({e.connection, e.client, e.local, text_of(e.bytes)}); }
  void keep(const ConnectionClosed& e) { closed_.push_back(e.connection); }
  void keep(const ExchangeResponse& e) { responses_.emplace_back(static_cast<uint64_t>(e.exchange), text_of(e.bytes)); }
  void keep(const ExchangePortTaken& e) { port_taken_.push_back(static_cast<uint64_t>(e.exchange)); }
  void keep(const ExchangeFailed& e) { failed_[static_cast<uint64_t>(e.exchange)] = e.error; }
  void keep(const ExchangeNoDescriptor& e) { no_descriptor_.push_back(static_cast<uint64_t>(e.exchange)); }
  void keep(const StreamOpened& e) { streams_opened_.push_back(static_cast<uint64_t>(e.stream)); }
  void keep(const StreamMessage& e) {
    stream_messages_.emplace_back(static_cast<uint64_t>(e.stream), text_of(e.bytes));
  }
  void keep(const StreamClosed& e) { streams_closed_[static_cast<uint64_t>(e.stream)] = e.error; }
  void keep(const Woken&) { ++woken_; }

  base::Counters counters_;
  std::unique_ptr<Loop> loop_;
  ListenerId listener_{};
  base::Instant now_ = base::Instant::from_boot(base::seconds(1000));

  std::vector<Query> queries_;
  std::vector<Message> messages_;
  std::vector<ConnectionId> closed_;
  std::vector<std::pair<uint64_t, std::string>> responses_;
  std::vector<uint64_t> port_taken_, no_descriptor_, streams_opened_;
  std::map<uint64_t, TransportError> failed_, streams_closed_;
  std::vector<std::pair<uint64_t, std::string>> stream_messages_;
  int woken_ = 0;
};

inline std::string backend_text(const ::testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kUring ? "uring" : "mmsg";
}

#define BOTH_BACKENDS(suite) \
  INSTANTIATE_TEST_SUITE_P(Loops, suite, ::testing::Values(Backend::kMmsg, Backend::kUring), backend_text)

}  // namespace net
