// Queries and cache entries for the benches, made from text that is known to be good: a mistake in
// it ends the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "cache/entry.h"

namespace bench {

[[nodiscard]] wire::Name name(std::string_view text);

struct QuerySpec {
  wire::Type type = wire::Type::kA;
  uint16_t id = 0;
  bool edns = true;
  bool dnssec_ok = false;
  bool cookie = false;      // a client cookie of eight bytes
  bool upper_case = false;  // every letter
};
[[nodiscard]] std::vector<uint8_t> query_packet(std::string_view qname, const QuerySpec& spec);

// An RRset of records in presentation format, all of one owner and type; `signatures` become the tail.
[[nodiscard]] cache::EntryPtr rrset_entry(base::Instant now, const std::vector<std::string>& records,
                                          const std::vector<std::string>& signatures = {});
// NODATA for (owner, type), or with kNone that nothing exists there.
[[nodiscard]] cache::EntryPtr denial_entry(base::Instant now, std::string_view owner, wire::Type type,
                                           const std::string& soa);

}  // namespace bench
