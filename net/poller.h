// Poller: who is ready to be read or written. The one seam between the shared socket code and
// the two backends (epoll; poll requests on a ring). Level-triggered in both: what is not read
// is reported again in the next turn.
//
// A Poller owns the descriptors it watches: with a ring, a descriptor may be closed only after
// the kernel has let go of its requests, which is later than close() is called.
#pragma once

#include <cstdint>
#include <vector>

#include "net/socket.h"

namespace net {

enum class WatchKind : uint8_t { kWake, kTcpListener, kConnection, kStream, kExchange };

struct Interest {
  bool read = false;
  bool write = false;
  bool operator==(const Interest&) const = default;
};

struct Readiness {
  bool readable = false;
  bool writable = false;
  bool failed = false;  // error or hang-up: reported whether it is of interest or not
};

enum class WatchId : uint32_t {};

class Poller {
 public:
  virtual ~Poller() = default;
  // Takes the descriptor. `owner` is the id the readiness is reported with.
  virtual WatchId watch(Descriptor fd, WatchKind kind, uint64_t owner, Interest interest) = 0;
  virtual void want(WatchId watch, Interest interest) = 0;
  virtual void close(WatchId watch) = 0;
  [[nodiscard]] virtual int descriptor(WatchId watch) const = 0;
};

}  // namespace net
