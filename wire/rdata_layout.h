// The fields of each known type's RDATA, one character each; shared by the reader (rdata.cc) and
// the writer.
//
//   1 2 4 6 8   so many bytes
//   c           a name that receivers decompress (RFC 1035 §4.1.4, RFC 3597 §4, RFC 6672 §2.5)
//   n           a name that is never compressed (RFC 3597 §4 and the later types)
//   s           one character string: a length byte and that many bytes
//   S, Z        strings up to the end: at least one, or any number
//   *, +        anything up to the end: any number of bytes, or at least one
//
// A layout rejects only what cannot be that type at all; real zones hold odd things.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "wire/name.h"
#include "wire/types.h"

namespace wire {

// "*" for unknown types.
[[nodiscard]] std::string_view rdata_layout(Type type);
// The types of RFC 1035, whose names may be compressed in what is sent (RFC 3597 §4).
[[nodiscard]] bool compresses_names_when_sent(Type type);
// The types whose names are lower-cased in canonical form: RFC 4034 §6.2 less NSEC (RFC 6840 §5.1).
[[nodiscard]] bool lowercases_names(Type type);
// True if `rdata` has the form of `type` with no compressed name.
[[nodiscard]] bool is_expanded_rdata(Type type, base::Bytes rdata);

// How many bytes the field takes at the front of `rdata`, names excluded. kBadRdata when it
// does not fit.
[[nodiscard]] Parsed<size_t> rdata_field_bytes(char field, base::Bytes rdata);
[[nodiscard]] constexpr bool is_name_field(char field) { return field == 'c' || field == 'n'; }

}  // namespace wire
