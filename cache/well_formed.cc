#include "cache/well_formed.h"

#include <optional>

#include "cache/delegation.h"
#include "cache/failure.h"
#include "cache/proofs.h"
#include "wire/rdata.h"
#include "wire/rdata_layout.h"
#include "wire/rendered.h"

namespace cache {

namespace {

// An RRset must fit into a message: more was never learned.
constexpr size_t kPartBytesMax = 65535;
constexpr uint16_t kOwnerPointer = 0xC00C;

struct Records {
  size_t count = 0;
  bool all_of_type = true;
};

// Walks rendered records; nullopt when they do not fit or are not what append_rendered() makes.
template <class IsType>
std::optional<Records> read_rendered(base::Bytes rendered, IsType&& is_type) {
  Records records;
  while (!rendered.empty()) {
    if (rendered.size() < wire::kRenderedRecordHeaderBytes) return std::nullopt;
    const size_t rdata_bytes = base::load_be16(rendered.data() + 10);
    if (rendered.size() - wire::kRenderedRecordHeaderBytes < rdata_bytes) return std::nullopt;
    const auto type = static_cast<wire::Type>(base::load_be16(rendered.data() + 2));
    const auto klass = static_cast<wire::Class>(base::load_be16(rendered.data() + 4));
    if (base::load_be16(rendered.data()) != kOwnerPointer || klass != wire::Class::kIn) return std::nullopt;
    if (!wire::is_expanded_rdata(type, rendered.subspan(wire::kRenderedRecordHeaderBytes, rdata_bytes)))
      return std::nullopt;
    ++records.count;
    records.all_of_type = records.all_of_type && is_type(type);
    rendered = rendered.subspan(wire::kRenderedRecordHeaderBytes + rdata_bytes);
  }
  return records;
}

bool holds_records(base::Bytes rendered, uint16_t count, wire::Type type) {
  const auto records = read_rendered(rendered, [type](wire::Type other) { return other == type; });
  return records && records->count == count && records->all_of_type;
}

bool holds_soa(base::Bytes rendered, uint16_t count) {
  return count == 1 && holds_records(rendered, count, wire::Type::kSoa);
}

// Signatures and proofs: any records, as long as they are whole and each proof has its owner.
bool holds_signatures_and_proofs(base::Bytes rendered, uint16_t count, bool has_proofs) {
  if (!read_rendered(rendered, [](wire::Type) { return true; })) return false;
  size_t signatures = 0;
  bool in_proofs = false;
  bool owners_fit = true;
  wire::for_each_rendered(rendered, [&](wire::Type type, uint32_t, base::Bytes rdata) {
    if (type == kProofOwner) {
      in_proofs = true;
      const auto owner = wire::NameView::parse(rdata);
      owners_fit = owners_fit && owner && owner->size() == rdata.size();
    } else if (!in_proofs) {
      ++signatures;
    }
  });
  return owners_fit && signatures == count && in_proofs == has_proofs;
}

bool is_space_of(Kind kind, Space space) {
  switch (kind) {
    case Kind::kRrset:
    case Kind::kNodata:
      return space == Space::kAnswer;
    case Kind::kNxdomain:
      return space == Space::kNxdomain;
    case Kind::kFailure:
      return space == Space::kFailure;
    case Kind::kDelegation:
      return space == Space::kDelegation || space == Space::kChildNs;
  }
  return false;
}

}  // namespace

bool is_well_formed_rendered(base::Bytes rendered) {
  return read_rendered(rendered, [](wire::Type) { return true; }).has_value();
}

bool is_well_formed(const EntryParts& parts) {
  const EntryHeader& header = parts.header;
  const bool is_known = header.rank <= Rank::kLocal && header.validation <= Validation::kInsecureIterations;
  if (!is_space_of(header.kind, header.space) || !is_known)
    return false;
  if (parts.body.size() > kPartBytesMax || parts.tail.size() > kPartBytesMax) return false;
  if (header.zone_labels > parts.name.label_count()) return false;
  const bool is_tail_of_records = header.kind != Kind::kDelegation;
  if (is_tail_of_records && !holds_signatures_and_proofs(parts.tail, header.tail_count, header.has_proofs != 0))
    return false;
  switch (header.kind) {
    case Kind::kRrset:
      return header.record_count > 0 && !wire::is_meta_type(header.type) &&
             holds_records(parts.body, header.record_count, header.type);
    case Kind::kNodata:
      return !wire::is_meta_type(header.type) && holds_soa(parts.body, header.record_count);
    case Kind::kNxdomain:
      return header.type == wire::Type::kNone && holds_soa(parts.body, header.record_count);
    case Kind::kFailure:
      return is_well_formed_failure(parts.body);
    case Kind::kDelegation:
      return header.type == wire::Type::kNs && parts.tail.size() == kDelegationTailBytes &&
             is_well_formed_delegation(parts.body, header.record_count);
  }
  return false;
}

}  // namespace cache
