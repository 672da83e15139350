// RDATA: which types hold domain names and where (RFC 1035, RFC 3597 §4), expansion of
// compressed names, and typed readers of the few types that resolution itself needs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip.h"
#include "wire/message.h"
#include "wire/name.h"

namespace wire {

// Appends the RDATA of `record` with every compressed name expanded; checks the form of each
// known type (A has 4 bytes, SOA two names and 20 bytes, TXT whole strings, ...). Unknown types
// are copied (RFC 3597 §3). Names keep their letter case.
Parsed<size_t> append_expanded_rdata(const MessageView& message, const RecordView& record, std::vector<uint8_t>& out);

struct SoaFields {
  NameView mname, rname;
  uint32_t serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0;
};

// These take expanded RDATA.
[[nodiscard]] Parsed<SoaFields> parse_soa(base::Bytes rdata);
[[nodiscard]] std::optional<base::IpAddress> parse_address(Type type, base::Bytes rdata);  // A, AAAA
// The single name of NS, CNAME, DNAME, PTR.
[[nodiscard]] Parsed<NameView> parse_single_name(base::Bytes rdata);

// RDATA in canonical form for comparing sets: names of the RFC 4034 §6.2 types lower-cased.
[[nodiscard]] std::vector<uint8_t> canonical_rdata(Type type, base::Bytes rdata);

}  // namespace wire
