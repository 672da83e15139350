// The backend for machines that forbid io_uring, and the baseline it is measured against: epoll
// for readiness, recvmmsg for listeners.
//
// Received datagrams lie in one array of slots, filled from the front in each turn, so that the
// slots in use stay in the CPU's caches.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>

#include "net/driver.h"
#include "net/address.h"
#include "net/datagram.h"

namespace net {

class MmsgDriver final : public Driver {
 public:
  static base::Result<std::unique_ptr<Driver>, StartError> make(EventQueue& events, base::Counters& counters);
  ~MmsgDriver() override = default;

  [[nodiscard]] std::string_view name() const override { return "mmsg"; }
  [[nodiscard]] bool start_receiving(const UdpListener& listener) override;
  void stop_receiving(ListenerId listener) override;
  void begin_turn() override { slots_used_ = 0; }
  void collect(std::optional<base::Duration> wait, ReadySink& sink) override;

  WatchId watch(Descriptor fd, WatchKind kind, uint64_t owner, Interest interest) override;
  void want(WatchId watch, Interest interest) override;
  void close(WatchId watch) override;
  [[nodiscard]] int descriptor(WatchId watch) const override;

 private:
  static constexpr size_t kBatch = 64;        // datagrams in one recvmmsg
  static constexpr size_t kVisitMax = 256;    // datagrams of one listener before others have their turn
  static constexpr size_t kReadyMax = 512;
  struct Watch {
    Descriptor fd;
    WatchKind kind = WatchKind::kWake;
    uint64_t owner = 0;
    Interest interest;
    uint32_t generation = 0;  // reports made before the slot was reused are dropped
  };
  struct Slot {
    SocketAddress client;
    alignas(cmsghdr) std::array<uint8_t, kControlBytes> control;
    std::array<uint8_t, kDatagramBytesMax> bytes;
  };

  MmsgDriver(Descriptor epoll, EventQueue& events, base::Counters& counters);
  void update(int operation, uint32_t slot);
  [[nodiscard]] int wait_for_ready(std::optional<base::Duration> wait);
  void receive(const UdpListener& listener);
  [[nodiscard]] size_t receive_batch(const UdpListener& listener, size_t batch);

  Descriptor epoll_;
  bool waits_exactly_ = true;  // epoll_pwait2; else in whole milliseconds
  EventQueue& events_;
  base::Counters& counters_;
  std::vector<Watch> watches_;
  std::vector<uint32_t> free_watches_;
  std::vector<UdpListener> listeners_;

  std::array<epoll_event, kReadyMax> ready_{};  // [ready_next_, ready_end_) is still to be reported
  size_t ready_next_ = 0;
  size_t ready_end_ = 0;

  std::unique_ptr<Slot[]> slots_;
  size_t slots_used_ = 0;
  std::array<mmsghdr, kBatch> headers_{};
  std::array<iovec, kBatch> parts_{};
};

}  // namespace net
