// parse_query: the one-pass parser for what clients send, used on the hot path. It accepts any
// bytes and says either what to answer or that there is nothing to answer to:
//
//   kDrop      shorter than a header, or a response (QR=1): answering would make loops
//   kReply     `rcode` says why it cannot be served (FORMERR, NOTIMP, BADVERS); `question` may be
//              absent; the header fields and, where it parsed, EDNS are there
//   kServe     exactly one question, opcode QUERY, EDNS version 0 or no EDNS
//
// A query without a question that carries only a cookie asks for a server cookie (RFC 7873 §5.4):
// kReply with NOERROR and no question_bytes. Records in the answer or authority section are
// FORMERR. Unknown records of the additional section, and bytes after the last record, are
// ignored. Meta types are kServe: what is done with them is policy, decided elsewhere.
//
// The question's name is a view of the packet: uncompressed by rule (a pointer in a question is
// FORMERR), its letter case as the client sent it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "wire/edns.h"
#include "wire/message.h"
#include "wire/name.h"
#include "wire/types.h"

namespace wire {

enum class QueryVerdict : uint8_t { kDrop, kReply, kServe };

// What of the header matters for an answer.
struct QueryHeader {
  uint16_t id = 0;
  Opcode opcode = Opcode::kQuery;
  bool rd = false, ad = false, cd = false;
};

struct Query {
  QueryVerdict verdict = QueryVerdict::kDrop;
  Rcode rcode = Rcode::kNoerror;  // for kReply
  QueryHeader header;
  base::Bytes question_bytes;     // name, type and class as sent, to be echoed; empty if none parsed
  NameView name;
  Type type = Type::kNone;
  Class klass = Class::kIn;
  std::optional<Edns> edns;
};

[[nodiscard]] Query parse_query(base::Bytes packet);

}  // namespace wire
