#pragma once
#include "net/driver.h"
namespace net {
base::Result<std::unique_ptr<Driver>, StartError> make_uring_driver(EventQueue& events, base::Counters& counters);
}
