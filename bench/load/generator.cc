#include "bench/load/generator.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace bench {
namespace {

constexpr int kReadyMax = 64;
constexpr size_t kSendsPerTurnMax = 256;
constexpr uint64_t kExpireEveryNs = 50'000'000;

uint64_t clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

uint64_t to_ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

}  // namespace

Generator::Generator(const LoadOptions& options) : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  prctl(PR_SET_TIMERSLACK, 1);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  uint64_t seed = options_.seed;
  for (const StreamOptions& stream : options_.streams) streams_.emplace_back(stream, options_, seed++);
  figures_.streams.resize(streams_.size());
  if (options_.unseen_ports) return;
  for (uint32_t index = 0; index < options_.links; ++index) {
    links_.push_back(std::make_unique<Link>(options_, Link::kFlyingMax));
    watch(static_cast<int>(index));
  }
}

Generator::~Generator() { close(epoll_); }

// Counts from 1 ms, so that 0 means "none".
uint64_t Generator::now_ns() const { return clock_ns(CLOCK_MONOTONIC) - started_ns_ + 1'000'000; }

void Generator::watch(int link) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = link;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, links_[static_cast<size_t>(link)]->descriptor(), &event);
}

Link& Generator::link_for_next() {
  if (!options_.unseen_ports) return *links_[next_link_];
  auto link = std::make_unique<Link>(options_, 1);
  const auto fd = static_cast<size_t>(link->descriptor());
  if (links_.size() <= fd) links_.resize(fd + 1);
  links_[fd] = std::move(link);
  watch(static_cast<int>(fd));
  return *links_[fd];
}

void Generator::send(size_t stream, uint64_t intended_ns, uint64_t now) {
  Link& link = link_for_next();
  const uint16_t id = link.next_id();
  Flying& flying = link.flying(id);
  if (flying.intended_ns != 0) settle(flying, Outcome::kTimeout, now);
  const bool measured = intended_ns >= measure_from_ns_ && intended_ns < measure_to_ns_;
  flying = {intended_ns, streams_[stream].take(), static_cast<uint16_t>(stream), measured};
  ++outstanding_;
  if (measured) {
    StreamFigures& figures = figures_.streams[stream];
    ++figures.sent;
    if (now - intended_ns > to_ns(options_.late_ms / 1000)) ++figures.late;
  }
  std::array<uint8_t, kQueryBytesMax> query;
  const size_t size = streams_[stream].write_query(flying.item, id, query.data());
  link.add(base::Bytes(query).first(size));
  if (options_.unseen_ports) link.flush();
}

uint64_t Generator::next_due_ns() const {
  double next = streams_[0].next_at_ns();
  for (const Stream& stream : streams_) next = std::min(next, stream.next_at_ns());
  return static_cast<uint64_t>(next) + 1'000'000;
}

void Generator::send_due(uint64_t now) {
  size_t sends = 0;
  for (size_t index = 0; index < streams_.size(); ++index) {
    for (; sends < kSendsPerTurnMax; ++sends) {
      const uint64_t intended = static_cast<uint64_t>(streams_[index].next_at_ns()) + 1'000'000;
      if (intended > now) break;
      send(index, intended, now);
    }
  }
  if (options_.unseen_ports) return;
  links_[next_link_]->flush();
  next_link_ = (next_link_ + 1) % links_.size();
}

void Generator::fill_window(uint64_t now) {
  size_t sends = 0;
  for (; outstanding_ < options_.window && sends < kSendsPerTurnMax; ++sends) send(0, now, now);
  if (options_.unseen_ports) return;
  links_[next_link_]->flush();
  next_link_ = (next_link_ + 1) % links_.size();
}

void Generator::settle(Flying& flying, Outcome outcome, uint64_t now) {
  const uint64_t taken_ns = now - std::min(now, flying.intended_ns);
  if (flying.measured) {
    StreamFigures& figures = figures_.streams[flying.stream];
    if (taken_ns > to_ns(options_.timeout_s)) outcome = Outcome::kTimeout;
    ++figures.outcomes[static_cast<size_t>(outcome)];
    if (outcome != Outcome::kTimeout) figures.latency.add(taken_ns);
  }
  flying.intended_ns = 0;
  --outstanding_;
}

void Generator::take(Link& link, base::Bytes reply) {
  if (reply.size() < 2) return;
  const uint16_t id = base::load_be16(reply.data());
  if (id >= link.all_flying().size() || link.flying(id).intended_ns == 0) return;  // late, and counted already
  Flying& flying = link.flying(id);
  std::array<uint8_t, kQueryBytesMax> query;
  const Stream& stream = streams_[flying.stream];
  const size_t size = stream.write_query(flying.item, id, query.data());
  settle(flying, classify(reply, base::Bytes(query).subspan(12, stream.question_bytes(size))), now_ns());
}

void Generator::wait(uint64_t until_ns) {
  const uint64_t now = now_ns();
  const uint64_t wait_ns = until_ns > now ? until_ns - now : 0;
  const timespec timeout{.tv_sec = static_cast<time_t>(wait_ns / 1'000'000'000),
                         .tv_nsec = static_cast<long>(wait_ns % 1'000'000'000)};
  std::array<epoll_event, kReadyMax> ready;
  const int count = epoll_pwait2(epoll_, ready.data(), kReadyMax, &timeout, nullptr);
  for (int index = 0; index < count; ++index) {
    const auto link = static_cast<size_t>(ready[static_cast<size_t>(index)].data.fd);
    links_[link]->receive([&](base::Bytes reply) { take(*links_[link], reply); });
    if (options_.unseen_ports) links_[link].reset();
  }
}

void Generator::expire(uint64_t before_ns) {
  const uint64_t now = now_ns();
  for (auto& link : links_) {
    if (link == nullptr) continue;
    for (Flying& flying : link->all_flying()) {
      if (flying.intended_ns != 0 && flying.intended_ns < before_ns) settle(flying, Outcome::kTimeout, now);
    }
    if (options_.unseen_ports && link->flying(0).intended_ns == 0) link.reset();
  }
}

RunFigures Generator::run() {
  started_ns_ = clock_ns(CLOCK_MONOTONIC);
  measure_from_ns_ = 1'000'000 + to_ns(options_.warm_s);
  measure_to_ns_ = measure_from_ns_ + to_ns(options_.seconds);
  const uint64_t give_up_ns = measure_to_ns_ + to_ns(options_.timeout_s);
  uint64_t errors_before = 0, own_before = 0, expired_at = 0;
  bool measuring = false, sending = true;
  for (uint64_t now = now_ns(); sending || (outstanding_ > 0 && now < give_up_ns); now = now_ns()) {
    if (!measuring && now >= measure_from_ns_) {
      measuring = true;
      figures_.cpu_before = cpu_of(options_.pid);
      errors_before = receive_buffer_errors();
      own_before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    }
    if (sending && now >= measure_to_ns_) {
      sending = false;
      figures_.cpu_after = cpu_of(options_.pid);
      figures_.own_cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - own_before;
    }
    if (sending && options_.window > 0)
      fill_window(now);
    else if (sending)
      send_due(now);
    for (auto& link : links_) {
      if (options_.tcp) link->flush();
    }
    if (now - expired_at > kExpireEveryNs) {
      expired_at = now;
      expire(now - std::min(now, to_ns(options_.timeout_s)));
    }
    const uint64_t soon = now + kExpireEveryNs;
    wait(sending && options_.window == 0 ? std::min(next_due_ns(), soon) : soon);
  }
  expire(UINT64_MAX);
  figures_.buffer_errors = receive_buffer_errors() - errors_before;
  figures_.seconds = options_.seconds;
  uint64_t sent = 0, late = 0;
  for (const StreamFigures& stream : figures_.streams) {
    sent += stream.sent;
    late += stream.late;
  }
  figures_.valid = static_cast<double>(late) * 100 <= options_.late_percent_max * static_cast<double>(sent);
  return figures_;
}

}  // namespace bench
