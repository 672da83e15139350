#include "server/random.h"

#include <sys/random.h>

#include <cerrno>

namespace server {

base::Result<void, std::string> fill_random(base::MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return base::error(std::string("the kernel gives no random numbers (getrandom: ") + std::strerror(errno) +
                         "), and ports and ids would be predictable without; allow getrandom to this process");
    }
    out = out.subspan(static_cast<size_t>(count));
  }
  return {};
}

}  // namespace server
