#include "server/log_sink.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace server {
namespace {

constexpr size_t kQueueLines = 8192;    // chosen: a few megabytes at most
constexpr size_t kLineBytesMax = 1000;  // chosen: journald and terminals cope

spdlog::level::level_enum spdlog_level(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return spdlog::level::debug;
    case base::LogLevel::kInfo:
      return spdlog::level::info;
    case base::LogLevel::kWarning:
      return spdlog::level::warn;
    case base::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

std::string printable_line(std::string_view text) {
  std::string line(text.substr(0, kLineBytesMax));
  for (char& character : line) {
    if (character < ' ' || character > '~') character = '?';
  }
  if (text.size() > kLineBytesMax) line += "...";
  return line;
}

StderrLog::StderrLog()
    : writer_(std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1)),
      logger_(std::make_shared<spdlog::async_logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                                     writer_, spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  logger_->set_level(spdlog::level::trace);  // base::log_enabled decides
}

StderrLog::~StderrLog() = default;  // the pool's destructor writes out the queue and joins

void StderrLog::line(base::LogLevel level, std::string_view text) {
  logger_->log(spdlog_level(level), printable_line(text));
}

uint64_t StderrLog::lines_lost() const { return writer_->overrun_counter(); }

}  // namespace server
