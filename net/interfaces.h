// The addresses that this machine has now, for telling its own listeners from other servers when it
// listens on a wildcard address. Read once at start.
#pragma once

#include <vector>

#include "base/ip.h"

namespace net {

// Empty when the kernel does not tell.
[[nodiscard]] std::vector<base::IpAddress> interface_addresses();

// `endpoints` with each wildcard (0.0.0.0, ::) followed by that port on every address of its family.
[[nodiscard]] std::vector<base::Endpoint> expand_wildcards(const std::vector<base::Endpoint>& endpoints,
                                                           const std::vector<base::IpAddress>& addresses);

}  // namespace net
