#include "cache/reclaim.h"

#include <utility>

#include "base/check.h"
#include "cache/epochs.h"

namespace cache {

namespace {
// chosen: a turn retires fewer, so limbo lists do not grow; a long list costs no long pause.
constexpr size_t kFreedPerCollectMax = 512;
constexpr uint32_t kRetiresPerCollect = 64;
}  // namespace

struct ReaderRegistry::Slot {
  // Written by the owner, read by every collector: alone on its line.
  alignas(64) std::atomic<uint64_t> word{Epochs<>::kOffline};
  // Owner only.
  alignas(64) std::deque<Retired> limbo;
  uint32_t retires_since_collect = 0;
  bool registered = false;  // under the registry's mutex
};

Reader::Reader(Reader&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)),
      index_(other.index_),
      online_(std::exchange(other.online_, false)) {}

Reader::~Reader() {
  if (registry_ == nullptr) return;
  if (online_) offline();
  registry_->unregister(index_);
}

void Reader::online() {
  Epochs<>::announce(registry_->epoch_, registry_->slots_[index_].word);
  online_ = true;
}

void Reader::offline() {
  auto& slot = registry_->slots_[index_];
  Epochs<>::withdraw(slot.word);
  online_ = false;
  if (slot.limbo.empty()) return;
  registry_->collect(*this);
  registry_->hand_over_limbo(slot);
}

void Reader::quiescent() {
  if (online_) Epochs<>::announce(registry_->epoch_, registry_->slots_[index_].word);
  registry_->collect(*this);
}

ReaderRegistry::ReaderRegistry(uint32_t readers_max, EntryAllocator* allocator)
    : readers_max_(readers_max), allocator_(allocator), slots_(new Slot[readers_max]) {
  static_assert(Epochs<>::kFirst == 2);
}

ReaderRegistry::~ReaderRegistry() {
  for (uint32_t i = 0; i < readers_max_; ++i) {
    CHECK(!slots_[i].registered);
    for (const Retired& retired : slots_[i].limbo) free_retired(retired);
  }
  for (const Retired& retired : orphans_) free_retired(retired);
}

Reader ReaderRegistry::register_reader() {
  const std::lock_guard lock(mutex_);
  uint32_t index = 0;
  while (index < readers_max_ && slots_[index].registered) ++index;
  CHECK(index < readers_max_);
  slots_[index].registered = true;
  // Pairs with the fetch_add in collect(): a collector that did not see this slot counted comes
  // before, and what it frees was unlinked before this reader can look.
  if (slots_used_.load(std::memory_order_relaxed) <= index) slots_used_.fetch_add(1, std::memory_order_acq_rel);
  return Reader(this, index);
}

void ReaderRegistry::unregister(uint32_t index) {
  hand_over_limbo(slots_[index]);
  const std::lock_guard lock(mutex_);
  slots_[index].registered = false;
}

void ReaderRegistry::hand_over_limbo(Slot& slot) {
  if (slot.limbo.empty()) return;
  const std::lock_guard lock(mutex_);
  orphan_count_.fetch_add(slot.limbo.size(), std::memory_order_relaxed);
  orphans_.insert(orphans_.end(), slot.limbo.begin(), slot.limbo.end());
  slot.limbo.clear();
}

void ReaderRegistry::retire(Reader& reader, const Entry* entry) {
  Slot& slot = slots_[reader.index_];
  const uint64_t bytes = charged(*entry) + sizeof(Retired);
  retired_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  slot.limbo.push_back({entry, Epochs<>::stamp(epoch_), bytes});
  if (++slot.retires_since_collect >= kRetiresPerCollect) collect(reader);
}

void ReaderRegistry::collect(Reader& reader) {
  Slot& slot = slots_[reader.index_];
  slot.retires_since_collect = 0;
  std::unique_lock lock(mutex_, std::defer_lock);
  const bool has_orphans = orphan_count_.load(std::memory_order_relaxed) > 0 && lock.try_lock();
  if (slot.limbo.empty() && !has_orphans) return;
  // Pairs with the fetch_add in register_reader(); adds nothing.
  const uint32_t reader_count = slots_used_.fetch_add(0, std::memory_order_acq_rel);
  const uint64_t safe_before = Epochs<>::safe_before(
      epoch_, reader_count, [this](size_t i) -> std::atomic<uint64_t>& { return slots_[i].word; });
  size_t freed = 0;
  const auto free_from = [&](std::deque<Retired>& list) {
    for (; !list.empty() && list.front().stamp < safe_before && freed < kFreedPerCollectMax; ++freed) {
      free_retired(list.front());
      list.pop_front();
    }
  };
  free_from(slot.limbo);
  if (!has_orphans) return;
  const size_t before = orphans_.size();
  free_from(orphans_);
  orphan_count_.fetch_sub(before - orphans_.size(), std::memory_order_relaxed);
}

uint64_t ReaderRegistry::charged(const Entry& entry) const {
  return allocator_ != nullptr ? entry.total_bytes() : charged_bytes(entry);
}

void ReaderRegistry::free_retired(const Retired& retired) {
  if (allocator_ != nullptr) {
    allocator_->release(retired.entry);
  } else {
    EntryDeleter{}(retired.entry);
  }
  retired_bytes_.fetch_sub(retired.bytes, std::memory_order_relaxed);
}

}  // namespace cache
