#include "cache/denial_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/ascii_fold.h"

namespace cache {
namespace {

// What a record costs beside its bytes: two nodes of trees, three heap blocks.
constexpr uint64_t kRecordOverheadBytes = 224;
constexpr uint64_t kZoneOverheadBytes = 512;
constexpr size_t kContradictedMax = 64;  // records removed for one that is new
constexpr uint32_t kTtlMax_s = 7 * 86'400;
constexpr size_t kZonesVisitedMax = 16;  // by the hand, for one eviction

std::string key_of(base::Bytes bytes) { return std::string(base::as_text(bytes)); }

}  // namespace

std::string canonical_sort_key(wire::NameView name) {
  std::array<base::Bytes, wire::kLabelsMax> labels;
  size_t count = 0;
  for (; !name.is_root(); name = name.parent()) labels[count++] = name.first_label();
  std::string key;
  while (count > 0) {
    for (const uint8_t byte : labels[--count]) {
      // 0 ends a label and sorts before all bytes: real zeros and ones stand behind an escape.
      if (byte <= 1) key += '\x01';
      key += static_cast<char>(byte <= 1 ? byte + 1 : wire::kLowercase[byte]);
    }
    key += '\0';
  }
  return key;
}

struct DenialIndex::Record {
  wire::Type type = wire::Type::kNone;
  bool used = true;
  uint32_t expires_s = 0;
  std::vector<uint8_t> owner;  // wire form
  std::vector<uint8_t> rdata;
  std::vector<uint8_t> signatures;
  std::string next_key;

  static Record from(base::Instant now, wire::Type type, const DenialToKeep& kept) {
    Record record;
    record.type = type;
    record.expires_s = now.boot_seconds() + std::min(kept.ttl_s, kTtlMax_s);
    const base::Bytes name = kept.owner.bytes();
    record.owner.assign(name.begin(), name.end());
    record.rdata.assign(kept.rdata.begin(), kept.rdata.end());
    record.signatures.assign(kept.signatures.begin(), kept.signatures.end());
    return record;
  }
  [[nodiscard]] uint64_t bytes(const std::string& key) const {
    return kRecordOverheadBytes + owner.size() + rdata.size() + signatures.size() + next_key.size() + key.size();
  }
  [[nodiscard]] bool is_fresh(base::Instant now) const { return now.boot_seconds() < expires_s; }
  [[nodiscard]] DenialRecord copy(base::Instant now) const {
    DenialRecord record;
    record.owner = wire::Name(wire::NameView::from_checked(owner));
    record.type = type;
    record.rdata = rdata;
    record.signatures = signatures;
    record.ttl_left_s = expires_s - now.boot_seconds();
    return record;
  }
};

struct DenialIndex::Zone {
  struct HashChain {
    Nsec3Parameters parameters;
    Chain records;
  };
  std::optional<Record> soa;
  Chain nsec;
  std::vector<HashChain> nsec3;  // the newest first
  std::string hand;              // key of the record that eviction looks at next
  uint64_t bytes = kZoneOverheadBytes;

  [[nodiscard]] size_t record_count() const {
    size_t count = nsec.size();
    for (const HashChain& chain : nsec3) count += chain.records.size();
    return count;
  }
};

struct DenialIndex::Shard {
  std::mutex mutex;
  std::map<std::string, Zone> zones;  // by canonical_sort_key
  std::string hand;
  uint64_t bytes = 0;
  uint64_t evictions = 0;
};

void DenialIndex::ShardsDeleter::operator()(Shard* shards) const { delete[] shards; }

DenialIndex::DenialIndex(uint64_t bytes_max, const base::KeyedHash::Secret& secret)
    : hash_(secret), shard_bytes_max_(bytes_max / kShards), shards_(new Shard[kShards]) {}

DenialIndex::Shard& DenialIndex::shard_of(wire::NameView zone) {
  return shards_[hash_(wire::Name(zone).lowercased().view().bytes()) % kShards];
}

DenialIndex::Zone& DenialIndex::zone_in(Shard& shard, wire::NameView zone) {
  const auto [at, is_new] = shard.zones.try_emplace(canonical_sort_key(zone));
  if (is_new) shard.bytes += at->second.bytes;
  return at->second;
}

void DenialIndex::erase(Shard& shard, Zone& zone, Chain& chain, Chain::iterator at) {
  const uint64_t bytes = at->second.bytes(at->first);
  zone.bytes -= bytes;
  shard.bytes -= bytes;
  chain.erase(at);
}

void DenialIndex::put(Shard& shard, Zone& zone, Chain& chain, std::string key, const std::string& next_key,
                      Record record) {
  record.next_key = next_key;
  const auto old = chain.find(key);
  if (old != chain.end()) erase(shard, zone, chain, old);
  // Going round, the span ends at the end of the chain.
  const bool is_last = next_key <= key;
  auto after = chain.upper_bound(key);
  for (size_t removed = 0; removed < kContradictedMax && after != chain.end(); ++removed) {
    if (!is_last && after->first >= next_key) break;
    erase(shard, zone, chain, after++);
  }
  if (after != chain.begin()) {
    const auto before = std::prev(after);
    const bool spans_it = before->second.next_key > key || before->second.next_key <= before->first;
    if (spans_it) erase(shard, zone, chain, before);
  } else if (!chain.empty()) {
    // The last span goes round to the first owner, and the new one lies before that.
    const auto last = std::prev(chain.end());
    if (last->second.next_key <= last->first && last->second.next_key > key) erase(shard, zone, chain, last);
  }
  const uint64_t bytes = record.bytes(key);
  zone.bytes += bytes;
  shard.bytes += bytes;
  chain.emplace(std::move(key), std::move(record));
}

void DenialIndex::put_soa(base::Instant now, wire::NameView zone, const DenialToKeep& soa) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  Zone& kept = zone_in(shard, zone);
  const uint64_t before = kept.soa ? kept.soa->bytes("") : 0;
  kept.soa = Record::from(now, wire::Type::kSoa, soa);
  const uint64_t after = kept.soa->bytes("");
  kept.bytes += after - before;
  shard.bytes += after - before;
  make_room(shard);
}

void DenialIndex::put_nsec(base::Instant now, wire::NameView zone, const DenialToKeep& nsec, wire::NameView next) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  Zone& kept = zone_in(shard, zone);
  put(shard, kept, kept.nsec, canonical_sort_key(nsec.owner), canonical_sort_key(next),
      Record::from(now, wire::Type::kNsec, nsec));
  make_room(shard);
}

void DenialIndex::put_nsec3(base::Instant now, wire::NameView zone, const DenialToKeep& nsec3,
                            const Nsec3Parameters& parameters, base::Bytes owner_hash, base::Bytes next_hash) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  Zone& kept = zone_in(shard, zone);
  auto chain = std::find_if(kept.nsec3.begin(), kept.nsec3.end(),
                            [&](const Zone::HashChain& candidate) { return candidate.parameters == parameters; });
  if (chain == kept.nsec3.end()) {
    if (kept.nsec3.size() == kChainsMax) {
      Chain& oldest = kept.nsec3.back().records;
      while (!oldest.empty()) erase(shard, kept, oldest, oldest.begin());
      kept.nsec3.pop_back();
    }
    chain = kept.nsec3.insert(kept.nsec3.begin(), Zone::HashChain{parameters, {}});
  }
  put(shard, kept, chain->records, key_of(owner_hash), key_of(next_hash), Record::from(now, wire::Type::kNsec3, nsec3));
  make_room(shard);
}

void DenialIndex::remove_zone(wire::NameView zone) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  const auto at = shard.zones.find(canonical_sort_key(zone));
  if (at == shard.zones.end()) return;
  shard.bytes -= at->second.bytes;
  shard.zones.erase(at);
}

// The hand of the shard chooses the zone, the hand of the zone the record (second chance).
void DenialIndex::make_room(Shard& shard) {
  while (shard.bytes > shard_bytes_max_ && !shard.zones.empty()) {
    const uint64_t average = shard.bytes / shard.zones.size();
    auto at = shard.zones.lower_bound(shard.hand);
    for (size_t visited = 0; visited < kZonesVisitedMax; ++visited) {
      if (at == shard.zones.end()) at = shard.zones.begin();
      if (at->second.bytes >= average) break;
      ++at;
    }
    if (at == shard.zones.end()) at = shard.zones.begin();
    shard.hand = at->first;
    Zone& zone = at->second;
    ++shard.evictions;
    Chain* chain = !zone.nsec.empty() ? &zone.nsec : nullptr;
    for (Zone::HashChain& hashed : zone.nsec3) {
      // The longest; the older one of equals.
      if (!hashed.records.empty() && (chain == nullptr || hashed.records.size() >= chain->size()))
        chain = &hashed.records;
    }
    if (chain == nullptr) {
      shard.bytes -= zone.bytes;
      shard.zones.erase(at);
      continue;
    }
    auto record = chain->lower_bound(zone.hand);
    if (record == chain->end()) record = chain->begin();
    // Each step clears a mark that a look-up has set: paid for by look-ups.
    while (record->second.used) {
      record->second.used = false;
      if (++record == chain->end()) record = chain->begin();
    }
    const auto next = std::next(record);
    zone.hand = next == chain->end() ? std::string() : next->first;
    erase(shard, zone, *chain, record);
    if (zone.record_count() > 0) continue;
    shard.bytes -= zone.bytes;  // its SOA is of no use alone
    shard.zones.erase(at);
  }
}

std::optional<DenialRecord> DenialIndex::at_or_before(base::Instant now, Chain& chain, const std::string& key) {
  if (chain.empty()) return std::nullopt;
  auto at = chain.upper_bound(key);
  if (at == chain.begin()) at = chain.end();
  --at;
  if (!at->second.is_fresh(now)) return std::nullopt;
  at->second.used = true;
  return at->second.copy(now);
}

std::optional<DenialRecord> DenialIndex::nsec_at_or_before(base::Instant now, wire::NameView zone,
                                                           wire::NameView name) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  const auto kept = shard.zones.find(canonical_sort_key(zone));
  if (kept == shard.zones.end()) return std::nullopt;
  return at_or_before(now, kept->second.nsec, canonical_sort_key(name));
}

std::optional<DenialRecord> DenialIndex::nsec3_at_or_before(base::Instant now, wire::NameView zone,
                                                            const Nsec3Parameters& parameters, base::Bytes hash) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  const auto kept = shard.zones.find(canonical_sort_key(zone));
  if (kept == shard.zones.end()) return std::nullopt;
  for (Zone::HashChain& chain : kept->second.nsec3) {
    if (chain.parameters == parameters) return at_or_before(now, chain.records, key_of(hash));
  }
  return std::nullopt;
}

std::optional<DenialRecord> DenialIndex::soa(base::Instant now, wire::NameView zone) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  const auto kept = shard.zones.find(canonical_sort_key(zone));
  if (kept == shard.zones.end() || !kept->second.soa || !kept->second.soa->is_fresh(now)) return std::nullopt;
  return kept->second.soa->copy(now);
}

std::vector<Nsec3Parameters> DenialIndex::nsec3_parameters(wire::NameView zone) {
  Shard& shard = shard_of(zone);
  const std::lock_guard lock(shard.mutex);
  std::vector<Nsec3Parameters> parameters;
  const auto kept = shard.zones.find(canonical_sort_key(zone));
  if (kept == shard.zones.end()) return parameters;
  for (const Zone::HashChain& chain : kept->second.nsec3) parameters.push_back(chain.parameters);
  return parameters;
}

std::optional<wire::Name> DenialIndex::nearest_zone(wire::NameView name) {
  for (;;) {
    Shard& shard = shard_of(name);
    {
      const std::lock_guard lock(shard.mutex);
      if (shard.zones.find(canonical_sort_key(name)) != shard.zones.end()) return wire::Name(name).lowercased();
    }
    if (name.is_root()) return std::nullopt;
    name = name.parent();
  }
}

DenialIndex::Usage DenialIndex::usage() {
  Usage usage;
  for (size_t index = 0; index < kShards; ++index) {
    Shard& shard = shards_[index];
    const std::lock_guard lock(shard.mutex);
    usage.zones += shard.zones.size();
    for (const auto& [key, zone] : shard.zones) usage.records += zone.record_count();
    usage.bytes += shard.bytes;
    usage.evictions += shard.evictions;
  }
  return usage;
}

}  // namespace cache
