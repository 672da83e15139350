// Checks made before anything is started, so that a failure is one clear sentence.
#pragma once

#include <string>

#include "base/ip.h"
#include "base/result.h"

namespace server {

// Can this process serve `endpoint`, and is nobody else there? The listeners share their port
// among the workers (SO_REUSEPORT), so a second daemon of the same user would silently take half
// of the queries: a bind without sharing finds it. `tries`, 20 ms apart, while somebody is: the kernel closes
// the sockets in the ring of a process that was killed a moment after the process has ended.
[[nodiscard]] base::Result<void, std::string> check_endpoint_free(const base::Endpoint& endpoint, int tries = 1);

}  // namespace server
