// The io_uring backend. One system call a turn submits what changed and waits.
//
//   UDP listeners   net/uring_receiver.h
//   all other       poll requests, one for each direction, each for one report; armed again at the
//                   next turn if still wanted, which makes them level-triggered
//
// State of a watch's direction:  idle --arm--> armed --completion--> idle
// A watch that is closed while armed is cancelled; its descriptor is closed, and its slot is free
// again, only after every completion has come: `close` alone does not end a pending request.
//
// Requests are made in collect() alone. A request that finds no room stays on the list of changes
// for the next turn.
#pragma once

#include <liburing.h>

#include "net/driver.h"
#include "net/uring_receiver.h"

namespace net {

class UringDriver final : public Driver {
 public:
  // Called on the thread that will use it: the ring takes requests from no other.
  static base::Result<std::unique_ptr<Driver>, StartError> make(EventQueue& events, base::Counters& counters);
  ~UringDriver() override;

  [[nodiscard]] std::string_view name() const override { return "uring"; }
  [[nodiscard]] bool start_receiving(const UdpListener& listener) override;
  void stop_receiving(ListenerId listener) override;
  void begin_turn() override;
  void collect(std::optional<base::Duration> wait, ReadySink& sink) override;

  WatchId watch(Descriptor fd, WatchKind kind, uint64_t owner, Interest interest) override;
  void want(WatchId watch, Interest interest) override;
  void close(WatchId watch) override;
  [[nodiscard]] int descriptor(WatchId watch) const override;

 private:
  enum class Request : uint8_t { kPollRead, kPollWrite, kCancelWatch, kReceive, kCancelReceive, kCancelAll };
  struct Watch {
    Descriptor fd;
    WatchKind kind = WatchKind::kWake;
    uint64_t owner = 0;
    Interest interest;
    Interest armed;           // directions with a request in the kernel
    bool closing = false;
    bool cancelling = false;  // a cancel request is in the kernel
    bool changed = false;     // on the list of changes
  };

  UringDriver(EventQueue& events, base::Counters& counters) : events_(events), counters_(counters) {}
  // Null: no room; again in the next turn.
  [[nodiscard]] io_uring_sqe* request();
  // user_data: | kind: 32 bits | index of the watch or receiver: 32 bits |
  static void tag(io_uring_sqe& prepared, Request kind, uint32_t index);
  void note_change(uint32_t slot);
  void submit_changes();
  [[nodiscard]] bool submit_change(uint32_t slot);
  void submit_receivers();
  void submit_and_wait(std::optional<base::Duration> wait);
  void handle(const io_uring_cqe& completion, ReadySink* sink);
  void handle_poll(uint32_t slot, bool reading, int result, ReadySink* sink);
  void release(uint32_t slot);
  [[nodiscard]] bool requests_pending() const;

  EventQueue& events_;
  base::Counters& counters_;
  io_uring ring_{};
  bool ring_made_ = false;
  std::vector<Watch> watches_;
  std::vector<uint32_t> free_watches_;
  std::vector<uint32_t> changes_;
  std::vector<uint32_t> changes_in_work_;
  struct Receiving {
    std::unique_ptr<UringReceiver> receiver;
    bool cancel_wanted = false;
  };
  std::vector<Receiving> receivers_;
};

}  // namespace net
