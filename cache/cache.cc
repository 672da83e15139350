#include "cache/cache.h"

#include <algorithm>
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

// The slots where the entries of one hash may be: those of its home, then those of its second bucket.
constexpr size_t kPlaces = 2 * kSlotsPerBucket;
constexpr size_t kNoPlace = kPlaces;
// From so many entries on a home sends newcomers to the second bucket, if that has fewer: as good as never
// are both full then, and nine of ten are at home.
constexpr size_t kCrowded = 5;

struct Places {
  Bucket& home;
  Bucket& second;
  [[nodiscard]] Bucket& bucket(size_t place) const { return place < kSlotsPerBucket ? home : second; }
  [[nodiscard]] std::atomic<SlotWord>& slot(size_t place) const { return bucket(place).slots[place % kSlotsPerBucket]; }
  [[nodiscard]] std::atomic<uint8_t>& mark(size_t place) const { return bucket(place).marks[place % kSlotsPerBucket]; }
  [[nodiscard]] bool is_settled(size_t place) const { return bucket(place).is_settled(place % kSlotsPerBucket); }
};

template <size_t kCount>
using Words = std::array<SlotWord, kCount>;

Words<kSlotsPerBucket> words_of(const Bucket& bucket) {
  Words<kSlotsPerBucket> words;
  // Pairs with the compare-and-swaps that put entries in.
  for (size_t i = 0; i < kSlotsPerBucket; ++i) words[i] = bucket.slots[i].load(std::memory_order_acquire);
  return words;
}

Words<kPlaces> words_of(const Places& places) {
  Words<kPlaces> words;
  for (size_t i = 0; i < kPlaces; ++i) words[i] = places.slot(i).load(std::memory_order_acquire);
  return words;
}

[[gnu::always_inline]] inline bool is_for(SlotWord word, const Key& key) {
  return word != 0 && tag_matches(word, key.hash) && entry_of(word)->matches(key);
}

size_t find_key(const Words<kPlaces>& words, const Key& key) {
  for (size_t i = 0; i < kPlaces; ++i) {
    if (is_for(words[i], key)) return i;
  }
  return kNoPlace;
}

// Where a newcomer goes; kNoPlace: both buckets are full.
size_t find_empty(const Words<kPlaces>& words) {
  std::array<size_t, 2> used{};
  std::array<size_t, 2> empty{kNoPlace, kNoPlace};
  for (size_t i = kPlaces; i-- > 0;) {
    const size_t bucket = i / kSlotsPerBucket;
    if (words[i] == 0)
      empty[bucket] = i;
    else
      ++used[bucket];
  }
  const bool goes_home = used[0] < kCrowded || used[0] <= used[1];
  return goes_home ? empty[0] : empty[1];
}

// Of two entries with one key in two slots, whether the first is the one to keep. Every thread
// that meets the pair decides alike.
bool is_preferred(const Entry& first, size_t first_place, const Entry& second, size_t second_place) {
  if (first.header().rank != second.header().rank) return first.header().rank > second.header().rank;
  if (first.header().learned_s != second.header().learned_s)
    return first.header().learned_s > second.header().learned_s;
  return first_place < second_place;
}

Candidate candidate_of(const Bucket& bucket, size_t slot, SlotWord word, base::Instant now, uint16_t index) {
  const Entry& entry = *entry_of(word);
  return Candidate{index,
                   bucket.marks[slot].load(std::memory_order_relaxed),
                   entry.header().kind,
                   !entry.is_fresh(now),
                   bucket.is_settled(slot),
                   entry.header().learned_s};
}

void decay_mark(std::atomic<uint8_t>& mark) {
  const uint8_t value = mark.load(std::memory_order_relaxed);
  if (value > 0) mark.store(static_cast<uint8_t>(value - 1), std::memory_order_relaxed);
}
void decay_marks(Bucket& bucket) {
  for (auto& mark : bucket.marks) decay_mark(mark);
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
  std::atomic<int64_t> settled{0};
  std::atomic<uint32_t> probation_hand{0};  // counts buckets
  std::atomic<uint64_t> settled_hand{0};    // counts slots

  // What publish carries from attempt to attempt.
  struct Publication {
    Reader& reader;
    base::Instant now;
    const Entry* entry;
    SlotWord word;
    Places places;
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

  void set_settled(Bucket& bucket, size_t slot, bool value) {
    const int more = bucket.set_settled(slot, value);
    if (more != 0) settled.fetch_add(more, std::memory_order_relaxed);
  }

  void note_eviction(const Entry& entry, bool was_settled) {
    evictions.fetch_add(1, std::memory_order_relaxed);
    if (leaves_ghost(entry.header().kind, was_settled)) buckets.add_ghost(entry.header().hash);
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
    set_settled(bucket, slot, false);
    count_out_and_retire(reader, *entry_of(word));
    return true;
  }
  bool take_out(Reader& reader, const Places& places, size_t place, SlotWord word) {
    return take_out(reader, places.bucket(place), place % kSlotsPerBucket, word);
  }

  void evict(Reader& reader, Bucket& bucket, size_t slot, SlotWord word) {
    const bool was_settled = bucket.is_settled(slot);
    if (take_out(reader, bucket, slot, word)) note_eviction(*entry_of(word), was_settled);
  }

  // One bucket further with the probation hand.
  void step_probation(Reader& reader, base::Instant now) {
    const uint32_t start = probation_hand.fetch_add(1, std::memory_order_relaxed) % buckets.count();
    const bool over_share = is_secondary_over_share();
    std::array<Candidate, kWindowBuckets * kSlotsPerBucket> window;
    std::array<SlotWord, kWindowBuckets * kSlotsPerBucket> window_words;
    size_t count = 0;
    for (size_t i = 0; i < kWindowBuckets; ++i) {
      Bucket& bucket = bucket_after(start, i);
      const Words<kSlotsPerBucket> words = words_of(bucket);
      for (size_t slot = 0; slot < kSlotsPerBucket; ++slot) {
        // The settled are not looked at, unless some of them have no right to it.
        if (words[slot] == 0 || (bucket.is_settled(slot) && !over_share)) continue;
        const auto index = static_cast<uint16_t>(i * kSlotsPerBucket + slot);
        const Candidate candidate = candidate_of(bucket, slot, words[slot], now, index);
        if (i == 0 && settles(candidate, over_share)) {
          set_settled(bucket, slot, true);
          bucket.marks[slot].store(0, std::memory_order_relaxed);
        } else if (is_on_probation(candidate, over_share)) {
          window_words[index] = words[slot];
          window[count++] = candidate;
        }
      }
    }
    const Eviction eviction = decide_probation({window.data(), count}, over_share);
    if (eviction.action != EvictionAction::kEvict) return;
    evict(reader, bucket_after(start, eviction.victim / kSlotsPerBucket), eviction.victim % kSlotsPerBucket,
          window_words[eviction.victim]);
  }

  // One slot further with the hand of the settled.
  void step_settled(Reader& reader, base::Instant now) {
    const uint64_t at =
        settled_hand.fetch_add(1, std::memory_order_relaxed) % (uint64_t{buckets.count()} * kSlotsPerBucket);
    Bucket& bucket = buckets.at(static_cast<uint32_t>(at / kSlotsPerBucket));
    const size_t slot = at % kSlotsPerBucket;
    // Pairs with the compare-and-swaps that put entries in.
    const SlotWord word = bucket.slots[slot].load(std::memory_order_acquire);
    if (word == 0 || !bucket.is_settled(slot)) return;
    const Candidate candidate = candidate_of(bucket, slot, word, now, 0);
    switch (decide_settled(candidate, is_secondary_over_share())) {
      case EvictionAction::kEvict:
        evict(reader, bucket, slot, word);
        break;
      case EvictionAction::kDecay:
        decay_mark(bucket.marks[slot]);
        break;
      case EvictionAction::kKeepAll:
        break;
    }
  }

  // May be off by what other threads are just doing.
  [[nodiscard]] bool probation_is_full() const {
    const uint64_t all = entries.load(std::memory_order_relaxed);
    const auto of_them = static_cast<uint64_t>(std::max<int64_t>(settled.load(std::memory_order_relaxed), 0));
    return cache::probation_is_full(all - std::min(of_them, all), all) || is_secondary_over_share();
  }

  [[nodiscard]] Bucket& bucket_after(uint32_t start, size_t by) const {
    return buckets.at(static_cast<uint32_t>((start + by) % buckets.count()));
  }

  void make_room(Reader& reader, base::Instant now) {
    for (size_t i = 0; i < kSweepStepsMax && live_bytes.load(std::memory_order_relaxed) > sizes.live_bytes_max; ++i) {
      if (probation_is_full())
        step_probation(reader, now);
      else
        step_settled(reader, now);
    }
    if (total_bytes() > sizes.insert_bytes_max) readers.collect(reader);
  }

  // Two threads may insert one key into two slots. Each looks again after its insert: all these
  // operations are seq_cst, so the later of the two inserts in that order finds the other, and takes
  // out the one that is not preferred, its own or the other. When both find each other they agree;
  // among several the preferred one is taken out by nobody.
  void remove_duplicates(const Publication& publication, size_t own_place) {
    const Key key = key_of(*publication.entry);
    const Places& places = publication.places;
    for (size_t i = 0; i < kPlaces; ++i) {
      if (i == own_place) continue;
      const SlotWord other = places.slot(i).load(std::memory_order_seq_cst);
      if (!is_for(other, key)) continue;
      const bool keep_own = is_preferred(*publication.entry, own_place, *entry_of(other), i);
      const size_t out = keep_own ? i : own_place;
      take_out(publication.reader, places, out, keep_own ? other : publication.word);
      if (!keep_own) return;
    }
  }

  // Over another entry, or into an empty slot (`old` == 0). False: the slot has changed.
  bool put(const Publication& publication, size_t place, SlotWord old) {
    // Before the entry is there. Who does not see it yet does not find the entry yet.
    if (place >= kSlotsPerBucket) publication.places.home.set_overflowed();
    // Release publishes the entry's bytes to the acquire loads of slots; seq_cst for remove_duplicates().
    return publication.places.slot(place).compare_exchange_strong(old, publication.word, std::memory_order_seq_cst);
  }

  // nullopt: another thread changed the slot, try again.
  std::optional<PublishOutcome> replace(const Publication& publication, size_t place, SlotWord old_word) {
    if (publication.restored_mark) return PublishOutcome::kKeptOld;
    const Entry& old = *entry_of(old_word);
    if (old.is_fresh(publication.now) && old.header().rank > publication.entry->header().rank)
      return PublishOutcome::kKeptOld;
    if (total_bytes() > sizes.memory_bytes_max) return PublishOutcome::kRefused;
    if (!put(publication, place, old_word)) return std::nullopt;
    count_out_and_retire(publication.reader, old);
    return PublishOutcome::kStored;
  }

  std::optional<PublishOutcome> insert(const Publication& publication, const Words<kPlaces>& words) {
    if (total_bytes() > sizes.insert_bytes_max) return PublishOutcome::kRefused;
    const Places& places = publication.places;
    size_t place = find_empty(words);
    if (place == kNoPlace && publication.restored_mark == 0) return PublishOutcome::kRefused;
    if (place == kNoPlace) {
      std::array<Candidate, kPlaces> candidates;
      for (size_t i = 0; i < kPlaces; ++i) {
        candidates[i] =
            candidate_of(places.bucket(i), i % kSlotsPerBucket, words[i], publication.now, static_cast<uint16_t>(i));
      }
      const Eviction eviction =
          decide_full_buckets(candidates, publication.entry->header().kind, is_secondary_over_share());
      if (eviction.action == EvictionAction::kDecay && !publication.restored_mark) {
        decay_marks(places.home);
        decay_marks(places.second);
      }
      if (eviction.action != EvictionAction::kEvict) return PublishOutcome::kRefused;
      place = eviction.victim;
    }
    const EntryHeader& header = publication.entry->header();
    const uint8_t mark = publication.restored_mark.value_or(0);
    const bool was_settled = places.is_settled(place);
    if (!put(publication, place, words[place])) return std::nullopt;
    places.mark(place).store(mark, std::memory_order_relaxed);
    set_settled(places.bucket(place), place % kSlotsPerBucket,
                settles_at_once(header.kind, mark > 0 || buckets.has_ghost(header.hash)));
    if (words[place] != 0) {
      note_eviction(*entry_of(words[place]), was_settled);
      count_out_and_retire(publication.reader, *entry_of(words[place]));
    }
    remove_duplicates(publication, place);
    return PublishOutcome::kStored;
  }

  PublishOutcome place(const Publication& publication) {
    const Key key = key_of(*publication.entry);
    for (int attempt = 0; attempt < kPublishAttemptsMax; ++attempt) {
      const Words<kPlaces> words = words_of(publication.places);
      const size_t same = find_key(words, key);
      const std::optional<PublishOutcome> outcome =
          same != kNoPlace ? replace(publication, same, words[same]) : insert(publication, words);
      if (outcome.has_value()) return *outcome;
    }
    return PublishOutcome::kRefused;
  }

  [[nodiscard]] Places places_of(uint64_t hash) const { return {buckets.home_of(hash), buckets.second_of(hash)}; }
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

namespace {
template <class OnFound>
[[gnu::always_inline]] inline const Entry* find_in(const Bucket& bucket, const Key& key, OnFound on_found) {
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    // Pairs with the compare-and-swap in put().
    const SlotWord word = bucket.slots[i].load(std::memory_order_acquire);
    if (!is_for(word, key)) continue;
    on_found(i);
    return entry_of(word);
  }
  return nullptr;
}
[[gnu::always_inline]] inline const Entry* find_only(const Bucket& bucket, const Key& key) {
  return find_in(bucket, key, [](size_t) {});
}
[[gnu::always_inline]] inline const Entry* find_and_mark(Bucket& bucket, const Key& key) {
  return find_in(bucket, key, [&bucket](size_t i) {
    // Loaded first: a full mark is not written, so a hot line stays shared between the cores.
    const uint8_t mark = bucket.marks[i].load(std::memory_order_relaxed);
    if (mark < kMarkMax) bucket.marks[i].store(static_cast<uint8_t>(mark + 1), std::memory_order_relaxed);
  });
}
[[gnu::noinline]] const Entry* find_in_second(Bucket& bucket, const Key& key) { return find_and_mark(bucket, key); }
}  // namespace

const Entry* Cache::lookup(const Key& key) {
  Bucket& home = table_->buckets.home_of(key.hash);
  const Entry* const entry = find_and_mark(home, key);
  if (entry != nullptr || !home.has_overflowed()) return entry;
  return find_in_second(table_->buckets.second_of(key.hash), key);
}

const Entry* Cache::peek(const Key& key) const {
  const Bucket& home = table_->buckets.home_of(key.hash);
  const Entry* const entry = find_only(home, key);
  if (entry != nullptr || !home.has_overflowed()) return entry;
  return find_only(table_->buckets.second_of(key.hash), key);
}

bool Cache::is_popular(const Key& key) const {
  const Places places = table_->places_of(key.hash);
  const size_t place = find_key(words_of(places), key);
  return place != kNoPlace && places.mark(place).load(std::memory_order_relaxed) >= kPopularMark;
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
    outcome = table_->place({reader, now, own, word_of(own), table_->places_of(own->header().hash), restored_mark});
  }
  if (outcome != PublishOutcome::kStored) {
    table_->count_out(*own);
    release(own);
  }
  return outcome;
}

void Cache::remove(Reader& reader, const Key& key) {
  CHECK(reader.is_online());
  const Places places = table_->places_of(key.hash);
  for (size_t i = 0; i < kPlaces; ++i) {
    const SlotWord word = places.slot(i).load(std::memory_order_acquire);
    if (is_for(word, key)) table_->take_out(reader, places, i, word);
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

void Cache::visit_bucket(uint32_t index, const Visit& visit) const {
  const Bucket& bucket = table_->buckets.at(index);
  const Words<kSlotsPerBucket> words = words_of(bucket);
  for (size_t i = 0; i < kSlotsPerBucket; ++i) {
    if (words[i] == 0) continue;
    // Who has settled was in use, whatever its mark says since.
    const uint8_t mark = bucket.marks[i].load(std::memory_order_relaxed);
    visit(*entry_of(words[i]), std::max<uint8_t>(mark, bucket.is_settled(i) ? 1 : 0));
  }
}

void Cache::visit_places_of(uint64_t hash, const Visit& visit) const {
  visit_bucket(table_->buckets.home_index(hash), visit);
  visit_bucket(table_->buckets.second_index(hash), visit);
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
