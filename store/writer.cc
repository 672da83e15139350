#include "store/writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "store/record.h"

namespace store {

namespace {

constexpr size_t kBlockBytes = 48 << 10;  // chosen: three pages
// A refresh that changes only times is written once a minute; the index knows the minute to within a tick.
constexpr uint32_t kRewriteAfter_s = 60 + kIndexTick_s;
constexpr base::Duration kWalkPeriod = base::seconds(60);
constexpr base::Duration kFastWalkPeriod = base::seconds(5);
constexpr uint32_t kBucketsPerTurn = 32768;  // some 20 ms
constexpr size_t kChangesPerTurn = 1 << 16;
constexpr size_t kReadyBytesMax = 4 << 20;
constexpr uint8_t kMarkOfAsked = 2;
constexpr uint64_t kCacheBytesPerSlot = 128;  // so that a cache of small entries finds room for all
constexpr uint64_t kStoreBytesPerSlot = 128;
constexpr size_t kRemovalsMax = ChangeQueue::kOverflowMax;

size_t index_slots(const StoreOptions& options) {
  return std::min(options.cache_bytes / kCacheBytesPerSlot, options.bytes_max / kStoreBytesPerSlot);
}

}  // namespace

Writer::Writer(StoreOptions options, ChangeQueue& queue)
    : options_(std::move(options)),
      queue_(queue),
      secrets_(options_.fresh),
      hash_(options_.fresh.records),
      index_(index_slots(options_)) {}

Writer::~Writer() = default;

void Writer::attach(cache::Cache& cache, std::vector<StateSection*> sections) {
  CHECK(cache_ == nullptr);
  cache_ = &cache;
  sections_ = std::move(sections);
  reader_.emplace(cache.readers().register_reader());
}

void Writer::turn(base::Now now) {
  drain(now);
  try_to_resume(now);
  walk(now);
  compact(now);
  commit_if_due(now, ready_bytes_ + filling_.size() >= kReadyBytesMax);
  report();
}

void Writer::finish(base::Now now) {
  drain(now);
  if (file_ && !is_suspended_) {
    for (uint32_t left = cache_->bucket_count(); left > 0 && !is_suspended_;) {
      const uint32_t count = std::min(left, kBucketsPerTurn);
      walk_buckets(now, count);
      commit_if_due(now, ready_bytes_ >= kReadyBytesMax);
      left -= count;
    }
    states_at_ = {};
    is_undurable_ = true;
    durable_at_ = {};
    commit_if_due(now, true);
  }
  report();
  file_.reset();
}

void Writer::drain(base::Now now) {
  const TimeBase times = time_base(now);
  const uint64_t dropped = queue_.dropped();
  counters_.add(base::Counter::kStoreDroppedQueue, dropped - dropped_told_);
  dropped_told_ = dropped;
  if (queue_.take_void()) void_ = true;
  reader_->online();
  Change change;
  for (size_t i = 0; i < kChangesPerTurn && queue_.pop(change); ++i) {
    if (change.removal) {
      remove(now, change.key);
      continue;
    }
    cache_->visit_places_of(change.key, [&](const cache::Entry& entry, uint8_t mark) {
      if (entry.header().hash == change.key) consider(times, entry, mark, Source::kQueue);
    });
    if (i % 64 == 0) reader_->quiescent();
  }
  reader_->offline();
  for (const uint64_t key : queue_.take_overflow()) remove(now, key);
}

void Writer::remove(base::Now now, uint64_t key) {
  const uint32_t now_s = now.boot.boot_seconds();
  const auto known = index_.find(key, now_s);
  if (known ? known->removal : index_.knows_all(key)) return;
  note_removal(key, now_s);
}

void Writer::note_removal(uint64_t key, uint32_t now_s) {
  if (removals_.size() >= kRemovalsMax) {
    void_ = true;
    return;
  }
  removals_.push_back(key);
  if (is_suspended_) return;  // written when that is over
  make_place_for(key, now_s);
  append_removal(filling_, hash_, key);
  index_.put(key, {next_block_, 0, now_s, 0, true});
  ++records_filling_;
  counters_.add(base::Counter::kStoreRemoved);
}

// A block holds a key once, so that the index need not know where in it.
void Writer::make_place_for(uint64_t key, uint32_t now_s) {
  const auto known = index_.find(key, now_s);
  if (filling_.size() >= kBlockBytes || (known && known->block == next_block_)) seal_block();
}

void Writer::seal_block() {
  if (filling_.empty()) return;
  ready_bytes_ += filling_.size();
  ready_.emplace_back(next_block_++, std::move(filling_));
  filling_ = {};
}

void Writer::consider(const TimeBase& times, const cache::Entry& entry, uint8_t mark, Source source) {
  const cache::EntryHeader& header = entry.header();
  if (is_suspended_ || void_ || header.kind == cache::Kind::kFailure || header.rank == cache::Rank::kLocal) return;
  if (is_too_old(times, header.learned_s, header.ttl_s, options_.max_age_s)) return;
  RecordHead head;
  head.key = record_key(hash_, entry.name(), header.type, header.space);
  const auto known = index_.find(head.key, times.boot_s);
  const bool is_kept = known && !known->removal;
  // Most of what the walk meets: on disk, and not learned anew since. Within the 8 s that the index tells
  // apart a refresh is seen with the next one.
  const bool is_asked_more = source == Source::kWalk && is_kept && mark >= kMarkOfAsked && known->mark == 0;
  if (source == Source::kWalk && is_kept && header.learned_s <= known->written_s + kIndexTick_s && !is_asked_more)
    return;
  head.content = content_hash(hash_, entry);
  if (is_kept && known->content == head.content && times.boot_s - known->written_s < kRewriteAfter_s) {
    if (source == Source::kQueue) counters_.add(base::Counter::kStoreUnchanged);
    return;
  }
  head.mark = mark;
  head.route = options_.route_of(entry.name());
  head.learned_wall_s = wall_of(times, header.learned_s);
  head.lease_after_s = lease_after(header.learned_s, header.lease_until_s);
  make_place_for(head.key, times.boot_s);
  append_entry(filling_, hash_, head, entry);
  index_.put(head.key, {next_block_, head.content, times.boot_s, mark, false});
  ++records_filling_;
  counters_.add(base::Counter::kStoreWritten);
}

// All of the cache once a minute: finds what the queue lost, what was refreshed, and what is asked for more
// than its record says.
void Writer::walk(base::Now now) {
  if (!file_ || is_suspended_) {
    walked_at_ = now.boot;
    return;
  }
  const base::Duration period = walk_fast_left_ > 0 ? kFastWalkPeriod : kWalkPeriod;
  const base::Duration since = std::min(now.boot - walked_at_, period);
  const uint64_t buckets = cache_->bucket_count();
  const auto due = static_cast<uint64_t>(static_cast<double>(buckets) * static_cast<double>(since.count()) /
                                         static_cast<double>(period.count()));
  if (due == 0) return;
  walked_at_ = now.boot;
  const auto count = static_cast<uint32_t>(std::min<uint64_t>({due, buckets, kBucketsPerTurn}));
  walk_buckets(now, count);
  walk_fast_left_ -= std::min<uint64_t>(walk_fast_left_, count);
}

void Writer::walk_buckets(base::Now now, uint32_t count) {
  const TimeBase times = time_base(now);
  const uint32_t buckets = cache_->bucket_count();
  reader_->online();
  for (uint32_t i = 0; i < count; ++i) {
    walk_bucket_ = walk_bucket_ + 1 < buckets ? walk_bucket_ + 1 : 0;
    cache_->visit_bucket(walk_bucket_,
                         [&](const cache::Entry& entry, uint8_t mark) { consider(times, entry, mark, Source::kWalk); });
    if (i % 64 == 0) reader_->quiescent();
  }
  reader_->offline();
}

void Writer::report() {
  gauges_.entries.store(index_.live(), std::memory_order_relaxed);
  gauges_.bytes.store(usage_.bytes, std::memory_order_relaxed);
  gauges_.bytes_max.store(usage_.bytes_max, std::memory_order_relaxed);
  gauges_.writing.store(file_.has_value() && !is_suspended_, std::memory_order_relaxed);
}

}  // namespace store
