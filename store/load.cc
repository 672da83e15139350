#include "store/load.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "store/record.h"

namespace store {

namespace {

constexpr size_t kParts = 2;
constexpr base::Duration kProgressEvery = base::seconds(1);
constexpr uint64_t kBlocksPerLook = 32;  // at the clock

// The blocks for all threads, each read once: by whoever comes first.
class BlockFeed {
 public:
  struct Block {
    uint32_t number = 0;
    std::vector<uint8_t> bytes;
  };
  explicit BlockFeed(BlockScan& scan) : scan_(scan) {}

  // The next block of this part; null at the end. Who is too far ahead waits for the other.
  std::shared_ptr<const Block> next(size_t part) {
    std::unique_lock lock(mutex_);
    const uint64_t wanted = taken_[part];
    moved_.wait(lock, [&] { return wanted < taken_[1 - part] + kBlocksAhead; });
    if (wanted == first_ + blocks_.size() && !at_end_) read_one();
    std::shared_ptr<const Block> block;
    if (wanted < first_ + blocks_.size()) {
      block = blocks_[wanted - first_];
      taken_[part] = wanted + 1;
    } else {
      taken_[part] = kEnd;
    }
    while (!blocks_.empty() && first_ < std::min(taken_[0], taken_[1])) {
      blocks_.pop_front();
      ++first_;
    }
    moved_.notify_one();
    return block;
  }
  [[nodiscard]] bool failed() const { return scan_.failed(); }

 private:
  static constexpr uint64_t kBlocksAhead = 128;     // some 6 MiB
  static constexpr uint64_t kEnd = UINT64_MAX / 2;  // holds nobody up
  void read_one() {
    uint32_t number = 0;
    base::Bytes bytes;
    if (!scan_.next(number, bytes)) {
      at_end_ = true;
      return;
    }
    blocks_.push_back(std::make_shared<const Block>(Block{number, {bytes.begin(), bytes.end()}}));
  }

  BlockScan& scan_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<std::shared_ptr<const Block>> blocks_;
  uint64_t first_ = 0;                    // the number of blocks_[0]
  std::array<uint64_t, kParts> taken_{};  // how many blocks each part has had
  bool at_end_ = false;
};

// One thread's part: the keys with this highest bit.
class Loader {
 public:
  Loader(const LoadContext& context, size_t part, std::atomic<uint64_t>& progress)
      : context_(context),
        part_(part),
        progress_(progress),
        now_(base::Instant::from_boot(base::seconds(context.times.boot_s))),
        reader_(context.cache.readers().register_reader()) {}

  LoadTally run(BlockFeed& feed) {
    said_ = context_.clock().boot;
    while (const auto block = feed.next(part_)) {
      const cache::Cache::Usage usage = context_.cache.usage();
      has_room_ = usage.bytes < usage.bytes_max - usage.bytes_max / 16;
      reader_.online();
      take_block(block->number, block->bytes);
      reader_.offline();
      if (++blocks_ % kBlocksPerLook == 0) say_progress();
    }
    // Every part has seen all blocks.
    if (part_ == 0) tally_.blocks = blocks_;
    return tally_;
  }

 private:
  void take_block(uint32_t block, base::Bytes bytes) {
    while (!bytes.empty()) {
      const base::Bytes record = take_record(bytes);
      if (record.empty() || block == 0) {
        tally_.damaged += part_ == 0 ? 1 : 0;  // both meet it
        return;
      }
      if (peek_key(record) >> 63 == part_) take(block, record);
    }
  }

  void take(uint32_t block, base::Bytes bytes) {
    ++tally_.records;
    const auto record = parse_record(context_.hash, bytes);
    if (!record) {
      ++tally_.damaged;
      return;
    }
    const RecordHead& head = record->head;
    const std::optional<uint32_t> learned_s = boot_of(context_.times, head.learned_wall_s);
    IndexEntry entry{block, head.content, context_.times.boot_s, head.mark, head.what == What::kRemoval};
    bool is_usable = !entry.removal;
    if (entry.removal) {
      ++tally_.removals;
    } else if (!learned_s || is_too_old(context_.times, *learned_s, record->parts.header.ttl_s, context_.max_age_s)) {
      ++tally_.too_old;
      is_usable = false;
    } else if (context_.route_of(record->parts.name) != head.route) {
      ++tally_.other_route;
      is_usable = false;
    }
    // What is not usable stands in the index as a removal: no older record of the key may take its place.
    entry.removal = !is_usable;
    switch (context_.index.put_older(head.key, entry)) {
      case RecordIndex::Older::kSuperseded:
        ++tally_.superseded;
        return;
      case RecordIndex::Older::kNoRoom:
        ++tally_.no_room;
        return;
      case RecordIndex::Older::kTaken:
        if (is_usable) restore(*record, *learned_s);
        return;
    }
  }

  void restore(const Record& record, uint32_t learned_s) {
    if (!has_room_) {
      ++tally_.no_room;
      return;
    }
    cache::EntryParts parts = record.parts;
    parts.header.learned_s = learned_s;
    parts.header.lease_until_s = lease_until(learned_s, record.head.lease_after_s);
    switch (context_.cache.restore(reader_, now_, parts.make(), record.head.mark)) {
      case cache::PublishOutcome::kStored:
        break;
      case cache::PublishOutcome::kKeptOld:
        ++tally_.superseded;
        return;
      case cache::PublishOutcome::kRefused:
        ++tally_.no_room;
        return;
    }
    if (context_.removed.test(record.head.key)) {
      context_.cache.remove(reader_, context_.cache.key(parts.name, parts.header.type, parts.header.space));
      ++tally_.superseded;
      return;
    }
    ++tally_.loaded;
  }

  void say_progress() {
    const uint64_t all = progress_.fetch_add(tally_.loaded - told_, std::memory_order_relaxed) + tally_.loaded - told_;
    told_ = tally_.loaded;
    if (part_ != 0) return;
    const base::Instant now = context_.clock().boot;
    if (now - said_ < kProgressEvery) return;
    said_ = now;
    base::log_line(base::LogLevel::kInfo, "store: " + std::to_string(all) + " entries loaded so far");
  }

  const LoadContext& context_;
  const size_t part_;
  std::atomic<uint64_t>& progress_;
  const base::Instant now_;
  cache::Reader reader_;
  bool has_room_ = true;
  uint64_t blocks_ = 0;
  uint64_t told_ = 0;
  base::Instant said_;
  LoadTally tally_;
};

}  // namespace

LoadTally& LoadTally::operator+=(const LoadTally& other) {
  blocks += other.blocks;
  records += other.records;
  loaded += other.loaded;
  superseded += other.superseded;
  removals += other.removals;
  too_old += other.too_old;
  other_route += other.other_route;
  damaged += other.damaged;
  no_room += other.no_room;
  failed = failed || other.failed;
  return *this;
}

LoadTally load(BlockScan& scan, const LoadContext& context) {
  std::atomic<uint64_t> progress{0};
  BlockFeed feed(scan);
  std::array<LoadTally, kParts> tallies;
  const auto run = [&](size_t part) {
    Loader loader(context, part, progress);
    tallies[part] = loader.run(feed);
  };
  std::thread helper(run, 1);
  run(0);
  helper.join();
  LoadTally all;
  for (const LoadTally& tally : tallies) all += tally;
  all.failed = feed.failed();
  return all;
}

}  // namespace store
