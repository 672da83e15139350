// bench_cold_echo PORT SERVER: the ceiling of all misses. A relay that does nothing but receive, open a
// fresh socket on a random port, connect, send, receive, close, reply. SERVER is an IPv4 address, port 53.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "bench/echo/datagrams.h"

namespace {

using echo::Batch;
using echo::fail;
using echo::kBatch;
using echo::kDatagramBytes;

constexpr int kReadyMax = 256;

class Relay {
 public:
  Relay(uint16_t port, const char* server) : random_(std::random_device{}()) {
    listener_ = echo::listen_on_loopback(port, SOCK_NONBLOCK);
    server_.sin_family = AF_INET;
    server_.sin_port = htons(53);
    if (inet_pton(AF_INET, server, &server_.sin_addr) != 1) fail("bench_cold_echo: SERVER is no IPv4 address");
    epoll_ = epoll_create1(0);
    watch(listener_);
    answers_.clear();
  }

  [[noreturn]] void run() {
    std::array<epoll_event, kReadyMax> ready;
    for (;;) {
      const int count = epoll_wait(epoll_, ready.data(), kReadyMax, -1);
      for (int index = 0; index < count; ++index) {
        const int fd = ready[static_cast<size_t>(index)].data.fd;
        if (fd == listener_)
          take_queries();
        else
          finish(fd);
      }
      send_answers();
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void take_queries() {
    queries_.clear();
    const int count = recvmmsg(listener_, queries_.headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (int index = 0; index < count; ++index) start(static_cast<size_t>(index));
  }
  void start(size_t index) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    sockaddr_in local{};
    local.sin_family = AF_INET;
    do {
      local.sin_port = htons(static_cast<uint16_t>(1024 + random_() % (65536 - 1024)));
    } while (bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&server_), sizeof(server_)) != 0 ||
        send(fd, queries_.bytes[index].data(), queries_.headers[index].msg_len, MSG_NOSIGNAL) < 0) {
      close(fd);
      return;
    }
    if (clients_.size() <= static_cast<size_t>(fd)) clients_.resize(static_cast<size_t>(fd) + 1);
    clients_[static_cast<size_t>(fd)] = queries_.clients[index];
    watch(fd);
  }
  void finish(int fd) {
    if (answers_.count == kBatch) send_answers();
    const unsigned at = answers_.count;
    const ssize_t bytes = recv(fd, answers_.bytes[at].data(), kDatagramBytes, MSG_DONTWAIT);
    close(fd);
    if (bytes <= 0) return;
    answers_.clients[at] = clients_[static_cast<size_t>(fd)];
    answers_.parts[at].iov_len = static_cast<size_t>(bytes);
    ++answers_.count;
  }
  void send_answers() {
    for (unsigned sent = 0; sent < answers_.count;) {
      const int result = sendmmsg(listener_, &answers_.headers[sent], answers_.count - sent, 0);
      sent += result > 0 ? static_cast<unsigned>(result) : 1U;
    }
    if (answers_.count > 0) answers_.clear();
  }

  std::mt19937 random_;
  int listener_ = -1;
  int epoll_ = -1;
  sockaddr_in server_{};
  Batch queries_;
  Batch answers_;
  std::vector<sockaddr_in> clients_;  // by descriptor
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("bench_cold_echo: give a port and the IPv4 address of a server\n", stderr);
    return 1;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  static Relay relay(static_cast<uint16_t>(std::atoi(argv[1])), argv[2]);
  relay.run();
}
