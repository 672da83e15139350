// The rendered form of an RRset: records exactly as they go into an answer, except that each
// owner is a two-byte pointer and each TTL a number that are patched when the answer is made.
// RDATA holds no pointers, so the bytes can be copied anywhere in a message.
//
//   one record:  | C0 0C | type 2 | class 2 | ttl 4 | rdlength 2 | rdata ... |
//                  ^patched                   ^patched
//
// RRSIGs are a separate run of the same form behind the records: copied only for DO.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "wire/types.h"

namespace wire {

inline constexpr size_t kRenderedRecordHeaderBytes = 12;
inline constexpr size_t kRenderedTtlOffset = 6;
inline constexpr size_t kRenderedRdlengthOffset = 10;
inline constexpr uint16_t kOwnerPointerBits = 0xC000;

// Appends one record with TTL and owner to be patched. REQUIRES: rdata.size() <= 65535.
void append_rendered(std::vector<uint8_t>& out, Type type, Class klass, uint32_t ttl, base::Bytes rdata);

// Copies `rendered` to `out` (same size), pointing each owner at `owner_offset` (< 0x4000) and
// setting each TTL to min(stored TTL, ttl). REQUIRES: `rendered` was made by append_rendered.
void copy_rendered(base::Bytes rendered, uint16_t owner_offset, uint32_t ttl, uint8_t* out);

// The second half of copy_rendered, on the copy: one record, whose size it gives; and all of them.
inline size_t patch_record(uint8_t* out, uint16_t owner_offset, uint32_t ttl) {
  base::store_be16(out, static_cast<uint16_t>(kOwnerPointerBits | owner_offset));
  base::store_be32(out + kRenderedTtlOffset, std::min(base::load_be32(out + kRenderedTtlOffset), ttl));
  return kRenderedRecordHeaderBytes + base::load_be16(out + kRenderedRdlengthOffset);
}
void patch_rendered(uint8_t* out, size_t size, uint16_t owner_offset, uint32_t ttl);

inline void copy_rendered(base::Bytes rendered, uint16_t owner_offset, uint32_t ttl, uint8_t* out) {
  if (rendered.empty()) return;
  CHECK(owner_offset < 0x4000);
  base::copy_short(out, rendered.data(), rendered.size());
  // Most sets are one record.
  const size_t first = patch_record(out, owner_offset, ttl);
  if (first < rendered.size()) patch_rendered(out + first, rendered.size() - first, owner_offset, ttl);
}

// Calls visit(type, ttl, rdata) for each record.
template <class Visit>
void for_each_rendered(base::Bytes rendered, Visit&& visit) {
  while (rendered.size() >= kRenderedRecordHeaderBytes) {
    const size_t rdata_bytes = base::load_be16(rendered.data() + 10);
    visit(static_cast<Type>(base::load_be16(rendered.data() + 2)), base::load_be32(rendered.data() + 6),
          rendered.subspan(kRenderedRecordHeaderBytes, rdata_bytes));
    rendered = rendered.subspan(kRenderedRecordHeaderBytes + rdata_bytes);
  }
}

}  // namespace wire
