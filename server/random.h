// The program's only source of randomness: the kernel's, by getrandom. Drawn at start for the
// seeds of each worker's Entropy and for the secrets of tables and cookies; never afterwards.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace server {

// Fills `out`, waiting for the kernel's pool if it is not initialised yet. The error is one sentence:
// without randomness the daemon does not start.
[[nodiscard]] base::Result<void, std::string> fill_random(base::MutableBytes out);

}  // namespace server
