#include "store/load.h"

#include <atomic>
#include <string>
#include <thread>

#include "base/check.h"
#include "base/log.h"
#include "store/record.h"

namespace store {

namespace {

constexpr base::Duration kProgressEvery = base::seconds(1);
constexpr uint64_t kBlocksPerLook = 32;  // at the clock

// One thread's part: the keys with this highest bit, or all.
class Loader {
 public:
  Loader(const LoadContext& context, size_t part, size_t parts, std::atomic<uint64_t>& progress)
      : context_(context),
        part_(part),
        parts_(parts),
        progress_(progress),
        now_(base::Instant::from_boot(base::seconds(context.times.boot_s))),
        reader_(context.cache.readers().register_reader()) {}

  LoadTally run(BlockScan& scan) {
    uint32_t block = 0;
    base::Bytes bytes;
    said_ = context_.clock().boot;
    while (scan.next(block, bytes)) {
      const cache::Cache::Usage usage = context_.cache.usage();
      has_room_ = usage.bytes < usage.bytes_max - usage.bytes_max / 16;
      reader_.online();
      take_block(block, bytes);
      reader_.offline();
      if (++blocks_ % kBlocksPerLook == 0) say_progress();
    }
    tally_.failed = scan.failed();
    // Every part has seen all blocks.
    if (part_ == 0) tally_.blocks = blocks_;
    return tally_;
  }

 private:
  void take_block(uint32_t block, base::Bytes bytes) {
    while (!bytes.empty()) {
      const base::Bytes record = take_record(bytes);
      if (record.empty() || block == 0) {
        ++tally_.damaged;
        return;
      }
      if (parts_ == 1 || peek_key(record) >> 63 == part_) take(block, record);
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
  const size_t parts_;
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

LoadTally load(std::vector<BlockScan>& scans, const LoadContext& context) {
  CHECK(scans.size() == 1 || scans.size() == 2);
  std::atomic<uint64_t> progress{0};
  std::vector<LoadTally> tallies(scans.size());
  const auto run = [&](size_t part) {
    Loader loader(context, part, scans.size(), progress);
    tallies[part] = loader.run(scans[part]);
  };
  std::vector<std::thread> helpers;
  for (size_t part = 1; part < scans.size(); ++part) helpers.emplace_back(run, part);
  run(0);
  for (std::thread& helper : helpers) helper.join();
  LoadTally all;
  for (const LoadTally& tally : tallies) all += tally;
  return all;
}

}  // namespace store
