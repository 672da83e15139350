// StderrLog: where log lines end up. A thread of its own (spdlog's) writes them to stderr; who
// logs only puts a line into a queue. When the queue is full the oldest line goes: a slow
// terminal or a full pipe never blocks a worker.
//
//   2026-05-04 12:00:00.123 info: holdfast 0.1.0 ready: ...
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace server {

// What a line may hold: one line of printable text, bounded. Names and texts of others come in.
[[nodiscard]] std::string printable_line(std::string_view text);

class StderrLog : public base::LogSink {
 public:
  StderrLog();
  ~StderrLog() override;  // writes out what is queued
  void line(base::LogLevel level, std::string_view text) override;
  // Lines lost because the queue was full.
  [[nodiscard]] uint64_t lines_lost() const;

 private:
  std::shared_ptr<spdlog::details::thread_pool> writer_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace server
