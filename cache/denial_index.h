// DenialIndex: the secure NSEC and NSEC3 records of zones in order, so that the one which covers a
// name is found (RFC 8198). Off the hit path: looked into when the table of entries knows nothing.
//
//   zone -> SOA of its denials
//        -> NSEC in canonical order of owners (RFC 4034 §6.1)
//        -> NSEC3 in hash order, one chain for each parameter set (at most kChainsMax)
//
// Only what was validated as secure may be put in, and only what lies in its zone; resolver/dnssec
// sees to both. A new record removes what it contradicts: owners between it and its next, and the
// record before it whose span it lies in.
//
// Bounded in bytes over all. When a shard is full, a hand goes round its zones and stops at one that
// holds at least the average, and in it at a record that was not used since the last visit: so the
// zone of a flood gives way to itself first.
//
// Threads: any; each call takes the mutex of one shard. Times are boot seconds.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/keyed_hash.h"
#include "wire/name.h"
#include "wire/types.h"

namespace cache {

// A copy; it outlives the index.
struct DenialRecord {
  wire::Name owner;
  wire::Type type = wire::Type::kNone;  // NSEC, NSEC3 or SOA
  std::vector<uint8_t> rdata;
  std::vector<uint8_t> signatures;  // rendered RRSIGs
  uint32_t ttl_left_s = 0;
};

struct Nsec3Parameters {
  uint16_t iterations = 0;
  std::vector<uint8_t> salt;
  bool operator==(const Nsec3Parameters&) const = default;
};

// What is put in. Borrows.
struct DenialToKeep {
  wire::NameView owner;
  base::Bytes rdata;
  base::Bytes signatures;
  uint32_t ttl_s = 0;
};

class DenialIndex {
 public:
  static constexpr size_t kShards = 8;
  static constexpr size_t kChainsMax = 2;  // two while a zone changes its parameters

  DenialIndex(uint64_t bytes_max, const base::KeyedHash::Secret& secret);

  // `ttl_s` of the SOA: what a denial lasts (RFC 2308 §5).
  void put_soa(base::Instant now, wire::NameView zone, const DenialToKeep& soa);
  // REQUIRES: `next` is the next name of the NSEC, within the zone.
  void put_nsec(base::Instant now, wire::NameView zone, const DenialToKeep& nsec, wire::NameView next);
  // REQUIRES: hashes of equal size.
  void put_nsec3(base::Instant now, wire::NameView zone, const DenialToKeep& nsec3, const Nsec3Parameters& parameters,
                 base::Bytes owner_hash, base::Bytes next_hash);
  void remove_zone(wire::NameView zone);

  // The record with the greatest owner (hash) at or before the given one, going round to the last. Fresh, or
  // nothing: whether it covers is for the caller to say.
  [[nodiscard]] std::optional<DenialRecord> nsec_at_or_before(base::Instant now, wire::NameView zone,
                                                              wire::NameView name);
  [[nodiscard]] std::optional<DenialRecord> nsec3_at_or_before(base::Instant now, wire::NameView zone,
                                                               const Nsec3Parameters& parameters, base::Bytes hash);
  [[nodiscard]] std::optional<DenialRecord> soa(base::Instant now, wire::NameView zone);
  // The newest first.
  [[nodiscard]] std::vector<Nsec3Parameters> nsec3_parameters(wire::NameView zone);
  // The deepest zone at or above the name of which anything is kept.
  [[nodiscard]] std::optional<wire::Name> nearest_zone(wire::NameView name);

  struct Usage {
    uint64_t zones = 0;
    uint64_t records = 0;
    uint64_t bytes = 0;
    uint64_t evictions = 0;
  };
  [[nodiscard]] Usage usage();

 private:
  struct Record;
  struct Zone;
  struct Shard;
  using Chain = std::map<std::string, Record>;

  Shard& shard_of(wire::NameView zone);
  static Zone& zone_in(Shard& shard, wire::NameView zone);
  static void put(Shard& shard, Zone& zone, Chain& chain, std::string key, const std::string& next_key, Record record);
  static void erase(Shard& shard, Zone& zone, Chain& chain, Chain::iterator at);
  static std::optional<DenialRecord> at_or_before(base::Instant now, Chain& chain, const std::string& key);
  void make_room(Shard& shard);

  struct ShardsDeleter {
    void operator()(Shard* shards) const;
  };
  base::KeyedHash hash_;
  uint64_t shard_bytes_max_;
  std::unique_ptr<Shard[], ShardsDeleter> shards_;
};

// Bytes whose order is the canonical order of names; exposed for its test.
[[nodiscard]] std::string canonical_sort_key(wire::NameView name);

}  // namespace cache
