// Records: what the store keeps of an entry, as bytes. A block is records one behind the other.
//
//   | length 4 | check 8 | key 8 | what 1 |                                          a removal ends here
//   | mark 1 | space 1 | kind 1 | rank, step, forwarded 1 | validation 1 | zone labels 1 | type 2 | counts 2 2 |
//   | ttl 4 | route 8 | learned 8 | lease 8 | content 2 | name, lower case | body 4 + n | tail 4 + n |
//
// `check` is a keyed hash of all that follows it. `learned` is wall time; `lease` is relative to it, as
// everything inside a payload must be: when a clock was wrong, both move together. Payloads are opaque here
// and checked by cache/well_formed.h. Any change of this format takes another kFormatVersion.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/bytes.h"
#include "base/keyed_hash.h"
#include "base/result.h"
#include "cache/entry.h"

namespace store {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr int64_t kNoLease = std::numeric_limits<int64_t>::max();

enum class What : uint8_t { kEntry, kRemoval };

// Where an entry stands in the files: the same for the life of a store. Never 0.
[[nodiscard]] uint64_t record_key(const base::KeyedHash& hash, wire::NameView name, wire::Type type,
                                  cache::Space space);

// The part that is not in the entry.
struct RecordHead {
  uint64_t key = 0;
  What what = What::kEntry;
  uint8_t mark = 0;
  uint64_t route = 0;
  int64_t learned_wall_s = 0;
  int64_t lease_after_s = kNoLease;  // from learned on; may be negative
  uint16_t content = 0;              // of content_hash()
};

struct Record {
  RecordHead head;
  // Borrowed from the block; learned_s and lease_until_s are not filled in.
  cache::EntryParts parts;
};

enum class BadRecord : uint8_t { kChecksum, kMalformed };

void append_entry(std::vector<uint8_t>& block, const base::KeyedHash& hash, const RecordHead& head,
                  const cache::Entry& entry);
void append_removal(std::vector<uint8_t>& block, const base::KeyedHash& hash, uint64_t key);
// A whole record as it stands in another block, with another mark. REQUIRES: parse_record() took it.
void append_copy(std::vector<uint8_t>& block, const base::KeyedHash& hash, base::Bytes record, uint8_t mark);

// Takes one record off the front of `block`; empty when no further one can be found.
[[nodiscard]] base::Bytes take_record(base::Bytes& block);
// The key, unchecked: for passing over what is not looked for. REQUIRES: from take_record().
[[nodiscard]] uint64_t peek_key(base::Bytes record);
// All that can be wrong is checked, but for the times: what it gives may be made an entry.
[[nodiscard]] base::Result<Record, BadRecord> parse_record(const base::KeyedHash& hash, base::Bytes record);

// Tells content from content: what changes with each refresh (TTLs, times) is left out.
[[nodiscard]] uint16_t content_hash(const base::KeyedHash& hash, const cache::Entry& entry);

}  // namespace store
