// Proofs: what shows that the data of an entry is the whole truth (NSEC and NSEC3 with their RRSIGs), kept
// behind the signatures in the entry's tail. They have owners of their own, so each RRset of a proof begins
// with a record of type 0 whose RDATA is the owner: the tail as a whole stays a run of rendered records.
//
//   | RRSIGs of the entry's records | owner | NSEC3 | its RRSIGs | owner | NSEC3 | its RRSIGs ...
//
// EntryHeader::has_proofs says that there are some; tail_count counts the RRSIGs before them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "cache/entry.h"
#include "wire/name.h"
#include "wire/rendered.h"

namespace cache {

inline constexpr wire::Type kProofOwner = wire::Type::kNone;

// One RRset of a proof, appended to a tail. `records` and `signatures` are rendered.
inline void append_proof(std::vector<uint8_t>& tail, wire::NameView owner, base::Bytes records,
                         base::Bytes signatures) {
  wire::append_rendered(tail, kProofOwner, wire::Class::kIn, 0, owner.bytes());
  tail.insert(tail.end(), records.begin(), records.end());
  tail.insert(tail.end(), signatures.begin(), signatures.end());
}

// The part of the tail before the proofs.
[[nodiscard]] inline base::Bytes signatures_of(const Entry& entry) {
  const base::Bytes tail = entry.tail();
  if (entry.header().has_proofs == 0) return tail;
  base::Bytes rest = tail;
  for (uint16_t signature = 0; signature < entry.header().tail_count; ++signature) {
    rest = rest.subspan(wire::kRenderedRecordHeaderBytes + base::load_be16(rest.data() + 10));
  }
  return tail.first(tail.size() - rest.size());
}

// Calls visit(owner, records) for each RRset of the proofs: its records and RRSIGs, rendered.
template <class Visit>
void for_each_proof(const Entry& entry, Visit&& visit) {
  if (entry.header().has_proofs == 0) return;
  base::Bytes rest = entry.tail().subspan(signatures_of(entry).size());
  while (!rest.empty()) {
    const size_t owner_bytes = base::load_be16(rest.data() + 10);
    const auto owner = wire::NameView::from_checked(rest.subspan(wire::kRenderedRecordHeaderBytes, owner_bytes));
    rest = rest.subspan(wire::kRenderedRecordHeaderBytes + owner_bytes);
    size_t bytes = 0;
    while (bytes < rest.size() && static_cast<wire::Type>(base::load_be16(rest.data() + bytes + 2)) != kProofOwner) {
      bytes += wire::kRenderedRecordHeaderBytes + base::load_be16(rest.data() + bytes + 10);
    }
    visit(owner, rest.first(bytes));
    rest = rest.subspan(bytes);
  }
}

}  // namespace cache
