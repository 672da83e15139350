// The only file that knows ldns: presentation format and master files, off the hot path.
// ldns's own types never leave this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/message.h"
#include "wire/name.h"

namespace wire {

// A record that owns its bytes. RDATA is expanded.
struct OwnedRecord {
  Name owner;
  Type type = Type::kNone;
  Class klass = Class::kIn;
  uint32_t ttl = 0;
  std::vector<uint8_t> rdata;
};

// One record in presentation format, "example.com. 3600 IN A 192.0.2.1". `default_ttl` and
// `origin` apply where the text leaves them out.
Parsed<OwnedRecord> record_from_text(std::string_view text, uint32_t default_ttl, NameView origin);

struct MasterFileError {
  size_t line = 0;
  std::string what;
};
// A master file (RFC 1035 §5) held in memory.
base::Result<std::vector<OwnedRecord>, MasterFileError> parse_master_file(std::string_view text, NameView origin);

// "A", "TYPE65280", ... to a number; kNone when unknown.
[[nodiscard]] Type type_from_text(std::string_view text);
// RDATA in presentation format, for people (unknown types as RFC 3597 §5).
[[nodiscard]] std::string rdata_to_text(Type type, base::Bytes rdata);
// True if ldns parses `message` as well: the oracle of the fuzz target.
[[nodiscard]] bool ldns_accepts(base::Bytes message);

}  // namespace wire
