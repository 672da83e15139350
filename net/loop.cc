#include "net/loop.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "net/mmsg_driver.h"
#include "net/socket_loop.h"
#include "net/uring_driver.h"

namespace net {
namespace {

using MadeDriver = base::Result<std::unique_ptr<Driver>, StartError>;

MadeDriver make_driver(Backend wanted, EventQueue& events, base::Counters& counters) {
  switch (wanted) {
    case Backend::kMmsg: return MmsgDriver::make(events, counters);
    case Backend::kUring:
    case Backend::kAuto: break;
  }
  MadeDriver made = UringDriver::make(events, counters);
  if (made) return made;
  if (wanted == Backend::kUring) {
    return base::error(StartError{made.error().sentence + "; choose the backend mmsg or auto"});
  }
  base::log_line(base::LogLevel::kWarning, made.error().sentence + "; using recvmmsg and sendmmsg instead");
  return MmsgDriver::make(events, counters);
}

}  // namespace

base::Result<std::unique_ptr<Loop>, StartError> Loop::make(const LoopOptions& options, base::Counters& counters) {
  Descriptor wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) return base::error(StartError{std::string("cannot make an eventfd: ") + std::strerror(errno)});
  auto events = std::make_unique<EventQueue>();
  MadeDriver driver = make_driver(options.backend, *events, counters);
  if (!driver) return base::error(driver.error());
  return std::unique_ptr<Loop>(
      new SocketLoop(options, std::move(events), std::move(*driver), std::move(wake), counters));
}

}  // namespace net
