// The clients of the outage bench: an open loop, so that a resolver that stalls meets the same questions as one that
// does not.
//
//   outage_client ADDRESS PORT NAMES INTERVAL_MS SECONDS LISTEN_MS SEED OUT
//
// NAMES has one name a line. Each is asked every INTERVAL_MS, all evenly spread, in an order drawn from SEED: type A,
// over UDP with EDNS, from 64 sockets in turn. Prints "start NANOSECONDS" (the monotonic clock) when the first
// question is due. An answer counts until LISTEN_MS after its question; who asks gives up earlier, which the scorer
// decides. OUT gets a line for each question:
//
//   NAME_INDEX DUE_US LATE_US LATENCY_US RCODE AGE_TENTHS PROVIDER TTL EDE[,EDE...]
//
// DUE_US counts from the start and LATENCY_US from DUE_US, so that a late generator makes latency worse, not better;
// LATE_US is how late the question was sent. -1 stands for: no answer, no address, no EDE. PROVIDER is 0 for A, 1 for
// B; AGE_TENTHS is how long ago the provider made the answer (bench/outage/zones.h).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr size_t kSockets = 64, kHeaderBytes = 12, kOptBytes = 11;
constexpr int64_t kNanosPerMicro = 1000, kNanosPerMilli = 1'000'000, kNanosPerTenth = 100'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kAgeModulus = int64_t{1} << 24;

int64_t now_nanos() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * kNanosPerSecond + at.tv_nsec;
}

struct Asked {
  uint32_t name = 0;
  int64_t due = 0;  // since the start
  int64_t late = 0;
  int64_t latency = -1;
  int rcode = -1;
  int64_t age_tenths = -1;
  int provider = -1;
  int64_t ttl = -1;
  std::vector<uint16_t> errors;
};

// A whole query with the ID left open.
std::vector<uint8_t> query_of(const std::string& text) {
  std::vector<uint8_t> bytes;
  bytes.reserve(kHeaderBytes + text.size() + 2 + 4 + kOptBytes);
  for (const uint8_t byte : {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1}) bytes.push_back(byte);
  size_t start = 0;
  while (start < text.size()) {
    const size_t dot = std::min(text.find('.', start), text.size());
    bytes.push_back(static_cast<uint8_t>(dot - start));
    for (size_t i = start; i < dot; ++i) bytes.push_back(static_cast<uint8_t>(text[i]));
    start = dot + 1;
  }
  for (const uint8_t byte : {0, 0, 1, 0, 1}) bytes.push_back(byte);
  for (const uint8_t byte : {0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 0}) bytes.push_back(byte);
  return bytes;
}

std::span<const uint8_t> question_in(std::span<const uint8_t> query) {
  return query.subspan(kHeaderBytes, query.size() - kHeaderBytes - kOptBytes);
}

// Reads big-endian numbers; past the end it reads zeros and remembers.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint32_t number(size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | next();
    return value;
  }
  void skip(size_t size) {
    if (size > bytes_.size() - at_) is_short_ = true;
    at_ = std::min(at_ + size, bytes_.size());
  }
  void skip_name() {
    while (true) {
      const size_t length = next();
      if (length >= 0xc0) return skip(1);
      if (length == 0 || is_short_) return;
      skip(length);
    }
  }
  size_t at() const { return at_; }
  bool is_short() const { return is_short_; }

 private:
  uint8_t next() {
    if (at_ >= bytes_.size()) {
      is_short_ = true;
      return 0;
    }
    return bytes_[at_++];
  }
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool is_short_ = false;
};

void read_errors(Reader& reader, size_t length, Asked& asked) {
  const size_t end = reader.at() + length;
  while (reader.at() + 4 <= end && !reader.is_short()) {
    const uint32_t option = reader.number(2), size = reader.number(2);
    if (option == 15 && size >= 2) {
      asked.errors.push_back(static_cast<uint16_t>(reader.number(2)));
      reader.skip(size - 2);
    } else {
      reader.skip(size);
    }
  }
}

// Takes what the answer says into `asked`; false when it is no answer to this question.
bool read_answer(std::span<const uint8_t> message, std::span<const uint8_t> question, int64_t now, Asked& asked) {
  const auto same = [](uint8_t a, uint8_t b) { return std::tolower(a) == std::tolower(b); };
  if (message.size() < 12 + question.size() || (message[2] & 0x80) == 0 ||
      !std::equal(question.begin(), question.end(), message.begin() + 12, same)) {
    return false;
  }
  Reader reader(message);
  reader.skip(3);
  asked.rcode = static_cast<int>(reader.number(1) & 15);
  reader.skip(2);
  const uint32_t answers = reader.number(2), others = reader.number(2), additional = reader.number(2);
  reader.skip(question.size());
  for (uint32_t i = 0; i < answers + others + additional && !reader.is_short(); ++i) {
    reader.skip_name();
    const uint32_t type = reader.number(2);
    reader.skip(2);
    const uint32_t ttl = reader.number(4), length = reader.number(2);
    if (type == 1 && length == 4 && i < answers) {
      const uint32_t address = reader.number(4);
      const int64_t made = address & 0xffffff, tenths = now / kNanosPerTenth;
      asked.provider = static_cast<int>(address >> 24) - 11;
      asked.age_tenths = ((tenths - made) % kAgeModulus + kAgeModulus) % kAgeModulus;
      asked.ttl = ttl;
    } else if (type == 41 && i >= answers + others) {
      read_errors(reader, length, asked);
    } else {
      reader.skip(length);
    }
  }
  return !reader.is_short();
}

class Client {
 public:
  Client(sockaddr_in server, std::vector<std::string> names, uint32_t seed) : server_(server), random_(seed) {
    for (const std::string& name : names) queries_.push_back(query_of(name));
    order_.resize(names.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::shuffle(order_.begin(), order_.end(), random_);
  }

  bool open() {
    for (size_t i = 0; i < kSockets; ++i) {
      const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      sockaddr_in any{};
      any.sin_family = AF_INET;
      any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof(any)) != 0) return false;
      polls_.push_back({fd, POLLIN, 0});
    }
    pending_.resize(kSockets);
    return true;
  }

  void run(int64_t interval, int64_t duration, int64_t listen) {
    const int64_t step = interval / static_cast<int64_t>(queries_.size());
    start_ = now_nanos();
    std::printf("start %lld\n", static_cast<long long>(start_));
    std::fflush(stdout);
    const size_t count = static_cast<size_t>(duration / step);
    asked_.reserve(count);
    while (true) {
      const int64_t now = now_nanos() - start_;
      while (asked_.size() < count && static_cast<int64_t>(asked_.size()) * step <= now) ask(step, now);
      if (asked_.size() == count && now > duration + listen) return;
      const int64_t next = asked_.size() < count ? static_cast<int64_t>(asked_.size()) * step : duration + listen + 1;
      const int64_t left = std::max<int64_t>(0, next - (now_nanos() - start_));
      const timespec patience{left / kNanosPerSecond, left % kNanosPerSecond};
      if (ppoll(polls_.data(), polls_.size(), &patience, nullptr) > 0) receive(listen);
    }
  }

  bool write(const char* path) const {
    std::FILE* out = std::fopen(path, "w");
    if (out == nullptr) return false;
    for (const Asked& one : asked_) {
      std::string errors;
      for (const uint16_t code : one.errors) errors += (errors.empty() ? "" : ",") + std::to_string(code);
      std::fprintf(out, "%u %lld %lld %lld %d %lld %d %lld %s\n", one.name,
                   static_cast<long long>(one.due / kNanosPerMicro), static_cast<long long>(one.late / kNanosPerMicro),
                   static_cast<long long>(one.latency < 0 ? -1 : one.latency / kNanosPerMicro), one.rcode,
                   static_cast<long long>(one.age_tenths), one.provider, static_cast<long long>(one.ttl),
                   errors.empty() ? "-1" : errors.c_str());
    }
    return std::fclose(out) == 0;
  }

 private:
  void ask(int64_t step, int64_t now) {
    const size_t number = asked_.size();
    Asked one;
    one.name = order_[number % order_.size()];
    one.due = static_cast<int64_t>(number) * step;
    one.late = now - one.due;
    asked_.push_back(one);
    const size_t slot = number % kSockets;
    uint16_t id = static_cast<uint16_t>(random_());
    while (pending_[slot].contains(id)) ++id;
    pending_[slot][id] = number;
    std::vector<uint8_t> query = queries_[one.name];
    query[0] = static_cast<uint8_t>(id >> 8);
    query[1] = static_cast<uint8_t>(id);
    // A resolver that is not there (killed) makes errors here: its silence is recorded as such.
    sendto(polls_[slot].fd, query.data(), query.size(), 0, reinterpret_cast<const sockaddr*>(&server_),
           sizeof(server_));
  }

  void receive(int64_t listen) {
    std::array<uint8_t, 4096> room{};
    for (size_t slot = 0; slot < polls_.size(); ++slot) {
      if (polls_[slot].revents == 0) continue;
      ssize_t size = 0;
      while ((size = recv(polls_[slot].fd, room.data(), room.size(), 0)) > 0) {
        const int64_t now = now_nanos();
        if (size < 12) continue;
        const auto found = pending_[slot].find(static_cast<uint16_t>(room[0] << 8 | room[1]));
        if (found == pending_[slot].end()) continue;
        Asked& one = asked_[found->second];
        Asked read = one;
        read.latency = now - start_ - one.due;
        if (!read_answer(std::span(room).first(static_cast<size_t>(size)), question_in(queries_[one.name]), now, read))
          continue;
        pending_[slot].erase(found);
        if (read.latency <= listen) one = read;
      }
    }
  }

  sockaddr_in server_;
  std::mt19937 random_;
  std::vector<std::vector<uint8_t>> queries_;
  std::vector<uint32_t> order_;
  std::vector<pollfd> polls_;
  std::vector<std::unordered_map<uint16_t, size_t>> pending_;  // by socket: id -> index in asked_
  std::vector<Asked> asked_;
  int64_t start_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    std::fputs("usage: outage_client ADDRESS PORT NAMES INTERVAL_MS SECONDS LISTEN_MS SEED OUT\n", stderr);
    return 2;
  }
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[2])));
  std::vector<std::string> names;
  std::string name;
  std::ifstream file(argv[3]);
  while (std::getline(file, name)) names.push_back(name);
  if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1 || names.empty()) {
    std::fputs("outage_client: give an IPv4 address and a file with at least one name\n", stderr);
    return 2;
  }
  Client client(server, names, static_cast<uint32_t>(std::atoll(argv[7])));
  if (!client.open()) {
    std::fputs("outage_client: cannot open sockets; raise the limit of open files\n", stderr);
    return 1;
  }
  client.run(std::atoll(argv[4]) * kNanosPerMilli, std::atoll(argv[5]) * kNanosPerSecond,
             std::atoll(argv[6]) * kNanosPerMilli);
  if (!client.write(argv[8])) {
    std::fprintf(stderr, "outage_client: cannot write %s\n", argv[8]);
    return 1;
  }
  return 0;
}
