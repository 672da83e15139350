// Cache: the shared table of entries. Any thread reads without a lock and without writing shared
// memory; writers publish with one compare-and-swap.
//
// A query's way through it:
//   1. Key key = cache.key(name, type, space)     hash under the cache's secret
//   2. cache.prefetch(key.hash)                    for a whole batch, before the lookups
//   3. const Entry* entry = cache.lookup(key)      one line of slots, one entry
//   4. copy from the entry; never keep the pointer past Reader::quiescent()/offline()
//
// Table: fixed at start from the memory limit; buckets of one cache line: seven slots (an atomic
// pointer with 16 bits of hash as tag in its upper bits) and seven access marks. A key has two buckets;
// when both are full they evict inside themselves; over the byte bound a hand sweeps on from bucket to bucket.
//
// Bounded in bytes: slots, entries with the allocator's slack, retired entries that are not freed
// yet. Over the bound and with nothing to evict, publish refuses. Who is evicted: cache/eviction.h.
//
// Threads: every thread that looks up or publishes registers a Reader, is online while it holds
// entries, and calls quiescent() (or offline()) at the end of each turn. See cache/reclaim.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/instant.h"
#include "base/table_hash.h"
#include "cache/entry.h"
#include "cache/key.h"
#include "cache/reclaim.h"

namespace cache {

struct CacheOptions {
  uint64_t memory_bytes = 256ULL << 20;
  base::KeyedHash::Secret secret{};
  uint32_t readers_max = 256;
  // What slots are made for. An A or AAAA set of two with its header and name is about 110 bytes, a
  // denial with its SOA 170.
  uint32_t entry_bytes_expected = 160;
  EntryAllocator* allocator = nullptr;  // tests only; outlives the cache
};

enum class PublishOutcome : uint8_t {
  kStored,
  kKeptOld,  // the entry there is unexpired and ranks higher (RFC 2181 §5.4.1)
  kRefused,  // no room: over the memory bound, or everyone in its buckets is in use
};

class Cache {
 public:
  explicit Cache(const CacheOptions& options);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // REQUIRES: `name` is lower case and outlives the key.
  [[nodiscard]] Key key(wire::NameView name, wire::Type type, Space space) const;
  // The same in two steps, for several keys of one name.
  [[gnu::always_inline]] [[nodiscard]] NameHash hash_name(wire::NameView name) const {
    return NameHash{hash_(name.bytes())};
  }
  [[nodiscard]] static Key key(wire::NameView name, NameHash name_hash, wire::Type type, Space space) {
    return Key{name, type, space, key_hash(name_hash, type, space)};
  }

  void prefetch(uint64_t hash) const;
  // Marks the entry as used. Expired entries are found too: the caller looks at the TTL.
  [[nodiscard]] const Entry* lookup(const Key& key);
  // The same without a mark: for the engine's own look-ups of what must not count as popular.
  [[nodiscard]] const Entry* peek(const Key& key) const;

  // Asked for again and again since it came: its mark has reached kPopularMark.
  [[nodiscard]] bool is_popular(const Key& key) const;

  // REQUIRES of publish and remove: `reader` is online, and of this thread.
  // Puts the entry in place of the one with the same key. An unexpired entry of higher rank stays;
  // of equal rank the newer wins; an expired entry never stays.
  PublishOutcome publish(Reader& reader, base::Instant now, EntryPtr entry);
  // Puts back an entry that an earlier run learned, with the mark it had. It takes nobody's place:
  // neither that of the same key, which is newer (kKeptOld), nor a used one's in full buckets.
  PublishOutcome restore(Reader& reader, base::Instant now, EntryPtr entry, uint8_t mark);
  // Removes the entry with this key, if there is one.
  void remove(Reader& reader, const Key& key);

  [[nodiscard]] ReaderRegistry& readers() { return readers_; }

  struct Usage {
    uint64_t entries = 0;
    uint64_t bytes = 0;          // everything the bound counts
    uint64_t retired_bytes = 0;  // part of it
    uint64_t bytes_max = 0;
    uint64_t evictions = 0;
  };
  [[nodiscard]] Usage usage() const;
  // Visits the entries of one bucket with their marks, without marking them as used: for the store,
  // which walks the table piece by piece. The calling thread must be online.
  using Visit = std::function<void(const Entry&, uint8_t mark)>;
  [[nodiscard]] uint32_t bucket_count() const;
  void visit_bucket(uint32_t bucket, const Visit& visit) const;
  // The entries of the two buckets in which those of this hash are.
  void visit_places_of(uint64_t hash, const Visit& visit) const;
  // Visits every entry present; for dumps and tests. The calling thread must be online.
  void for_each(const std::function<void(const Entry&)>& visit) const;
  // The memory of the slots, for the test that maps it read-only.
  [[nodiscard]] base::Bytes slot_memory() const;

 private:
  struct Table;
  [[nodiscard]] const Entry* prepare(EntryPtr entry) const;
  PublishOutcome put_in(Reader& reader, base::Instant now, EntryPtr entry, std::optional<uint8_t> restored_mark);
  void release(const Entry* entry) const;
  base::TableHash hash_;
  ReaderRegistry readers_;
  std::unique_ptr<Table> table_;
};

}  // namespace cache
