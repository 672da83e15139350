#include "net/uring_driver.h"
namespace net {
base::Result<std::unique_ptr<Driver>, StartError> make_uring_driver(EventQueue&, base::Counters&) {
  return base::error(StartError{"io_uring is not in this build"});
}
}
