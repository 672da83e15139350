// Log: one line for each important event. The pure folders write here and never block: the sink
// that `server` installs queues lines and drops the oldest when full. Without a sink (unit
// tests) lines are discarded. A line that hostile traffic can cause takes a LogLimit.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace base {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void line(LogLevel level, std::string_view text) = 0;
};

// Installed once at start, before any other thread runs. The sink must outlive all logging.
void set_log_sink(LogSink* sink, LogLevel least);
[[nodiscard]] bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view text);

// At most `burst` lines in each `period`; says how many were left out when it speaks again.
// Not thread-safe: owned by one worker.
class LogLimit {
 public:
  LogLimit(uint32_t burst, Duration period) : burst_(burst), period_(period) {}
  // Logs `text` unless the limit is reached.
  void line(Instant now, LogLevel level, std::string_view text);

 private:
  uint32_t burst_;
  Duration period_;
  Instant period_start_{};
  uint32_t lines_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace base
