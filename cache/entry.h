// Entry: one RRset, one denial, one failure or one delegation. Immutable once published: refreshed
// data is a new entry. One allocation:
//
//   | header (40 bytes) | name, lower case | rendered records | rendered RRSIGs and proofs (tail) |
//
// The payload of each kind:
//   kRrset       records of wire/rendered.h; the tail holds their RRSIGs, and behind them the proof that a
//                wildcard made them (cache/proofs.h)
//   kNodata      the SOA record, owner = zone; the tail holds its RRSIGs, and behind them NSEC or NSEC3
//   kNxdomain    the same
//   kFailure     cache/failure.h
//   kDelegation  cache/delegation.h
//
// Times are whole seconds of boot time, as TTLs are whole seconds on the wire.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/instant.h"
#include "cache/key.h"

namespace cache {

enum class Kind : uint8_t { kRrset, kNodata, kNxdomain, kFailure, kDelegation };

// RFC 2181 §5.4.1, low to high. Glue and referrals never answer clients.
enum class Rank : uint8_t {
  kGlue,           // additional data, glue: never an answer
  kReferral,       // the parent's NS set
  kNonAuthAnswer,  // answer section without AA (a forwarder)
  kAuthAuthority,  // authority section of an authoritative answer
  kAuthAnswer,     // answer section of an authoritative answer
  kLocal,
};

enum class Validation : uint8_t {
  kUnchecked,
  kIndeterminate,
  kInsecure,
  kSecure,
  kBogus,
  // Insecure, and clients are told why (RFC 8914 §4.2, §4.3, §4.28).
  kInsecureAlgorithm,   // no DS of an algorithm that is checked
  kInsecureDigest,      // no DS with a digest that is checked
  kInsecureIterations,  // more NSEC3 iterations than are made
};

struct EntryHeader {
  uint64_t hash = 0;
  uint32_t learned_s = 0;      // boot seconds
  uint32_t ttl_s = 0;          // expires at learned_s + ttl_s; the entry stays until evicted
  uint32_t lease_until_s = 0;  // boot seconds: the parent's lease on the zone it came from (RFC 8767, ghost domains)
  uint32_t body_bytes = 0;     // rendered records or other payload
  uint32_t tail_bytes = 0;
  uint16_t record_count = 0;
  uint16_t tail_count = 0;
  wire::Type type = wire::Type::kNone;
  Space space = Space::kAnswer;
  Kind kind = Kind::kRrset;
  Rank rank : 4 = Rank::kAuthAnswer;
  uint8_t step : 3 = 0;       // of its route (resolver/routes.h): 0 the first, above it a fallback; of a delegation:
                              // 0 iteration from the root, else 1 + the step of the stub below which it lies
  uint8_t forwarded : 1 = 0;  // a forwarder's word: answers clients, never serves iteration
  Validation validation : 4 = Validation::kUnchecked;
  uint8_t has_proofs : 1 = 0;  // the tail does not end with the signatures: cache/proofs.h
  uint8_t no_bits : 3 = 0;     // so that equal entries are equal bytes
  uint8_t name_bytes = 1;
  uint8_t zone_labels = 0;  // the zone it came from is this suffix of the name
};

static_assert(sizeof(EntryHeader) == 40);

class Entry {
 public:
  [[nodiscard]] const EntryHeader& header() const { return header_; }
  [[nodiscard]] wire::NameView name() const { return wire::NameView::from_checked({bytes(), header_.name_bytes}); }
  [[nodiscard]] wire::NameView zone() const { return name().suffix(header_.zone_labels); }
  [[nodiscard]] base::Bytes body() const { return {bytes() + header_.name_bytes, header_.body_bytes}; }
  [[nodiscard]] base::Bytes tail() const {
    return {bytes() + header_.name_bytes + header_.body_bytes, header_.tail_bytes};
  }
  [[nodiscard]] size_t total_bytes() const {
    return sizeof(EntryHeader) + header_.name_bytes + header_.body_bytes + header_.tail_bytes;
  }
  // Seconds of TTL left; 0 when expired.
  [[nodiscard]] uint32_t ttl_left_s(base::Instant now) const { return ttl_left_at(now.boot_seconds()); }
  // The same for whoever has the boot seconds at hand.
  [[nodiscard]] uint32_t ttl_left_at(uint32_t boot_s) const {
    const uint64_t expires = uint64_t{header_.learned_s} + header_.ttl_s;
    return boot_s >= expires ? 0 : static_cast<uint32_t>(expires - boot_s);
  }
  [[nodiscard]] bool is_fresh(base::Instant now) const { return ttl_left_s(now) > 0; }
  [[nodiscard]] bool matches(const Key& key) const {
    if (header_.hash != key.hash || header_.space != key.space || header_.name_bytes != key.name.size()) return false;
    if (has_type(key.space) && header_.type != key.type) return false;
    return base::equal_short(bytes(), key.name.bytes().data(), header_.name_bytes);
  }

 private:
  friend struct EntryParts;
  friend class Cache;  // fills in the hash before the entry is shared
  [[nodiscard]] const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this) + sizeof(EntryHeader); }
  EntryHeader header_;
};

struct EntryDeleter {
  void operator()(const Entry* entry) const;
};
// What the entry takes from the allocator: its usable size and the allocator's own header.
[[nodiscard]] uint64_t charged_bytes(const Entry& entry);

// Where a cache keeps the entries it publishes; without one they stay where malloc put them.
// Tests give an arena that they can map read-only. Any thread calls it.
class EntryAllocator {
 public:
  virtual ~EntryAllocator() = default;
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(const void* memory) = 0;
};

// An entry that is not (or no longer) in the table. Resolutions keep results in this form.
using EntryPtr = std::unique_ptr<const Entry, EntryDeleter>;

// What an entry is made from. `header.hash` is filled in by Cache::publish.
struct EntryParts {
  EntryHeader header;   // kind, space, type, rank, validation, times, zone_labels, counts
  wire::NameView name;  // any letter case
  base::Bytes body;
  base::Bytes tail;
  [[nodiscard]] EntryPtr make() const;
};
[[nodiscard]] EntryPtr clone(const Entry& entry);

}  // namespace cache
