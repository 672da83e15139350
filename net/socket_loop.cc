#include "net/socket_loop.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace net {
namespace {
// A listener whose connections cannot be accepted stays ready: without a pause the loop would spin.
constexpr base::Duration kAcceptPause = base::milliseconds(100);
}  // namespace

SocketLoop::SocketLoop(const LoopOptions& options, std::unique_ptr<EventQueue> events,
                       std::unique_ptr<Driver> driver, Descriptor wake, base::Counters& counters)
    : counters_(counters),
      events_(std::move(events)),
      driver_(std::move(driver)),
      wake_fd_(wake.get()),
      clients_(options, *driver_, *events_, counters),
      exchanges_(*driver_, *events_, counters),
      streams_(options.stream_connect, *driver_, *events_, counters) {
  driver_->watch(std::move(wake), WatchKind::kWake, 0, {.read = true, .write = false});
}

SocketLoop::~SocketLoop() = default;

// Listening --------------------------------------------------------------------------------------

base::Result<ListenerId, StartError> SocketLoop::listen(const base::Endpoint& endpoint) {
  auto udp = make_udp_listener(endpoint);
  if (!udp) return base::error(udp.error());
  auto tcp = make_tcp_listener(endpoint);
  if (!tcp) return base::error(tcp.error());

  const auto index = static_cast<uint32_t>(listeners_.size());
  auto listener = std::make_unique<Listener>();
  listener->address = endpoint.address;
  listener->wildcard = is_wildcard(endpoint.address);
  listener->udp = std::move(*udp);
  const bool packet_info = wants_packet_info(endpoint.address);
  const UdpListener receiving{.id = ListenerId{index},
                              .fd = listener->udp.get(),
                              .local = packet_info ? nullptr : &listener->address};
  if (!driver_->start_receiving(receiving)) {
    return base::error(StartError{"cannot listen on " + endpoint.to_text() + ": " + std::strerror(errno)});
  }
  listener->tcp = driver_->watch(std::move(*tcp), WatchKind::kTcpListener, index, {.read = true, .write = false});
  listener->sender = std::make_unique<DatagramSender>(listener->udp.get(), packet_info, counters_);
  listeners_.push_back(std::move(listener));
  return ListenerId{index};
}

void SocketLoop::stop_listening() {
  for (size_t index = 0; index < listeners_.size(); ++index) {
    Listener& listener = *listeners_[index];
    if (!listener.accepting) continue;
    listener.accepting = false;
    driver_->stop_receiving(ListenerId{static_cast<uint32_t>(index)});
    driver_->close(listener.tcp);
  }
}

void SocketLoop::accept(Listener& listener) {
  if (!listener.accepting) return;
  if (clients_.accept_from(driver_->descriptor(listener.tcp), listener.wildcard ? nullptr : &listener.address)) return;
  listener.accept_paused = true;
  accept_paused_ = true;
  driver_->want(listener.tcp, {});
}

void SocketLoop::resume_accepting(base::Instant now) {
  if (!accept_paused_) return;
  if (accept_resume_ == base::Instant::never()) accept_resume_ = now + kAcceptPause;
  if (now < accept_resume_) return;
  accept_paused_ = false;
  accept_resume_ = base::Instant::never();
  for (auto& listener : listeners_) {
    if (!std::exchange(listener->accept_paused, false) || !listener->accepting) continue;
    driver_->want(listener->tcp, {.read = true, .write = false});
  }
}

// The turn ---------------------------------------------------------------------------------------

std::optional<base::Duration> SocketLoop::wait_time(base::Instant now, base::Instant until) const {
  if (!events_->empty() || clients_.work_waiting() || streams_.work_waiting()) return base::Duration(0);
  const base::Instant next = std::min({until, clients_.next_deadline(), streams_.next_deadline(), accept_resume_});
  if (next == base::Instant::never()) return std::nullopt;
  return std::max(next - now, base::Duration(0));
}

std::span<const Event> SocketLoop::turn(base::Instant now, base::Instant until) {
  driver_->begin_turn();
  events_->begin_turn();
  for (auto& listener : listeners_) listener->sender->flush();
  resume_accepting(now);
  clients_.begin_turn(now);
  streams_.begin_turn(now);
  driver_->collect(wait_time(now, until), *this);
  clients_.end_turn(now);
  streams_.end_turn(now);
  return events_->end_turn();
}

void SocketLoop::on_ready(WatchKind kind, uint64_t owner, const Readiness& readiness) {
  switch (kind) {
    case WatchKind::kWake: {
      uint64_t count = 0;
      if (read(wake_fd_, &count, sizeof(count)) == sizeof(count)) events_->add_whenever(Woken{});
      return;
    }
    case WatchKind::kTcpListener: return accept(*listeners_[owner]);
    case WatchKind::kConnection: return clients_.on_ready(ConnectionId{owner}, readiness);
    case WatchKind::kStream: return streams_.on_ready(StreamId{owner}, readiness);
    case WatchKind::kExchange: return exchanges_.on_ready(ExchangeId{owner});
  }
}

void SocketLoop::wake() {
  const uint64_t one = 1;
  // Fails only if the count is full: then a wake-up is on its way already.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

// What the caller asks for -----------------------------------------------------------------------

void SocketLoop::send_datagram(ListenerId listener, const base::Endpoint& client, const base::IpAddress& local,
                               uint32_t interface_index, base::Bytes bytes) {
  listeners_[static_cast<uint32_t>(listener)]->sender->add(client, local, interface_index, bytes);
}

void SocketLoop::send_message(ConnectionId connection, base::Bytes bytes) { clients_.send(connection, bytes); }

void SocketLoop::open_exchange(ExchangeId id, const base::IpAddress* local_address, uint16_t local_port,
                               const base::Endpoint& server, base::Bytes query) {
  exchanges_.open(id, local_address, local_port, server, query);
}

void SocketLoop::close_exchange(ExchangeId id) { exchanges_.close(id); }

void SocketLoop::open_stream(StreamId id, const base::IpAddress* local_address, const base::Endpoint& server) {
  streams_.open(id, local_address, server);
}

void SocketLoop::send_stream(StreamId id, base::Bytes message) { streams_.send(id, message); }
void SocketLoop::close_stream(StreamId id) { streams_.close(id); }

Loop::Usage SocketLoop::usage() const {
  return {.exchanges = exchanges_.open(), .streams = streams_.open(), .connections = clients_.open()};
}

}  // namespace net
