#include "cache/cache.h"

#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "cache/table.h"

namespace cache {

namespace {

// A compare-and-swap that fails means that another thread's came first: this many in a row do not happen.
constexpr int kPublishAttemptsMax = 64;

Key key_of(const Entry& entry) {
  return Key{entry.name(), entry.header().type, entry.header().space, entry.header().hash};
}

using Words = std::array<SlotWord, kSlotsPerBucket>;

Words words_of(const Bucket& bucket) {
  Words words;
  // Pairs with the compare-and-swaps that put entries in.
  for (size_t i = 0; i < kSlotsPerBucket; ++i) words[i] = bucket.slots[i].load(std::memory_order_acquire);
  return words;
}

constexpr size_t kNoSlot = kSlotsPerBucket;

size_t find_key(const Words& words, const Key& key) {
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (words[i] != 0 && tag_matches(words[i], key.hash) && entry_of(words[i])->matches(key)) return i;
  }
  return kNoSlot;
}

size_t find_empty(const Words& words) {
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (words[i] == 0) return i;
  }
  return kNoSlot;
}

// Of two entries with one key in two slots, whether the first is the one to keep. Every thread
// that meets the pair decides alike.
bool is_preferred(const Entry& first, size_t first_slot, const Entry& second, size_t second_slot) {
  if (first.header().rank != second.header().rank) return first.header().rank > second.header().rank;
  if (first.header().learned_s != second.header().learned_s)
    return first.header().learned_s > second.header().learned_s;
  return first_slot < second_slot;
}

Candidate candidate_of(const Bucket& bucket, size_t slot, SlotWord word, base::Instant now, uint16_t index) {
  const Entry& entry = *entry_of(word);
  return Candidate{index, bucket.marks[slot].load(std::memory_order_relaxed), entry.header().kind, !entry.is_fresh(now),
                   entry.header().learned_s};
}

void decay_marks(Bucket& bucket) {
  for (auto& mark : bucket.marks) {
    const uint8_t value = mark.load(std::memory_order_relaxed);
    if (value > 0) mark.store(static_cast<uint8_t>(value - 1), std::memory_order_relaxed);
  }
}

}  // namespace

struct Cache::Table {
  Table(const CacheOptions& options, ReaderRegistry& registry)
      : sizes(table_sizes(options.memory_bytes, options.entry_bytes_expected)),
        buckets(sizes.bucket_count),
        readers(registry),
        allocator(options.allocator) {}

  const TableSizes sizes;
  const BucketArray buckets;
  ReaderRegistry& readers;
  EntryAllocator* const allocator;
  // Counters only, all relaxed: what they say may be off by what other threads are just doing.
  alignas(64) std::atomic<uint64_t> live_bytes{0};
  std::atomic<uint64_t> secondary_bytes{0};  // of denials and failures
  std::atomic<uint64_t> entries{0};
  std::atomic<uint64_t> evictions{0};
  std::atomic<uint32_t> hand{0};

  // What publish carries from attempt to attempt.
  struct Publication {
    Reader& reader;
    base::Instant now;
    const Entry* entry;
    SlotWord word;
    Bucket& bucket;
    std::optional<uint8_t> restored_mark;  // set: it comes from an earlier run and replaces nobody
  };

  [[nodiscard]] uint64_t total_bytes() const {
    return sizes.slot_bytes + live_bytes.load(std::memory_order_relaxed) + readers.retired_bytes();
  }
  [[nodiscard]] bool is_secondary_over_share() const {
    return secondary_bytes.load(std::memory_order_relaxed) > sizes.live_bytes_max / kSecondaryShareOneIn;
  }

  // Counted before it is in a slot: many publishers at once cannot pass the bound together, and
  // whoever takes the entry out again takes off what is already there.
  void count_in(const Entry& entry) {
    const uint64_t bytes = readers.charged(entry);
    entries.fetch_add(1, std::memory_order_relaxed);
    live_bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (is_secondary(entry.header().kind)) secondary_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }

  void count_out(const Entry& entry) {
    const uint64_t bytes = readers.charged(entry);
    entries.fetch_sub(1, std::memory_order_relaxed);
    live_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    if (is_secondary(entry.header().kind)) secondary_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  }

  void note_eviction(const Entry& entry, uint8_t mark) {
    evictions.fetch_add(1, std::memory_order_relaxed);
    if (leaves_ghost(entry.header().kind, mark)) buckets.add_ghost(entry.header().hash);
  }

  // `entry` is in no slot any more.
  void count_out_and_retire(Reader& reader, const Entry& entry) {
    // This order: the sum of live and retired bytes is never too small.
    readers.retire(reader, &entry);
    count_out(entry);
  }

  bool take_out(Reader& reader, Bucket& bucket, size_t slot, SlotWord word) {
    // Release: the retiring below stays below. Acquire: the entry is read once more.
    if (!bucket.slots[slot].compare_exchange_strong(word, 0, std::memory_order_acq_rel)) return false;
    bucket.marks[slot].store(0, std::memory_order_relaxed);
    count_out_and_retire(reader, *entry_of(word));
    return true;
  }

  // One bucket further with the hand.
  void sweep_step(Reader& reader, base::Instant now) {
    const uint32_t start = hand.fetch_add(1, std::memory_order_relaxed) % buckets.count();
    std::array<Candidate, kWindowBuckets * kSlotsPerBucket> window;
    std::array<SlotWord, kWindowBuckets * kSlotsPerBucket> window_words;
    size_t count = 0;
    size_t in_bucket = 0;
    for (size_t i = 0; i < kWindowBuckets; ++i) {
      const Bucket& bucket = bucket_after(start, i);
      const Words words = words_of(bucket);
      for (size_t slot = 0; slot < kSlotsPerBucket; ++slot) {
        if (words[slot] == 0) continue;
        const auto index = static_cast<uint16_t>(i * kSlotsPerBucket + slot);
        window_words[index] = words[slot];
        window[count++] = candidate_of(bucket, slot, words[slot], now, index);
      }
      if (i == 0) in_bucket = count;
    }
    const Eviction eviction = decide_sweep({window.data(), count}, in_bucket, is_secondary_over_share());
    switch (eviction.action) {
      case EvictionAction::kEvict: {
        const size_t slot = eviction.victim % kSlotsPerBucket;
        Bucket& bucket = bucket_after(start, eviction.victim / kSlotsPerBucket);
        const SlotWord word = window_words[eviction.victim];
        const uint8_t mark = bucket.marks[slot].load(std::memory_order_relaxed);
        if (take_out(reader, bucket, slot, word)) note_eviction(*entry_of(word), mark);
        break;
      }
      case EvictionAction::kDecay:
        decay_marks(buckets.at(start));
        break;
      case EvictionAction::kKeepAll:
        break;
    }
  }

  [[nodiscard]] Bucket& bucket_after(uint32_t start, size_t by) const {
    return buckets.at(static_cast<uint32_t>((start + by) % buckets.count()));
  }

  void make_room(Reader& reader, base::Instant now) {
    for (size_t i = 0; i < kSweepStepsMax && live_bytes.load(std::memory_order_relaxed) > sizes.live_bytes_max; ++i) {
      sweep_step(reader, now);
    }
    if (total_bytes() > sizes.insert_bytes_max) readers.collect(reader);
  }

  // Two threads may insert one key into two slots. Each looks again after its insert: all these
  // operations are seq_cst, so the later of the two inserts in that order finds the other, and takes
  // out the one that is not preferred, its own or the other. When both find each other they agree;
  // among several the preferred one is taken out by nobody.
  void remove_duplicates(const Publication& publication, size_t own_slot) {
    const Key key = key_of(*publication.entry);
    Bucket& bucket = publication.bucket;
    for (size_t i = 0; i < kSlotsPerBucket; ++i) {
      if (i == own_slot) continue;
      const SlotWord other = bucket.slots[i].load(std::memory_order_seq_cst);
      if (other == 0 || !tag_matches(other, key.hash) || !entry_of(other)->matches(key)) continue;
      const bool keep_own = is_preferred(*publication.entry, own_slot, *entry_of(other), i);
      take_out(publication.reader, bucket, keep_own ? i : own_slot, keep_own ? other : publication.word);
      if (!keep_own) return;
    }
  }

  // Over another entry, or into an empty slot (`old` == 0). False: the slot has changed.
  bool put(const Publication& publication, size_t slot, SlotWord old) {
    // Release publishes the entry's bytes to the acquire loads of slots; seq_cst for remove_duplicates().
    return publication.bucket.slots[slot].compare_exchange_strong(old, publication.word, std::memory_order_seq_cst);
  }

  // nullopt: another thread changed the slot, try again.
  std::optional<PublishOutcome> replace(const Publication& publication, size_t slot, SlotWord old_word) {
    if (publication.restored_mark) return PublishOutcome::kKeptOld;
    const Entry& old = *entry_of(old_word);
    if (old.is_fresh(publication.now) && old.header().rank > publication.entry->header().rank)
      return PublishOutcome::kKeptOld;
    if (total_bytes() > sizes.memory_bytes_max) return PublishOutcome::kRefused;
    if (!put(publication, slot, old_word)) return std::nullopt;
    count_out_and_retire(publication.reader, old);
    return PublishOutcome::kStored;
  }

  std::optional<PublishOutcome> insert(const Publication& publication, const Words& words) {
    if (total_bytes() > sizes.insert_bytes_max) return PublishOutcome::kRefused;
    size_t slot = find_empty(words);
    if (slot == kNoSlot && publication.restored_mark == 0) return PublishOutcome::kRefused;
    if (slot == kNoSlot) {
      std::array<Candidate, kSlotsPerBucket> candidates;
      for (size_t i = 0; i < kSlotsPerBucket; ++i) {
        candidates[i] = candidate_of(publication.bucket, i, words[i], publication.now, static_cast<uint16_t>(i));
      }
      const Eviction eviction =
          decide_full_bucket(candidates, publication.entry->header().kind, is_secondary_over_share());
      if (eviction.action == EvictionAction::kDecay && !publication.restored_mark) decay_marks(publication.bucket);
      if (eviction.action != EvictionAction::kEvict) return PublishOutcome::kRefused;
      slot = eviction.victim;
    }
    const EntryHeader& header = publication.entry->header();
    const uint8_t mark =
        publication.restored_mark.value_or(mark_of_newcomer(header.kind, buckets.has_ghost(header.hash)));
    if (!put(publication, slot, words[slot])) return std::nullopt;
    const uint8_t mark_before = publication.bucket.marks[slot].exchange(mark, std::memory_order_relaxed);
    if (words[slot] != 0) {
      note_eviction(*entry_of(words[slot]), mark_before);
      count_out_and_retire(publication.reader, *entry_of(words[slot]));
    }
    remove_duplicates(publication, slot);
    return PublishOutcome::kStored;
  }

  PublishOutcome place(const Publication& publication) {
    const Key key = key_of(*publication.entry);
    for (int attempt = 0; attempt < kPublishAttemptsMax; ++attempt) {
      const Words words = words_of(publication.bucket);
      const size_t same = find_key(words, key);
      const std::optional<PublishOutcome> outcome =
          same != kNoSlot ? replace(publication, same, words[same]) : insert(publication, words);
      if (outcome.has_value()) return *outcome;
    }
    return PublishOutcome::kRefused;
  }
};

Cache::Cache(const CacheOptions& options)
    : hash_(options.secret),
      readers_(options.readers_max, options.allocator),
      table_(std::make_unique<Table>(options, readers_)) {}

Cache::~Cache() {
  for (uint32_t i = 0; i < table_->buckets.count(); ++i) {
    for (const SlotWord word : words_of(table_->buckets.at(i))) {
      if (word != 0) release(entry_of(word));
    }
  }
}

void Cache::release(const Entry* entry) const {
  if (table_->allocator != nullptr) {
    table_->allocator->release(entry);
  } else {
    EntryDeleter{}(entry);
  }
}

Key Cache::key(wire::NameView name, wire::Type type, Space space) const {
  return key(name, hash_name(name), type, space);
}

void Cache::prefetch(uint64_t hash) const { __builtin_prefetch(&table_->buckets.home_of(hash)); }

const Entry* Cache::lookup(const Key& key) {
  Bucket& bucket = table_->buckets.home_of(key.hash);
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    // Pairs with the compare-and-swap in put().
    const SlotWord word = bucket.slots[i].load(std::memory_order_acquire);
    if (word == 0 || !tag_matches(word, key.hash) || !entry_of(word)->matches(key)) continue;
    // Loaded first: a full mark is not written, so a hot line stays shared between the cores.
    const uint8_t mark = bucket.marks[i].load(std::memory_order_relaxed);
    if (mark < kMarkMax) bucket.marks[i].store(static_cast<uint8_t>(mark + 1), std::memory_order_relaxed);
    return entry_of(word);
  }
  return nullptr;
}

const Entry* Cache::peek(const Key& key) const {
  const Words words = words_of(table_->buckets.home_of(key.hash));
  const size_t slot = find_key(words, key);
  return slot == kNoSlot ? nullptr : entry_of(words[slot]);
}

bool Cache::is_popular(const Key& key) const {
  const Bucket& bucket = table_->buckets.home_of(key.hash);
  const size_t slot = find_key(words_of(bucket), key);
  return slot != kNoSlot && bucket.marks[slot].load(std::memory_order_relaxed) >= kPopularMark;
}

// The entry as it goes into the table: with its hash, and where the cache's allocator wants it.
const Entry* Cache::prepare(EntryPtr entry) const {
  // Not shared yet, and not const where it was made.
  auto* own = const_cast<Entry*>(entry.release());
  own->header_.hash = key_hash(hash_name(own->name()), own->header_.type, own->header_.space);
  if (table_->allocator == nullptr) return own;
  void* memory = table_->allocator->allocate(own->total_bytes());
  CHECK(memory != nullptr);
  std::memcpy(memory, static_cast<const void*>(own), own->total_bytes());
  EntryDeleter{}(own);
  return static_cast<const Entry*>(memory);
}

PublishOutcome Cache::publish(Reader& reader, base::Instant now, EntryPtr entry) {
  return put_in(reader, now, std::move(entry), std::nullopt);
}

PublishOutcome Cache::restore(Reader& reader, base::Instant now, EntryPtr entry, uint8_t mark) {
  return put_in(reader, now, std::move(entry), std::min(mark, kMarkMax));
}

PublishOutcome Cache::put_in(Reader& reader, base::Instant now, EntryPtr entry, std::optional<uint8_t> restored_mark) {
  CHECK(entry != nullptr);
  CHECK(reader.is_online());
  CHECK(reader.registry_ == &readers_);
  const Entry* own = prepare(std::move(entry));
  table_->count_in(*own);
  PublishOutcome outcome = PublishOutcome::kRefused;
  if (readers_.charged(*own) <= table_->sizes.entry_bytes_max) {
    table_->make_room(reader, now);
    outcome =
        table_->place({reader, now, own, word_of(own), table_->buckets.home_of(own->header().hash), restored_mark});
  }
  if (outcome != PublishOutcome::kStored) {
    table_->count_out(*own);
    release(own);
  }
  return outcome;
}

void Cache::remove(Reader& reader, const Key& key) {
  CHECK(reader.is_online());
  Bucket& bucket = table_->buckets.home_of(key.hash);
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    const SlotWord word = bucket.slots[i].load(std::memory_order_acquire);
    if (word == 0 || !tag_matches(word, key.hash) || !entry_of(word)->matches(key)) continue;
    table_->take_out(reader, bucket, i, word);
  }
}

Cache::Usage Cache::usage() const {
  Usage usage;
  usage.entries = table_->entries.load(std::memory_order_relaxed);
  usage.bytes = table_->total_bytes();
  usage.retired_bytes = readers_.retired_bytes();
  usage.bytes_max = table_->sizes.memory_bytes_max;
  usage.evictions = table_->evictions.load(std::memory_order_relaxed);
  return usage;
}

uint32_t Cache::bucket_count() const { return table_->buckets.count(); }

uint32_t Cache::bucket_of(uint64_t hash) const {
  return static_cast<uint32_t>(&table_->buckets.home_of(hash) - &table_->buckets.at(0));
}

void Cache::visit_bucket(uint32_t index, const Visit& visit) const {
  const Bucket& bucket = table_->buckets.at(index);
  const Words words = words_of(bucket);
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (words[i] != 0) visit(*entry_of(words[i]), bucket.marks[i].load(std::memory_order_relaxed));
  }
}

void Cache::for_each(const std::function<void(const Entry&)>& visit) const {
  for (uint32_t i = 0; i < table_->buckets.count(); ++i) {
    for (const SlotWord word : words_of(table_->buckets.at(i))) {
      if (word != 0) visit(*entry_of(word));
    }
  }
}

base::Bytes Cache::slot_memory() const { return table_->buckets.memory(); }

}  // namespace cache
