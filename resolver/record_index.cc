#include "resolver/record_index.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "wire/ascii_fold.h"
#include "wire/rdata.h"
#include "wire/rendered.h"

namespace resolver {
namespace {

// FNV-1a over the lower-case name. Collisions cost a comparison and nothing else.
uint64_t hash_of(wire::NameView name) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const uint8_t byte : name.bytes()) hash = (hash ^ wire::kLowercase[byte]) * 0x100000001B3;
  return hash;
}

bool is_proof_type(wire::Type type) {
  return type == wire::Type::kRrsig || type == wire::Type::kNsec || type == wire::Type::kNsec3 ||
         type == wire::Type::kDs;
}

// The signatures of an RRset. Broken ones are left out: nothing depends on them here.
void collect_signatures(const RecordIndex& index, LearnedRrset& rrset) {
  std::vector<uint8_t> rdata;
  for (const RecordIndex::Item* item : index.find(rrset.owner, wire::Type::kRrsig)) {
    if (item->covered != rrset.type || rrset.signature_count == kRrsigsPerRrsetMax) continue;
    rdata.clear();
    if (!wire::append_expanded_rdata(index.message(), item->record, rdata)) continue;
    if (rrset.signatures.size() + rdata.size() > kRrsetBytesMax) continue;
    wire::append_rendered(rrset.signatures, wire::Type::kRrsig, wire::Class::kIn, effective_ttl_s(item->record.ttl),
                          rdata);
    ++rrset.signature_count;
  }
}

}  // namespace

RecordIndex::RecordIndex(const wire::MessageView& message, wire::Section section) : message_(&message) {
  const wire::RecordRange records = message.section(section);
  items_.reserve(records.count());
  uint32_t position = 0;
  for (const wire::RecordView& record : records) {
    if (record.type == wire::Type::kOpt) continue;
    if (!is_proof_type(record.type)) ++plain_count_;
    if (record.klass != wire::Class::kIn) continue;
    Item item{hash_of(message.owner(record)), record.type, wire::Type::kNone, position++, record};
    if (record.type == wire::Type::kRrsig && record.rdata.size() >= 2) {
      item.covered = static_cast<wire::Type>(base::load_be16(record.rdata.data()));
    }
    items_.push_back(item);
  }
  std::sort(items_.begin(), items_.end(), [](const Item& left, const Item& right) {
    return left.owner_hash != right.owner_hash ? left.owner_hash < right.owner_hash : left.position < right.position;
  });
}

std::span<const RecordIndex::Item> RecordIndex::bucket(uint64_t owner_hash) const {
  const auto first = std::lower_bound(items_.begin(), items_.end(), owner_hash,
                                      [](const Item& item, uint64_t hash) { return item.owner_hash < hash; });
  auto last = first;
  while (last != items_.end() && last->owner_hash == owner_hash) ++last;
  return {items_.data() + (first - items_.begin()), static_cast<size_t>(last - first)};
}

std::vector<const RecordIndex::Item*> RecordIndex::find(wire::NameView owner, wire::Type type) const {
  std::vector<const Item*> found;
  for (const Item& item : bucket(hash_of(owner))) {
    if (item.type == type && message_->owner(item.record).view() == owner) found.push_back(&item);
  }
  return found;
}

bool RecordIndex::has_type(wire::Type type) const {
  return std::any_of(items_.begin(), items_.end(), [type](const Item& item) { return item.type == type; });
}

bool RecordIndex::has_data_at(wire::NameView owner) const {
  const auto bucket_items = bucket(hash_of(owner));
  return std::any_of(bucket_items.begin(), bucket_items.end(), [&](const Item& item) {
    return !is_proof_type(item.type) && message_->owner(item.record).view() == owner;
  });
}

base::Result<LearnedRrset, CollectError> collect_rrset(const RecordIndex& index, wire::NameView owner, wire::Type type,
                                                       cache::Rank rank) {
  LearnedRrset rrset;
  const std::vector<const RecordIndex::Item*> items = index.find(owner, type);
  if (items.empty()) return rrset;
  rrset.owner = wire::Name(owner);
  rrset.type = type;
  rrset.rank = rank;
  rrset.ttl_s = kTtlMax_s;
  std::set<std::vector<uint8_t>> seen;
  std::vector<uint8_t> rdata;
  for (const RecordIndex::Item* item : items) {
    rdata.clear();
    if (!wire::append_expanded_rdata(index.message(), item->record, rdata)) return base::error(CollectError::kBroken);
    rrset.ttl_s = std::min(rrset.ttl_s, effective_ttl_s(item->record.ttl));
    const bool is_new = items.size() == 1 || seen.insert(wire::canonical_rdata(type, rdata)).second;
    if (!is_new) continue;
    if (rrset.record_count == kRecordsPerRrsetMax) return base::error(CollectError::kBroken);
    const size_t bytes = rrset.rendered.size() + wire::kRenderedRecordHeaderBytes + rdata.size();
    if (bytes > kRrsetBytesMax) return base::error(CollectError::kBroken);
    wire::append_rendered(rrset.rendered, type, wire::Class::kIn, effective_ttl_s(item->record.ttl), rdata);
    ++rrset.record_count;
  }
  if (type != wire::Type::kRrsig) collect_signatures(index, rrset);
  return rrset;
}

base::Bytes first_rdata(const LearnedRrset& rrset) {
  CHECK(rrset.record_count > 0);
  const size_t rdata_bytes = base::load_be16(rrset.rendered.data() + 10);
  return base::Bytes(rrset.rendered).subspan(wire::kRenderedRecordHeaderBytes, rdata_bytes);
}

}  // namespace resolver
