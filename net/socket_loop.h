// SocketLoop: what both backends share: listeners, clients' connections, exchanges and streams,
// and the order of work within a turn.
//
//   1 last turn's bytes are given back; events that waited come first
//   2 timers of what was touched since are armed with this turn's `now`; queued answers leave
//   3 wait: until the caller's deadline or the next one of ours; not at all if there is work
//   4 collect readiness and datagrams, until the event queue is full
//   5 close what was past its deadline at `now` and did nothing in this turn either
#pragma once

#include <memory>
#include <vector>

#include "net/driver.h"
#include "net/client_tcp.h"
#include "net/datagram_sender.h"
#include "net/exchanges.h"
#include "net/streams.h"

namespace net {

class SocketLoop final : public Loop, private ReadySink {
 public:
  // `wake` is an eventfd.
  SocketLoop(const LoopOptions& options, std::unique_ptr<EventQueue> events, std::unique_ptr<Driver> driver,
             Descriptor wake, base::Counters& counters);
  ~SocketLoop() override;

  [[nodiscard]] std::string_view backend_name() const override { return driver_->name(); }
  base::Result<ListenerId, StartError> listen(const base::Endpoint& endpoint) override;
  void stop_listening() override;
  std::span<const Event> turn(base::Instant now, base::Instant until) override;
  void wake() override;
  void send_datagram(ListenerId listener, const base::Endpoint& client, const base::IpAddress& local,
                     uint32_t interface_index, base::Bytes bytes) override;
  void send_message(ConnectionId connection, base::Bytes bytes) override;
  void open_exchange(ExchangeId id, const base::IpAddress* local_address, uint16_t local_port,
                     const base::Endpoint& server, base::Bytes query) override;
  void close_exchange(ExchangeId id) override;
  void open_stream(StreamId id, const base::IpAddress* local_address, const base::Endpoint& server) override;
  void send_stream(StreamId id, base::Bytes message) override;
  void close_stream(StreamId id) override;
  [[nodiscard]] Usage usage() const override;

 private:
  struct Listener {
    base::IpAddress address;
    Descriptor udp;
    bool wildcard = false;
    WatchId tcp{};
    bool accepting = true;
    bool accept_paused = false;
    std::unique_ptr<DatagramSender> sender;
  };

  void on_ready(WatchKind kind, uint64_t owner, const Readiness& readiness) override;
  void accept(Listener& listener);
  void resume_accepting(base::Instant now);
  [[nodiscard]] std::optional<base::Duration> wait_time(base::Instant now, base::Instant until) const;

  base::Counters& counters_;
  std::unique_ptr<EventQueue> events_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // their sockets outlive the backend
  std::unique_ptr<Driver> driver_;
  int wake_fd_;
  ClientTcp clients_;
  Exchanges exchanges_;
  Streams streams_;
  bool accept_paused_ = false;  // for want of descriptors
  base::Instant accept_resume_ = base::Instant::never();
};

}  // namespace net
