// All name servers of both providers of the outage bench in one process: UDP and TCP on every address.
//
//   outage_authority WORLD COUNTS
//
// The last line on standard input says how provider A behaves; each is answered by "done NANOSECONDS" (the monotonic
// clock) on standard output:
//   ok | silent | half | servfail | refused | nxdomain | loss PERCENT | delay MILLISECONDS
// `half` silences every second server. Silence holds for TCP too: a socket filter drops what arrives, so that not
// even a connection is made. `loss` drops in the same two ways, each packet by chance.
//
// COUNTS gets a line "TENTHS A_UDP A_TCP B_UDP B_TCP" for every tenth of a second in which anything was asked:
// queries as they arrive, so also those that a fault then loses. The process ends with its standard input.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "bench/outage/zones.h"

namespace outage {
namespace {

constexpr uint64_t kNanosPerTenth = 100'000'000;
constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr size_t kMessageBytesMax = 4096;
constexpr size_t kBatch = 16;

uint64_t now_nanos() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<uint64_t>(at.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(at.tv_nsec);
}

struct Fault {
  Voice voice = Voice::kTruth;
  bool is_silent = false;
  bool is_half = false;
  uint32_t loss_percent = 0;
  uint64_t delay_nanos = 0;
};

std::optional<Fault> parse_fault(const std::string& line) {
  char name[16] = {};
  unsigned value = 0;
  const int fields = std::sscanf(line.c_str(), "%15s %u", name, &value);
  const std::string word = name;
  Fault fault;
  if (word == "ok") return fault;
  if (word == "silent" || word == "half") {
    fault.is_silent = word == "silent";
    fault.is_half = word == "half";
    return fault;
  }
  if (word == "servfail" || word == "refused" || word == "nxdomain") {
    fault.voice = word == "servfail" ? Voice::kServfail : word == "refused" ? Voice::kRefused : Voice::kNxdomain;
    return fault;
  }
  if (fields != 2) return std::nullopt;
  if (word == "loss" && value <= 100) {
    fault.loss_percent = value;
    return fault;
  }
  if (word == "delay") {
    fault.delay_nanos = value * kNanosPerMilli;
    return fault;
  }
  return std::nullopt;
}

// A query that waits for the moment at which it is answered. `connection` is 0 for UDP.
struct Waiting {
  uint64_t due;
  size_t server;
  uint64_t connection;
  sockaddr_in peer;
  std::vector<uint8_t> query;
  bool operator>(const Waiting& other) const { return due > other.due; }
};

struct Connection {
  int fd;
  size_t server;
  std::vector<uint8_t> received;
};

class Authority {
 public:
  Authority(World world, std::FILE* counts) : world_(std::move(world)), counts_(counts) {}

  bool open(std::string& error);
  void run();

 private:
  enum class Kind : uint64_t { kControl = 0, kUdp = 1, kListener = 2, kConnection = 3 };
  static uint64_t tag(Kind kind, uint64_t index) { return static_cast<uint64_t>(kind) << 56 | index; }

  bool watch(int fd, Kind kind, uint64_t index);
  int bound_socket(int type, uint32_t address);
  bool read_control();
  void apply(const Fault& fault);
  void read_udp(size_t server);
  void accept_all(size_t server);
  void read_connection(uint64_t id);
  void close_connection(uint64_t id);
  void take(Waiting query, bool is_tcp);
  void answer(const Waiting& query);
  void answer_due(uint64_t now);
  void count(Provider provider, bool is_tcp);
  void flush_counts();
  int wait_millis() const;
  bool is_faulty(size_t server) const { return world_.servers()[server].provider == Provider::kA; }
  bool is_silent(size_t server) const {
    return is_faulty(server) && (fault_.is_silent || (fault_.is_half && server % 2 == 0));
  }

  World world_;
  std::FILE* counts_;
  Fault fault_;
  int epoll_ = -1;
  std::vector<int> udp_, listeners_;
  std::unordered_map<uint64_t, Connection> connections_;
  uint64_t next_connection_ = 1;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::mt19937 chance_{4};  // fixed: each run loses alike
  std::string control_;
  uint64_t tenth_ = 0;
  std::array<uint32_t, 4> asked_{};
};

bool Authority::watch(int fd, Kind kind, uint64_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag(kind, index);
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

int Authority::bound_socket(int type, uint32_t address) {
  const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1, room = 1 << 20;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(53);
  at.sin_addr.s_addr = address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0) return -1;
  return type == SOCK_STREAM && listen(fd, 128) != 0 ? -1 : fd;
}

bool Authority::open(std::string& error) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  bool is_open = epoll_ >= 0 && watch(STDIN_FILENO, Kind::kControl, 0);
  for (size_t i = 0; is_open && i < world_.servers().size(); ++i) {
    udp_.push_back(bound_socket(SOCK_DGRAM, world_.servers()[i].address));
    listeners_.push_back(bound_socket(SOCK_STREAM, world_.servers()[i].address));
    is_open = udp_.back() >= 0 && listeners_.back() >= 0 && watch(udp_.back(), Kind::kUdp, i) &&
              watch(listeners_.back(), Kind::kListener, i);
  }
  if (!is_open) error = std::string("cannot open port 53 on all addresses of the world: ") + std::strerror(errno);
  return is_open;
}

bool Authority::read_control() {
  char bytes[512];
  ssize_t size = 0;
  while ((size = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) control_.append(bytes, static_cast<size_t>(size));
  if (size == 0) return false;
  size_t end = 0;
  while ((end = control_.find('\n')) != std::string::npos) {
    const std::optional<Fault> fault = parse_fault(control_.substr(0, end));
    control_.erase(0, end + 1);
    if (fault) apply(*fault);
    std::printf(fault ? "done %llu\n" : "no such fault %llu\n", static_cast<unsigned long long>(now_nanos()));
    std::fflush(stdout);
  }
  return true;
}

// TCP of a faulty server: the filter lets a packet through (0xffff bytes of it) or none of it. New connections
// inherit it from their listener.
void Authority::apply(const Fault& fault) {
  fault_ = fault;
  for (size_t i = 0; i < listeners_.size(); ++i) {
    setsockopt(listeners_[i], SOL_SOCKET, SO_DETACH_FILTER, nullptr, 0);
    if (!is_faulty(i) || (!is_silent(i) && fault.loss_percent == 0)) continue;
    const uint32_t passes_from = is_silent(i) ? UINT32_MAX : UINT32_MAX / 100 * fault.loss_percent;
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, passes_from, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog program{code.size(), code.data()};
    if (setsockopt(listeners_[i], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) {
      std::fprintf(stderr, "outage_authority: no socket filter, TCP goes on: %s\n", std::strerror(errno));
    }
  }
}

void Authority::read_udp(size_t server) {
  static std::array<std::array<uint8_t, kMessageBytesMax>, kBatch> rooms;
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> pieces{};
  std::array<sockaddr_in, kBatch> peers{};
  while (true) {
    for (size_t i = 0; i < kBatch; ++i) {
      pieces[i] = {rooms[i].data(), rooms[i].size()};
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_name = &peers[i];
      headers[i].msg_hdr.msg_namelen = sizeof(peers[i]);
    }
    const int got = recvmmsg(udp_[server], headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (size_t i = 0; got > 0 && i < static_cast<size_t>(got); ++i) {
      const auto* bytes = rooms[i].data();
      take({0, server, 0, peers[i], std::vector<uint8_t>(bytes, bytes + headers[i].msg_len)}, false);
    }
    if (got < static_cast<int>(kBatch)) return;
  }
}

void Authority::accept_all(size_t server) {
  int fd = -1;
  while ((fd = accept4(listeners_[server], nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    const uint64_t id = next_connection_++;
    connections_.emplace(id, Connection{fd, server, {}});
    if (!watch(fd, Kind::kConnection, id)) close_connection(id);
  }
}

void Authority::close_connection(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  close(found->second.fd);
  connections_.erase(found);
}

void Authority::read_connection(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  uint8_t bytes[kMessageBytesMax];
  const ssize_t size = read(connection.fd, bytes, sizeof(bytes));
  if (size <= 0) {
    if (size == 0 || errno != EAGAIN) close_connection(id);
    return;
  }
  std::vector<uint8_t>& received = connection.received;
  received.insert(received.end(), bytes, bytes + size);
  size_t at = 0;
  while (received.size() - at >= 2) {
    const size_t length = static_cast<size_t>(received[at] << 8 | received[at + 1]);
    if (received.size() - at - 2 < length) break;
    const auto start = received.begin() + static_cast<std::ptrdiff_t>(at + 2);
    take({0, connection.server, id, {}, std::vector<uint8_t>(start, start + static_cast<std::ptrdiff_t>(length))},
         true);
    at += 2 + length;
  }
  received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(at));
}

void Authority::take(Waiting query, bool is_tcp) {
  count(world_.servers()[query.server].provider, is_tcp);
  if (is_silent(query.server)) return;
  if (is_faulty(query.server)) {
    // TCP has lost its packets already.
    if (!is_tcp && fault_.loss_percent > 0 && chance_() % 100 < fault_.loss_percent) return;
    if (fault_.delay_nanos > 0) {
      query.due = now_nanos() + fault_.delay_nanos;
      waiting_.push(std::move(query));
      return;
    }
  }
  answer(query);
}

void Authority::answer(const Waiting& query) {
  const Server& server = world_.servers()[query.server];
  std::array<uint8_t, 2 + 1232> room{};
  const std::span<uint8_t> message = std::span(room).subspan(2);
  const Voice voice = server.provider == Provider::kA ? fault_.voice : Voice::kTruth;
  const size_t size = world_.answer(server.provider, voice, now_nanos() / kNanosPerTenth, query.query, message);
  if (size == 0) return;
  if (query.connection == 0) {
    sendto(udp_[query.server], message.data(), size, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&query.peer),
           sizeof(query.peer));
    return;
  }
  const auto found = connections_.find(query.connection);
  if (found == connections_.end()) return;
  room[0] = static_cast<uint8_t>(size >> 8);
  room[1] = static_cast<uint8_t>(size);
  if (send(found->second.fd, room.data(), size + 2, MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(size + 2)) {
    close_connection(query.connection);
  }
}

void Authority::answer_due(uint64_t now) {
  while (!waiting_.empty() && waiting_.top().due <= now) {
    answer(waiting_.top());
    waiting_.pop();
  }
}

void Authority::count(Provider provider, bool is_tcp) {
  const uint64_t tenth = now_nanos() / kNanosPerTenth;
  if (tenth != tenth_) flush_counts();
  tenth_ = tenth;
  ++asked_[static_cast<size_t>(provider) * 2 + (is_tcp ? 1 : 0)];
}

void Authority::flush_counts() {
  if (asked_ != std::array<uint32_t, 4>{}) {
    std::fprintf(counts_, "%llu %u %u %u %u\n", static_cast<unsigned long long>(tenth_), asked_[0], asked_[1],
                 asked_[2], asked_[3]);
  }
  asked_ = {};
}

int Authority::wait_millis() const {
  if (waiting_.empty()) return -1;
  const uint64_t now = now_nanos(), due = waiting_.top().due;
  return due <= now ? 0 : static_cast<int>((due - now) / kNanosPerMilli + 1);
}

void Authority::run() {
  std::puts("ready");
  std::fflush(stdout);
  std::array<epoll_event, 64> events{};
  bool is_open = true;
  while (is_open) {
    const int ready = epoll_wait(epoll_, events.data(), events.size(), wait_millis());
    for (int i = 0; i < ready; ++i) {
      const uint64_t data = events[static_cast<size_t>(i)].data.u64;
      const uint64_t index = data & 0x00ff'ffff'ffff'ffff;
      switch (static_cast<Kind>(data >> 56)) {
        case Kind::kControl:
          is_open = read_control();
          break;
        case Kind::kUdp:
          read_udp(index);
          break;
        case Kind::kListener:
          accept_all(index);
          break;
        case Kind::kConnection:
          read_connection(index);
          break;
      }
    }
    answer_due(now_nanos());
  }
  flush_counts();
  std::fclose(counts_);
}

}  // namespace
}  // namespace outage

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: outage_authority WORLD COUNTS (scripts/outage starts it)\n", stderr);
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::string error;
  std::optional<outage::World> world = outage::World::read(argv[1], error);
  std::FILE* counts = std::fopen(argv[2], "w");
  if (!world || counts == nullptr) {
    std::fprintf(stderr, "outage_authority: %s\n", error.empty() ? "cannot write the counts" : error.c_str());
    return 1;
  }
  outage::Authority authority(std::move(*world), counts);
  if (!authority.open(error)) {
    std::fprintf(stderr, "outage_authority: %s\n", error.c_str());
    return 1;
  }
  authority.run();
  return 0;
}
