// Driver: what the two ways of waiting do differently: reading listeners' datagrams in batches,
// and telling which other sockets are ready. Everything else is shared (net/socket_loop.h).
//
//   MmsgDriver    epoll, recvmmsg
//   UringDriver   one ring: multishot recvmsg with provided buffers; poll requests for the rest
//
// Both send answers with net/datagram_sender.h.
#pragma once

#include <optional>
#include <string_view>

#include "net/event_queue.h"
#include "net/poller.h"

namespace net {

// A UDP listener as the backend sees it. `local` is null if packet info says where a datagram
// came to; the descriptor stays open until the backend is gone.
struct UdpListener {
  ListenerId id{};
  int fd = -1;
  const base::IpAddress* local = nullptr;
};

class ReadySink {
 public:
  virtual ~ReadySink() = default;
  virtual void on_ready(WatchKind kind, uint64_t owner, const Readiness& readiness) = 0;
};

class Driver : public Poller {
 public:
  [[nodiscard]] virtual std::string_view name() const = 0;
  // False: this machine lacks something (errno says what).
  [[nodiscard]] virtual bool start_receiving(const UdpListener& listener) = 0;
  virtual void stop_receiving(ListenerId listener) = 0;
  // The bytes of the last turn's datagrams are not needed any more.
  virtual void begin_turn() = 0;
  // Waits at most `wait` (for ever without one) and reports until the event queue is full.
  // Datagrams go into the queue, readiness to `sink`; what is left over comes first next time.
  virtual void collect(std::optional<base::Duration> wait, ReadySink& sink) = 0;
};

}  // namespace net
