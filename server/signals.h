// Signals as something to wait for: blocked in every thread, read from a descriptor by the main
// thread. SIGPIPE is ignored: a client that is gone is an error of its own socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace server {

enum class Signal : uint8_t { kStop, kHangUp };

class Signals {
 public:
  // Before any thread is started: threads inherit the mask.
  static base::Result<Signals, std::string> block();
  Signals(Signals&& other) noexcept;
  Signals& operator=(Signals&&) = delete;
  ~Signals();
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // The next signal that has arrived, if any. Never waits.
  [[nodiscard]] std::optional<Signal> next() const;

 private:
  explicit Signals(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace server
