// Team: what the workers and the main thread tell each other. Start: each worker opens its sockets
// and reports; the main thread lets all of them go (once privileges are dropped) or none. Running:
// a worker wakes others. Stop: the main thread asks, every worker finishes, and no loop is taken
// down before all have finished, because a worker may wake another one's loop until then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/loop.h"

namespace server {

class Team {
 public:
  explicit Team(uint32_t workers) : loops_(workers) {}

  // For workers --------------------------------------------------------------------------------

  // Its sockets are open. Waits for the main thread's word: true to go on, false to give up.
  bool report_ready(uint32_t worker, net::Loop& loop);
  void report_failure(const std::string& sentence);
  // Wakes the workers whose bit (index % 64) is set.
  void wake(uint64_t mask);
  [[nodiscard]] bool is_stopping() const { return stopping_.load(std::memory_order_acquire); }
  // The worker has finished. Waits until all have.
  void report_done();

  // For the main thread ------------------------------------------------------------------------

  // Waits until every worker has reported; the first failure's sentence, if there was one.
  std::optional<std::string> wait_until_ready();
  void release(bool go);
  [[nodiscard]] std::string backend_name();
  void request_stop();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<net::Loop*> loops_;  // under mutex_ until release(), constant afterwards
  std::optional<std::string> failure_;
  uint32_t reported_ = 0;
  uint32_t ready_ = 0;
  uint32_t done_ = 0;
  std::optional<bool> go_;
  std::atomic<bool> stopping_{false};
};

}  // namespace server
