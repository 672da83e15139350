// Store: what was learned outlives the process. The engines tell it what they publish and remove
// (cache::Journal); one thread of its own writes behind, and loads at start while the workers answer already.
// It never makes a worker wait: what does not fit into its queue is found later by a walk over the cache.
//
// What was learned two seconds before kill -9 is on disk, and five seconds before power loss, as long as the
// disk keeps up. A disk that is full or gone stops this and nothing else.
//
// Threads: on_publish and on_remove by any; all else by the thread that made it. Workers must have ended
// before stop().
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cache/journal.h"
#include "store/removed_bits.h"
#include "store/writer.h"

namespace store {

class Store final : public cache::Journal {
 public:
  // The error, one sentence, is that of a folder which another process uses.
  [[nodiscard]] static base::Result<std::unique_ptr<Store>, std::string> open(StoreOptions options);
  ~Store() override;  // stops

  // For the servers' health that is to be restored.
  [[nodiscard]] const base::KeyedHash::Secret& servers_secret() const { return writer_.secrets().servers; }

  // At once, before the workers start: what nothing may be answered without. See Writer::restore_first().
  void restore_first(StateSection& section) { writer_.restore_first(clock_(), section); }

  // Starts the thread: it loads, then writes. `cache` and `sections` outlive the store.
  void start(cache::Cache& cache, std::vector<StateSection*> sections);
  // Writes everything there is. Nothing may be published any more.
  void stop();

  void on_publish(const cache::Entry& entry) override;
  void on_remove(wire::NameView name, wire::Type type, cache::Space space) override;

  [[nodiscard]] const base::Counters& counters() const { return writer_.counters(); }
  [[nodiscard]] const Writer::Gauges& gauges() const { return writer_.gauges(); }

 private:
  explicit Store(StoreOptions options);
  void run();
  void wake();

  const Clock clock_;
  ChangeQueue queue_;
  Writer writer_;
  std::unique_ptr<RemovedBits> removed_ = std::make_unique<RemovedBits>();
  std::atomic<bool> is_loading_{true};
  std::mutex mutex_;
  std::condition_variable woken_;
  bool has_work_ = false;  // under mutex_
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace store
