#include "server/team.h"

namespace server {

bool Team::report_ready(uint32_t worker, net::Loop& loop) {
  std::unique_lock lock(mutex_);
  loops_[worker] = &loop;
  ++reported_;
  ++ready_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return go_.has_value(); });
  return *go_;
}

void Team::report_failure(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = sentence;
  ++reported_;
  changed_.notify_all();
}

void Team::wake(uint64_t mask) {
  for (size_t index = 0; index < loops_.size(); ++index) {
    if (((mask >> (index % 64)) & 1) != 0) loops_[index]->wake();
  }
}

void Team::report_done() {
  std::unique_lock lock(mutex_);
  ++done_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return done_ == ready_; });
}

std::optional<std::string> Team::wait_until_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return reported_ == loops_.size(); });
  return failure_;
}

void Team::release(bool go) {
  const std::lock_guard lock(mutex_);
  go_ = go;
  changed_.notify_all();
}

std::string Team::backend_name() {
  const std::lock_guard lock(mutex_);
  return loops_.empty() || loops_[0] == nullptr ? std::string() : std::string(loops_[0]->backend_name());
}

void Team::request_stop() {
  // Under the lock: nobody gets through report_done(), and takes its loop down, before all are woken.
  const std::lock_guard lock(mutex_);
  stopping_.store(true, std::memory_order_release);  // pairs with is_stopping()
  wake(UINT64_MAX);
}

}  // namespace server
