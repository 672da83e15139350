// UringReceiver: one UDP listener on the ring: a multishot recvmsg that fills buffers of its own
// group. A buffer has exactly one owner:
//
//   kernel --completion--> decoder (an event shows its bytes) --next begin_turn()--> kernel
//
// A multishot request ends when the group runs dry (ENOBUFS), or for reasons of the kernel's. It
// is armed again only at the next turn, and only with enough buffers back: armed on an empty
// group it would fail at once, again and again.
#pragma once

#include <liburing.h>

#include <memory>
#include <vector>

#include "net/driver.h"

namespace net {

class UringReceiver {
 public:
  // Null: this machine does not have the memory, or the kernel does not know buffer rings (errno).
  static std::unique_ptr<UringReceiver> make(io_uring& ring, const UdpListener& listener, uint16_t group,
                                             EventQueue& events, base::Counters& counters);
  // REQUIRES: the kernel holds no request of it any more (armed() is false), or the ring is gone.
  ~UringReceiver();
  UringReceiver(const UringReceiver&) = delete;
  UringReceiver& operator=(const UringReceiver&) = delete;

  // Gives back the buffers of the last turn.
  void begin_turn();
  [[nodiscard]] bool wants_arming() const;
  void arm(io_uring_sqe& request);
  void handle_completion(const io_uring_cqe& completion);

  void stop() { stopped_ = true; }
  [[nodiscard]] bool armed() const { return armed_; }
  [[nodiscard]] const UdpListener& listener() const { return listener_; }

 private:
  // More than two of the largest turns' worth: one turn's bytes are shown while the next arrive.
  static constexpr uint32_t kBuffers = 1024;
  static constexpr uint32_t kRearmBuffersMin = 256;
  static_assert(kBuffers >= 2 * kEventsPerTurnMax);
  enum class Owner : uint8_t { kKernel, kDecoder };

  UringReceiver(io_uring& ring, const UdpListener& listener, uint16_t group, EventQueue& events,
                base::Counters& counters);
  [[nodiscard]] bool map_memory();
  void give(uint16_t buffer, int offset);

  io_uring& ring_;
  const UdpListener listener_;
  const uint16_t group_;
  EventQueue& events_;
  base::Counters& counters_;
  msghdr layout_;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  uint8_t* buffers_ = nullptr;
  bool registered_ = false;

  bool armed_ = false;
  bool stopped_ = false;
  std::vector<Owner> owners_;
  std::vector<uint16_t> decoding_;  // buffers whose bytes the last turn's events show
};

}  // namespace net
