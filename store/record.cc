#include "store/record.h"

#include <algorithm>
#include <array>

#include "cache/well_formed.h"
#include "wire/rendered.h"

namespace store {

namespace {

constexpr size_t kCheckAt = 4;
constexpr size_t kKeyAt = 12;
constexpr size_t kWhatAt = 20;
constexpr size_t kRemovalBytes = 21;
constexpr size_t kMarkAt = 21;
constexpr size_t kSpaceAt = 22;
constexpr size_t kKindAt = 23;
constexpr size_t kRankAt = 24;
constexpr size_t kValidationAt = 25;
constexpr size_t kZoneLabelsAt = 26;
constexpr size_t kTypeAt = 27;
constexpr size_t kRecordCountAt = 29;
constexpr size_t kTailCountAt = 31;
constexpr size_t kTtlAt = 33;
constexpr size_t kRouteAt = 37;
constexpr size_t kLearnedAt = 45;
constexpr size_t kLeaseAt = 53;
constexpr size_t kContentAt = 61;
constexpr size_t kEntryHeadBytes = 63;
constexpr uint8_t kMarkMost = 3;

void seal(uint8_t* record, size_t bytes, const base::KeyedHash& hash) {
  base::store_be32(record, static_cast<uint32_t>(bytes));
  base::store_be64(record + kCheckAt, hash({record + kKeyAt, bytes - kKeyAt}));
}

// Takes a length and so many bytes off the front of `rest`.
bool take_part(base::Bytes& rest, base::Bytes& part) {
  if (rest.size() < 4) return false;
  const size_t bytes = base::load_be32(rest.data());
  if (rest.size() - 4 < bytes) return false;
  part = rest.subspan(4, bytes);
  rest = rest.subspan(4 + bytes);
  return true;
}

uint8_t* put_part(uint8_t* at, base::Bytes part) {
  base::store_be32(at, static_cast<uint32_t>(part.size()));
  std::copy(part.begin(), part.end(), at + 4);
  return at + 4 + part.size();
}

bool is_lower_case(wire::NameView name) {
  const base::Bytes bytes = name.bytes();
  // Lengths of labels are below 'A'.
  return std::none_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte >= 'A' && byte <= 'Z'; });
}

// With the step of the route and whether it is a forwarder's word: what must not serve iteration must not do so
// after a restart either.
uint8_t rank_byte(const cache::EntryHeader& header) {
  return static_cast<uint8_t>(static_cast<uint8_t>(header.rank) | (header.step << 4) | (header.forwarded << 7));
}

}  // namespace

uint64_t record_key(const base::KeyedHash& hash, wire::NameView name, wire::Type type, cache::Space space) {
  std::array<uint8_t, wire::kNameBytesMax + 3> bytes;
  const size_t size = name.size();
  wire::lowercase_into(name.bytes(), {bytes.data(), size});
  base::store_be16(bytes.data() + size, cache::has_type(space) ? static_cast<uint16_t>(type) : 0);
  bytes[size + 2] = static_cast<uint8_t>(space);
  return std::max<uint64_t>(hash({bytes.data(), size + 3}), 1);
}

void append_entry(std::vector<uint8_t>& block, const base::KeyedHash& hash, const RecordHead& head,
                  const cache::Entry& entry) {
  const cache::EntryHeader& header = entry.header();
  const base::Bytes name = entry.name().bytes();
  const size_t start = block.size();
  const size_t bytes = kEntryHeadBytes + name.size() + 4 + entry.body().size() + 4 + entry.tail().size();
  block.resize(start + bytes);
  uint8_t* at = block.data() + start;
  base::store_be64(at + kKeyAt, head.key);
  at[kWhatAt] = static_cast<uint8_t>(What::kEntry);
  at[kMarkAt] = head.mark;
  at[kSpaceAt] = static_cast<uint8_t>(header.space);
  at[kKindAt] = static_cast<uint8_t>(header.kind);
  at[kRankAt] = rank_byte(header);
  at[kValidationAt] = static_cast<uint8_t>(static_cast<uint8_t>(header.validation) | (header.has_proofs << 7));
  at[kZoneLabelsAt] = header.zone_labels;
  base::store_be16(at + kTypeAt, static_cast<uint16_t>(header.type));
  base::store_be16(at + kRecordCountAt, header.record_count);
  base::store_be16(at + kTailCountAt, header.tail_count);
  base::store_be32(at + kTtlAt, header.ttl_s);
  base::store_be64(at + kRouteAt, head.route);
  base::store_be64(at + kLearnedAt, static_cast<uint64_t>(head.learned_wall_s));
  base::store_be64(at + kLeaseAt, static_cast<uint64_t>(head.lease_after_s));
  base::store_be16(at + kContentAt, head.content);
  uint8_t* to = std::copy(name.begin(), name.end(), at + kEntryHeadBytes);
  put_part(put_part(to, entry.body()), entry.tail());
  seal(at, bytes, hash);
}

void append_removal(std::vector<uint8_t>& block, const base::KeyedHash& hash, uint64_t key) {
  const size_t start = block.size();
  block.resize(start + kRemovalBytes);
  uint8_t* at = block.data() + start;
  base::store_be64(at + kKeyAt, key);
  at[kWhatAt] = static_cast<uint8_t>(What::kRemoval);
  seal(at, kRemovalBytes, hash);
}

void append_copy(std::vector<uint8_t>& block, const base::KeyedHash& hash, base::Bytes record, uint8_t mark) {
  const size_t start = block.size();
  block.insert(block.end(), record.begin(), record.end());
  block[start + kMarkAt] = mark;
  seal(block.data() + start, record.size(), hash);
}

base::Bytes take_record(base::Bytes& block) {
  if (block.size() < kRemovalBytes) return {};
  const size_t bytes = base::load_be32(block.data());
  if (bytes < kRemovalBytes || bytes > block.size()) return {};
  const base::Bytes record = block.first(bytes);
  block = block.subspan(bytes);
  return record;
}

uint64_t peek_key(base::Bytes record) { return base::load_be64(record.data() + kKeyAt); }

base::Result<Record, BadRecord> parse_record(const base::KeyedHash& hash, base::Bytes record) {
  const uint8_t* at = record.data();
  if (record.size() < kRemovalBytes || base::load_be32(at) != record.size() ||
      base::load_be64(at + kCheckAt) != hash(record.subspan(kKeyAt)))
    return base::error(BadRecord::kChecksum);
  Record out;
  out.head.key = base::load_be64(at + kKeyAt);
  out.head.what = static_cast<What>(at[kWhatAt]);
  if (out.head.key == 0 || out.head.what > What::kRemoval) return base::error(BadRecord::kMalformed);
  if (out.head.what == What::kRemoval) {
    if (record.size() != kRemovalBytes) return base::error(BadRecord::kMalformed);
    return out;
  }
  if (record.size() <= kEntryHeadBytes) return base::error(BadRecord::kMalformed);
  out.head.mark = std::min(at[kMarkAt], kMarkMost);
  out.head.route = base::load_be64(at + kRouteAt);
  out.head.learned_wall_s = static_cast<int64_t>(base::load_be64(at + kLearnedAt));
  out.head.lease_after_s = static_cast<int64_t>(base::load_be64(at + kLeaseAt));
  out.head.content = base::load_be16(at + kContentAt);
  cache::EntryHeader& header = out.parts.header;
  header.space = static_cast<cache::Space>(at[kSpaceAt]);
  header.kind = static_cast<cache::Kind>(at[kKindAt]);
  // Failures are over in minutes: none was ever written.
  if (header.kind == cache::Kind::kFailure) return base::error(BadRecord::kMalformed);
  header.rank = static_cast<cache::Rank>(at[kRankAt] & 0x0F);
  header.step = (at[kRankAt] >> 4) & 0x07;
  header.forwarded = (at[kRankAt] >> 7) & 0x01;
  if ((at[kValidationAt] & 0x70) != 0) return base::error(BadRecord::kMalformed);
  header.validation = static_cast<cache::Validation>(at[kValidationAt] & 0x0F);
  header.has_proofs = at[kValidationAt] >> 7;
  header.zone_labels = at[kZoneLabelsAt];
  header.type = static_cast<wire::Type>(base::load_be16(at + kTypeAt));
  header.record_count = base::load_be16(at + kRecordCountAt);
  header.tail_count = base::load_be16(at + kTailCountAt);
  header.ttl_s = base::load_be32(at + kTtlAt);
  base::Bytes rest = record.subspan(kEntryHeadBytes);
  const auto name = wire::NameView::parse(rest);
  if (!name || !is_lower_case(*name)) return base::error(BadRecord::kMalformed);
  out.parts.name = *name;
  rest = rest.subspan(name->size());
  if (!take_part(rest, out.parts.body) || !take_part(rest, out.parts.tail) || !rest.empty() ||
      !cache::is_well_formed(out.parts))
    return base::error(BadRecord::kMalformed);
  return out;
}

uint16_t content_hash(const base::KeyedHash& hash, const cache::Entry& entry) {
  const cache::EntryHeader& header = entry.header();
  const base::Bytes body = entry.body();
  const base::Bytes tail = entry.tail();
  std::vector<uint8_t> bytes(body.size() + tail.size() + 8);
  if (header.kind == cache::Kind::kDelegation || header.kind == cache::Kind::kFailure) {
    std::copy(body.begin(), body.end(), bytes.begin());
  } else {
    wire::copy_rendered(body, 0, 0, bytes.data());
  }
  wire::copy_rendered(tail, 0, 0, bytes.data() + body.size());
  uint8_t* at = bytes.data() + body.size() + tail.size();
  base::store_be32(at, header.body_bytes);
  at[4] = static_cast<uint8_t>(header.kind);
  at[5] = rank_byte(header);
  at[6] = static_cast<uint8_t>(header.validation);
  at[7] = header.zone_labels;
  return static_cast<uint16_t>(hash(bytes));
}

}  // namespace store
