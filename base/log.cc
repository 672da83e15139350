#include "base/log.h"

namespace base {
namespace {
std::atomic<LogSink*> installed_sink{nullptr};
std::atomic<LogLevel> least_level{LogLevel::kError};
}  // namespace

void set_log_sink(LogSink* sink, LogLevel least) {
  least_level.store(least, std::memory_order_relaxed);
  installed_sink.store(sink, std::memory_order_release);  // pairs with the acquire in log_line
}

bool log_enabled(LogLevel level) {
  return installed_sink.load(std::memory_order_relaxed) != nullptr &&
         level >= least_level.load(std::memory_order_relaxed);
}

void log_line(LogLevel level, std::string_view text) {
  if (!log_enabled(level)) return;
  installed_sink.load(std::memory_order_acquire)->line(level, text);
}

void LogLimit::line(Instant now, LogLevel level, std::string_view text) {
  if (!log_enabled(level)) return;
  if (now - period_start_ >= period_) {
    if (left_out_ > 0) log_line(level, "(" + std::to_string(left_out_) + " similar lines left out)");
    period_start_ = now;
    lines_ = 0;
    left_out_ = 0;
  }
  if (lines_ >= burst_) {
    ++left_out_;
    return;
  }
  ++lines_;
  log_line(level, text);
}

}  // namespace base
