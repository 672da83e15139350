// Writer: the store without its thread: takes changes from the queue, looks at what is in the cache, and writes
// records in blocks; opens, loads, compacts, and copes with a disk that fails. Driven by turn(now), so that
// tests run it in virtual time.
//
//   queue --> consider(entry) --> block being filled --> blocks ready --> commit, once a second
//   walk over the cache, once a minute --^                                 durable, every four seconds
//
// Owned by one thread; may wait for the disk. The reader it registers with the cache is online only while it
// looks at entries.
//
// Blocks are written in rising order and never changed. The newest record of a key counts; the index knows
// its block. Compaction reads the oldest block, copies what is still the newest of its key to the block being
// filled, and erases it in the same commit; when room is short, what nobody asked for is not copied.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/counters.h"
#include "base/log.h"
#include "cache/cache.h"
#include "store/block_file.h"
#include "store/change_queue.h"
#include "store/folder.h"
#include "store/load.h"
#include "store/record_index.h"
#include "store/state.h"

namespace store {

inline constexpr size_t kReadersMax = 3;  // of the cache: the writer and two loaders

struct Secrets {
  base::KeyedHash::Secret records{};  // of keys and checks
  base::KeyedHash::Secret servers{};  // for cache::ServerHealth
};

struct StoreOptions {
  std::string path;
  uint64_t bytes_max = 1ULL << 30;
  uint32_t max_age_s = 3 * 86400;    // after the TTL
  uint64_t cache_bytes = 256 << 20;  // more than fits there is not kept
  Secrets fresh;                     // for a store that is new
  RouteOf route_of;
  Clock clock;
};

class Writer {
 public:
  Writer(StoreOptions options, ChangeQueue& queue);
  ~Writer();

  // Before all else. An error: another process uses the folder. What is wrong beside that is logged, and
  // tried again later.
  [[nodiscard]] base::Result<void, std::string> open(base::Now now);
  // Constant after open().
  [[nodiscard]] const Secrets& secrets() const { return secrets_; }
  [[nodiscard]] const base::KeyedHash& hash() const { return hash_; }

  // Brings one section back at once, before anything is served; then it is written like the others. Outlives the
  // writer.
  void restore_first(base::Now now, StateSection& section);

  // Then, on the writer's thread.
  void attach(cache::Cache& cache, std::vector<StateSection*> sections);
  void load(base::Now now, RemovedBits& removed);
  void turn(base::Now now);
  // Writes all there is, durably.
  void finish(base::Now now);

  [[nodiscard]] const base::Counters& counters() const { return counters_; }
  struct Gauges {
    std::atomic<uint64_t> entries{0};
    std::atomic<uint64_t> bytes{0};
    std::atomic<uint64_t> bytes_max{0};
    std::atomic<bool> writing{false};
  };
  [[nodiscard]] const Gauges& gauges() const { return gauges_; }

 private:
  enum class Source : uint8_t { kQueue, kWalk };

  // writer.cc: what is written, and when
  void drain(base::Now now);
  void consider(const TimeBase& times, const cache::Entry& entry, uint8_t mark, Source source);
  void remove(base::Now now, uint64_t key);
  void note_removal(uint64_t key, uint32_t now_s);
  void walk(base::Now now);
  void walk_buckets(base::Now now, uint32_t count);
  void seal_block();
  void make_place_for(uint64_t key, uint32_t now_s);
  void report();

  // writer_file.cc: the file, its faults, its size
  [[nodiscard]] FileResult<void> open_file(base::Now now);
  [[nodiscard]] FileResult<void> read_secrets();
  void put_aside(base::Now now, const std::string& reason);
  void start_anew(base::Now now);
  void commit_if_due(base::Now now, bool at_once);
  [[nodiscard]] FileResult<void> write_all(base::Now now, bool durable, bool with_states);
  [[nodiscard]] FileResult<void> write_states(base::Now now);
  void on_fault(base::Now now, const FileError& error);
  void drop_uncommitted();
  void make_room_at_bound(base::Now now);
  void wipe(base::Now now);
  void suspend(base::Now now, const std::string& reason);
  void warn(base::Now now, const std::string& text);
  void forget_disk();
  void try_to_resume(base::Now now);
  void compact(base::Now now);
  [[nodiscard]] bool compact_block(base::Now now, bool is_short_of_room);
  void compact_record(const TimeBase& times, uint32_t block, base::Bytes bytes, bool is_short_of_room);
  [[nodiscard]] uint8_t mark_now(const Record& record, uint8_t mark);
  void restore_states(const TimeBase& times);
  [[nodiscard]] bool restore_state(const TimeBase& times, StateSection& section);
  void read_clock_state();

  const StoreOptions options_;
  ChangeQueue& queue_;
  base::Counters counters_;
  Gauges gauges_;
  Secrets secrets_;
  base::KeyedHash hash_;
  bool secrets_are_used_ = false;  // by others: they cannot change any more
  std::optional<Folder> folder_;
  std::optional<BlockFile> file_;
  cache::Cache* cache_ = nullptr;
  std::optional<cache::Reader> reader_;
  std::vector<StateSection*> sections_;
  std::vector<StateSection*> first_sections_;  // restored already
  RecordIndex index_;

  uint32_t next_block_ = 1;  // the number of the block being filled
  std::vector<uint8_t> filling_;
  std::vector<std::pair<uint32_t, std::vector<uint8_t>>> ready_;
  size_t ready_bytes_ = 0;
  uint32_t erase_through_ = 0;      // with the next commit; all blocks up to it are compacted
  std::vector<uint64_t> removals_;  // in `filling_` and `ready_`: to be written again if the commit fails
  bool void_ = false;               // removals were lost: nothing on disk may be believed
  uint64_t blocks_ = 0;             // on disk, and records in them
  uint64_t records_ = 0;
  uint64_t records_filling_ = 0;
  int64_t last_wall_s_ = 0;  // written last
  bool is_undurable_ = false;
  bool is_suspended_ = false;
  base::LogLimit warnings_{3, base::seconds(600)};
  base::Instant retry_at_;
  base::Instant committed_at_;
  base::Instant durable_at_;
  base::Instant states_at_;
  base::Instant walked_at_;
  base::Instant looked_at_;  // at the size
  uint32_t walk_bucket_ = 0;
  uint64_t walk_fast_left_ = 0;  // buckets to walk quickly, after something was lost
  uint64_t dropped_told_ = 0;
  BlockFile::Usage usage_;
};

}  // namespace store
