// The writer's file: opening and loading, faults, commits, compaction.
#include <algorithm>

#include "store/record.h"
#include "store/writer.h"

namespace store {

namespace {

constexpr base::Duration kCommitEvery = base::seconds(1);   // what kill -9 may cost
constexpr base::Duration kDurableEvery = base::seconds(4);  // what power loss may cost
constexpr base::Duration kStatesEvery = base::seconds(60);
constexpr base::Duration kRetryEvery = base::seconds(10);
constexpr uint32_t kBlocksPerTurn = 8;
constexpr uint32_t kBlocksPerTurnInNeed = 48;
constexpr uint64_t kDeadRecordsLeast = 1 << 16;  // below this compaction would not pay
constexpr uint64_t kSmallBlocksLeast = 4096;
constexpr uint64_t kBlockBytesGood = 16 << 10;
constexpr size_t kSecretBytes = 16;
constexpr const char* kSecretState = "secret";
constexpr const char* kClockState = "clock";
constexpr const char* kTrialState = "trial";
constexpr uint64_t kTrialBytes = 1 << 20;

// Neither secret nor keyed: it guards the secrets against flipped bits.
uint64_t plain_check(base::Bytes bytes) { return base::KeyedHash(base::KeyedHash::Secret{})(bytes); }

std::vector<uint8_t> sealed(const base::KeyedHash& hash, base::Bytes bytes) {
  std::vector<uint8_t> out(8);
  base::store_be64(out.data(), hash(bytes));
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

std::optional<base::Bytes> unsealed(const base::KeyedHash& hash, const std::vector<uint8_t>& bytes) {
  if (bytes.size() < 8) return std::nullopt;
  const base::Bytes inside = base::Bytes(bytes).subspan(8);
  if (base::load_be64(bytes.data()) != hash(inside)) return std::nullopt;
  return inside;
}

uint64_t database_bytes_max(uint64_t bytes_max) {
  // The log of commits counts too; it may be twice its usual length for the moment of a checkpoint.
  return bytes_max > 4 * BlockFile::kLogBytes ? bytes_max - 2 * BlockFile::kLogBytes : bytes_max / 2;
}

void log_loaded(const LoadTally& tally, base::Duration took) {
  const auto took_ms = base::duration_cast<base::milliseconds>(took).count();
  base::log_line(base::LogLevel::kInfo,
                 "store: " + std::to_string(tally.loaded) + " entries loaded in " + std::to_string(took_ms) +
                     " ms; left out: " + std::to_string(tally.too_old) + " too old, " +
                     std::to_string(tally.other_route) + " of another route, " + std::to_string(tally.no_room) +
                     " for want of room, " + std::to_string(tally.damaged) + " damaged");
}

}  // namespace

void Writer::warn(base::Now now, const std::string& text) {
  warnings_.line(now.boot, base::LogLevel::kWarning, "store: " + text);
}

base::Result<void, std::string> Writer::open(base::Now now) {
  retry_at_ = now.boot + kRetryEvery;
  committed_at_ = durable_at_ = walked_at_ = looked_at_ = states_at_ = now.boot;
  auto folder = Folder::open(options_.path);
  std::string reason;
  if (folder) {
    folder_.emplace(std::move(*folder));
    if (const auto opened = open_file(now); !opened) reason = opened.error().reason;
  } else if (folder.error().refusal == Folder::Refusal::kInUse) {
    return base::error(folder.error().sentence);
  } else {
    reason = folder.error().sentence;
  }
  if (!reason.empty()) {
    // Perhaps it can be read.
    const Folder here = Folder::read_only(options_.path);
    if (!file_ && here.has_file()) {
      auto file = BlockFile::open_read_only(here.file());
      if (file) file_.emplace(std::move(*file));
      if (file_ && !read_secrets()) file_.reset();
    }
    suspend(now, reason);
  }
  hash_ = base::KeyedHash(secrets_.records);
  secrets_are_used_ = true;
  return {};
}

FileResult<void> Writer::open_file(base::Now now) {
  for (int attempt = 0;; ++attempt) {
    folder_->make_file();
    auto file = BlockFile::open(folder_->file(), database_bytes_max(options_.bytes_max));
    FileResult<void> result;
    if (file) {
      file_.emplace(std::move(*file));
      result = read_secrets();
      if (result) {
        const auto newest = file_->newest();
        if (newest) {
          next_block_ = *newest + 1;
          usage_ = file_->usage();
          return {};
        }
        result = base::error(newest.error());
      }
      file_.reset();
    } else {
      result = base::error(file.error());
    }
    if (result.error().fault == Fault::kUnwritable || attempt > 0) return result;
    put_aside(now, result.error().reason);
  }
}

FileResult<void> Writer::read_secrets() {
  const auto states = file_->states(kSecretState);
  if (!states) return base::error(states.error());
  const FileError damaged{Fault::kCorrupt, "its secret is damaged"};
  if (states->empty()) {
    const auto oldest = file_->oldest_from(0);
    if (!oldest) return base::error(oldest.error());
    if (*oldest != 0) return base::error(damaged);
    std::vector<uint8_t> bytes(secrets_.records.begin(), secrets_.records.end());
    bytes.insert(bytes.end(), secrets_.servers.begin(), secrets_.servers.end());
    std::vector<uint8_t> state(8);
    base::store_be64(state.data(), plain_check(bytes));
    state.insert(state.end(), bytes.begin(), bytes.end());
    auto done = file_->begin(true);
    if (done) done = file_->put_state(kSecretState, 0, state);
    if (done) done = file_->commit();
    if (!done) file_->roll_back();
    return done;
  }
  const std::vector<uint8_t>& state = states->front();
  if (state.size() != 8 + 2 * kSecretBytes) return base::error(damaged);
  const base::Bytes bytes = base::Bytes(state).subspan(8);
  if (base::load_be64(state.data()) != plain_check(bytes)) return base::error(damaged);
  Secrets found;
  std::copy_n(bytes.begin(), kSecretBytes, found.records.begin());
  std::copy_n(bytes.begin() + kSecretBytes, kSecretBytes, found.servers.begin());
  if (secrets_are_used_ && (found.records != secrets_.records || found.servers != secrets_.servers)) {
    return base::error(FileError{Fault::kUnwritable, "it could not be read at start; restart to load it"});
  }
  secrets_ = found;
  return {};
}

void Writer::put_aside(base::Now now, const std::string& reason) {
  file_.reset();
  counters_.add(base::Counter::kStorePutAside);
  const std::string to = folder_->put_aside(now.wall.seconds_since_1970);
  warn(now, folder_->file() + " cannot be used (" + reason + "): " +
                (to.empty() ? "it can not be renamed either" : "it is kept as " + to) + ", and a new one is begun");
}

void Writer::forget_disk() {
  index_.clear();
  filling_.clear();
  ready_.clear();
  ready_bytes_ = 0;
  removals_.clear();
  records_filling_ = records_ = blocks_ = 0;
  erase_through_ = 0;
  void_ = false;
  walk_fast_left_ = cache_ != nullptr ? cache_->bucket_count() : 0;
}

void Writer::start_anew(base::Now now) {
  forget_disk();
  next_block_ = 1;
  if (const auto opened = open_file(now); !opened) suspend(now, opened.error().reason);
}

// False: the file is damaged, which will be met again when it is read.
bool Writer::restore_state(const TimeBase& times, StateSection& section) {
  const auto chunks = file_->states(section.name());
  if (!chunks) return false;
  for (const auto& chunk : *chunks) {
    if (const auto inside = unsealed(hash_, chunk)) {
      section.restore(times, *inside);
    } else {
      base::log_line(base::LogLevel::kWarning,
                     "store: a part of the state \"" + section.name() + "\" is damaged, and is left out");
    }
  }
  return true;
}

void Writer::restore_states(const TimeBase& times) {
  for (StateSection* section : sections_) {
    if (!restore_state(times, *section)) return;
  }
}

void Writer::read_clock_state() {
  const auto clock = file_->states(kClockState);
  if (!clock || clock->empty()) return;
  const auto inside = unsealed(hash_, clock->front());
  if (inside && inside->size() == 8) last_wall_s_ = static_cast<int64_t>(base::load_be64(inside->data()));
}

void Writer::restore_first(base::Now now, StateSection& section) {
  first_sections_.push_back(&section);
  if (!file_) return;
  read_clock_state();
  static_cast<void>(restore_state(time_base(now, last_wall_s_), section));
}

void Writer::load(base::Now now, RemovedBits& removed) {
  walked_at_ = now.boot;
  if (!file_) return;
  read_clock_state();
  const TimeBase times = time_base(now, last_wall_s_);
  restore_states(times);
  LoadTally tally;
  {
    BlockScan scan = file_->scan();
    tally = store::load(
        scan, {hash_, index_, *cache_, removed, times, options_.max_age_s, options_.route_of, options_.clock});
  }
  for (const auto& [counter, by] : {std::pair(base::Counter::kStoreLoaded, tally.loaded),
                                    {base::Counter::kStoreDroppedOld, tally.too_old},
                                    {base::Counter::kStoreDroppedRoute, tally.other_route},
                                    {base::Counter::kStoreDroppedDamaged, tally.damaged},
                                    {base::Counter::kStoreDroppedRoom, tally.no_room}}) {
    counters_.add(counter, by);
  }
  blocks_ = tally.blocks;
  records_ = tally.records;
  if (tally.records > 0 || tally.failed) log_loaded(tally, options_.clock().boot - now.boot);
  if (is_suspended_) {
    file_.reset();  // it was opened for reading only
  } else if (tally.failed || tally.damaged > 0) {
    put_aside(now, tally.failed ? "it is damaged; what could be read is used"
                                : std::to_string(tally.damaged) + " damaged records; the others are used");
    start_anew(now);
  }
  report();
}

void Writer::commit_if_due(base::Now now, bool at_once) {
  if (!file_ || is_suspended_) return;
  if (void_) wipe(now);
  if (!file_ || is_suspended_) return;
  const bool has_news = !ready_.empty() || !filling_.empty() || erase_through_ != 0;
  const bool with_states = now.boot - states_at_ >= kStatesEvery;
  const bool durable = with_states || now.boot - durable_at_ >= kDurableEvery;
  const bool is_due =
      (has_news && (at_once || now.boot - committed_at_ >= kCommitEvery)) || with_states || (is_undurable_ && durable);
  if (!is_due) return;
  seal_block();
  if (const auto done = write_all(now, durable, with_states); !done) return on_fault(now, done.error());
  blocks_ += ready_.size();
  records_ += records_filling_;
  records_filling_ = 0;
  ready_.clear();
  ready_bytes_ = 0;
  removals_.clear();
  erase_through_ = 0;
  committed_at_ = now.boot;
  last_wall_s_ = now.wall.seconds_since_1970;
  is_undurable_ = !durable;
  if (durable) durable_at_ = now.boot;
  if (with_states) states_at_ = now.boot;
  counters_.add(base::Counter::kStoreCommits);
}

FileResult<void> Writer::write_all(base::Now now, bool durable, bool with_states) {
  auto done = file_->begin(durable);
  if (!done) return done;
  // Room first: what is erased here may be what makes the rest fit.
  if (erase_through_ != 0) done = file_->erase_through(erase_through_);
  for (const auto& [block, bytes] : ready_) {
    if (done) done = file_->append(block, bytes);
  }
  std::array<uint8_t, 8> wall;
  base::store_be64(wall.data(), static_cast<uint64_t>(now.wall.seconds_since_1970));
  if (done) done = file_->put_state(kClockState, 0, sealed(hash_, wall));
  if (done && with_states) done = write_states(now);
  if (done) done = file_->commit();
  return done;
}

FileResult<void> Writer::write_states(base::Now now) {
  std::vector<StateSection*> all = first_sections_;
  all.insert(all.end(), sections_.begin(), sections_.end());
  for (StateSection* section : all) {
    auto done = file_->erase_state(section->name());
    uint32_t number = 0;
    section->save(time_base(now), [&](base::Bytes chunk) {
      if (done) done = file_->put_state(section->name(), number++, sealed(hash_, chunk));
    });
    if (!done) return done;
  }
  return {};
}

// What was to be written is given up, but for removals; the walk finds the entries again.
void Writer::drop_uncommitted() {
  file_->roll_back();
  if (!ready_.empty()) {
    next_block_ = ready_.front().first;
    index_.forget_from(next_block_);
  }
  counters_.add(base::Counter::kStoreDroppedDisk, records_filling_);
  records_filling_ = 0;
  ready_.clear();
  filling_.clear();
  ready_bytes_ = 0;
  erase_through_ = 0;
}

void Writer::on_fault(base::Now now, const FileError& error) {
  drop_uncommitted();
  switch (error.fault) {
    case Fault::kUnwritable:
      suspend(now, error.reason);
      break;
    case Fault::kBound:
      make_room_at_bound(now);
      break;
    case Fault::kCorrupt:
    case Fault::kNewer:
      put_aside(now, error.reason);
      start_anew(now);
      break;
  }
}

// Compaction did not come after: the oldest eighth goes unseen.
void Writer::make_room_at_bound(base::Now now) {
  const auto oldest = file_->oldest_from(0);
  const auto newest = file_->newest();
  auto done = file_->begin(false);
  if (done && oldest && newest) done = file_->erase_through(*oldest + (*newest - *oldest) / 8);
  if (done) done = file_->commit();
  if (!done) {
    file_->roll_back();
    return suspend(now, done.error().reason);
  }
  blocks_ -= blocks_ / 8;
  records_ -= records_ / 8;
  const std::vector<uint64_t> again = std::exchange(removals_, {});
  for (const uint64_t key : again) note_removal(key, now.boot.boot_seconds());
}

// Removals were lost, so nothing on disk may be believed; the cache is written anew.
void Writer::wipe(base::Now now) {
  file_->roll_back();
  auto done = file_->begin(false);
  if (done) done = file_->erase_through(UINT32_MAX);
  if (done) done = file_->commit();
  if (!done) {
    file_->roll_back();
    return suspend(now, done.error().reason);
  }
  forget_disk();
  warn(now, "too many removals at once while the disk was slow: everything is written anew");
}

void Writer::suspend(base::Now now, const std::string& reason) {
  retry_at_ = now.boot + kRetryEvery;
  counters_.add(base::Counter::kStoreFaults);
  if (is_suspended_) return;
  is_suspended_ = true;
  warn(now, "cannot write to " + options_.path + " (" + reason +
                "): what is learned is kept in memory only until it can be written again");
}

void Writer::try_to_resume(base::Now now) {
  if (!is_suspended_ || now.boot < retry_at_) return;
  retry_at_ = now.boot + kRetryEvery;
  if (!folder_) {
    auto folder = Folder::open(options_.path);
    if (!folder) return;
    folder_.emplace(std::move(*folder));
  }
  if (!file_ && !open_file(now)) return;
  auto done = file_->begin(true);
  // So much that the next commits will not fail at once.
  if (done)
    done = file_->put_state(kTrialState, 0, std::vector<uint8_t>(std::min(kTrialBytes, options_.bytes_max / 16)));
  if (done) done = file_->commit();
  if (done) done = file_->begin(false);
  if (done) done = file_->erase_state(kTrialState);
  if (done) done = file_->commit();
  if (!done) {
    file_->roll_back();
    if (done.error().fault == Fault::kUnwritable) return;
    is_suspended_ = false;
    return on_fault(now, done.error());
  }
  is_suspended_ = false;
  base::log_line(base::LogLevel::kInfo, "store: " + options_.path + " can be written again");
  walk_fast_left_ = cache_->bucket_count();
  walked_at_ = now.boot;
  const std::vector<uint64_t> again = std::exchange(removals_, {});
  for (const uint64_t key : again) note_removal(key, now.boot.boot_seconds());
}

void Writer::compact(base::Now now) {
  if (!file_ || is_suspended_) return;
  if (now.boot - looked_at_ >= base::seconds(1) && erase_through_ == 0) {
    looked_at_ = now.boot;
    usage_ = file_->usage();
  }
  for (uint32_t i = 0; i < kBlocksPerTurnInNeed; ++i) {
    const bool is_short_of_room = usage_.bytes > usage_.bytes_max / 8 * 7;
    if (!is_short_of_room && i >= kBlocksPerTurn) return;
    const bool is_wasteful = records_ > 2 * index_.live() + kDeadRecordsLeast;
    const bool is_scattered = blocks_ > usage_.bytes / kBlockBytesGood + kSmallBlocksLeast;
    if (!is_short_of_room && !is_wasteful && !is_scattered) return;
    if (!compact_block(now, is_short_of_room)) return;
  }
}

bool Writer::compact_block(base::Now now, bool is_short_of_room) {
  const auto block = file_->oldest_from(erase_through_ + 1);
  if (!block) return on_fault(now, block.error()), false;
  if (*block == 0) return false;
  const auto bytes = file_->read(*block);
  if (!bytes) return on_fault(now, bytes.error()), false;
  const TimeBase times = time_base(now);
  base::Bytes rest = *bytes;
  uint64_t records = 0;
  const uint64_t bytes_before = ready_bytes_ + filling_.size();
  reader_->online();
  while (!rest.empty()) {
    const base::Bytes record = take_record(rest);
    if (record.empty()) break;
    ++records;
    compact_record(times, *block, record, is_short_of_room);
  }
  reader_->offline();
  erase_through_ = *block;
  // Until the file is looked at again: what the commit will free.
  const uint64_t copied = ready_bytes_ + filling_.size() - bytes_before;
  usage_.bytes -= std::min(usage_.bytes, bytes->size() - std::min<uint64_t>(bytes->size(), copied));
  blocks_ -= std::min<uint64_t>(blocks_, 1);
  records_ -= std::min(records_, records);
  counters_.add(base::Counter::kStoreCompacted);
  return true;
}

void Writer::compact_record(const TimeBase& times, uint32_t block, base::Bytes bytes, bool is_short_of_room) {
  const auto known = index_.find(peek_key(bytes), times.boot_s);
  if (!known || known->block != block) return;  // there is a newer one, or none that counts
  const auto record = parse_record(hash_, bytes);
  if (!record || known->removal || record->head.what == What::kRemoval) return index_.erase(peek_key(bytes));
  const auto learned_s = boot_of(times, record->head.learned_wall_s);
  if (!learned_s || is_too_old(times, *learned_s, record->parts.header.ttl_s, options_.max_age_s)) {
    counters_.add(base::Counter::kStoreDroppedOld);
    return index_.erase(record->head.key);
  }
  uint8_t mark = mark_now(*record, known->mark);
  if (is_short_of_room) {
    if (mark == 0) {
      counters_.add(base::Counter::kStoreDroppedRoom);
      return index_.erase(record->head.key);
    }
    --mark;
  }
  make_place_for(record->head.key, times.boot_s);
  append_copy(filling_, hash_, bytes, mark);
  ++records_filling_;
  index_.put(record->head.key, {next_block_, record->head.content, known->written_s, mark, false});
}

// As asked for as it ever was: on disk or in the cache.
uint8_t Writer::mark_now(const Record& record, uint8_t mark) {
  mark = std::max(mark, record.head.mark);
  const cache::Key key = cache_->key(record.parts.name, record.parts.header.type, record.parts.header.space);
  cache_->visit_places_of(key.hash, [&](const cache::Entry& entry, uint8_t now) {
    if (entry.matches(key)) mark = std::max(mark, now);
  });
  return mark;
}

}  // namespace store
