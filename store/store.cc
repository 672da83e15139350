#include "store/store.h"

#include <chrono>
#include <utility>

#include "store/record.h"

namespace store {

namespace {
constexpr size_t kQueueCapacity = 1 << 16;  // 2 MiB
constexpr std::chrono::milliseconds kTurnEvery{200};
}  // namespace

Store::Store(StoreOptions options)
    : clock_(options.clock), queue_(kQueueCapacity), writer_(std::move(options), queue_) {}

base::Result<std::unique_ptr<Store>, std::string> Store::open(StoreOptions options) {
  std::unique_ptr<Store> store(new Store(std::move(options)));
  if (auto opened = store->writer_.open(store->clock_()); !opened) return base::error(opened.error());
  return store;
}

Store::~Store() { stop(); }

void Store::start(cache::Cache& cache, std::vector<StateSection*> sections) {
  writer_.attach(cache, std::move(sections));
  thread_ = std::thread([this] { run(); });
}

void Store::run() {
  writer_.load(clock_(), *removed_);
  is_loading_.store(false, std::memory_order_release);
  for (bool stopping = false; !stopping;) {
    writer_.turn(clock_());
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, kTurnEvery, [this] { return has_work_ || is_stopping_; });
    has_work_ = false;
    stopping = is_stopping_;
  }
  writer_.finish(clock_());
}

void Store::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

// Without the lock a wake-up may come to nothing; the writer comes by itself within kTurnEvery.
void Store::wake() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  has_work_ = true;
  woken_.notify_one();
}

void Store::on_publish(const cache::Entry& entry) {
  if (entry.header().kind == cache::Kind::kFailure) return;
  if (queue_.push({entry.header().hash, false})) wake();
}

void Store::on_remove(wire::NameView name, wire::Type type, cache::Space space) {
  if (space == cache::Space::kFailure) return;
  const uint64_t key = record_key(writer_.hash(), name, type, space);
  if (is_loading_.load(std::memory_order_acquire)) removed_->set(key);
  if (queue_.push({key, true})) wake();
}

}  // namespace store
