// Why bytes from outside are not DNS. Every parser of this folder is total: it returns one of
// these, it never crashes, and its work is linear in the bytes it was given.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace wire {

enum class ParseError : uint8_t {
  kTruncated,       // the message ends inside an element
  kBadLabel,        // label type 01 or 10 (RFC 1035 §4.1.4, RFC 6891 §5)
  kBadPointer,      // a compression pointer that does not lead to a name before it
  kNameTooLong,     // more than 255 bytes (RFC 1035 §3.1)
  kBadRdata,        // RDATA does not have the form its type requires
  kTrailingBytes,   // bytes after the last field of an RDATA
  kBadOpt,          // more than one OPT, OPT outside additional, owner not root, options overrun
  kBadText,         // presentation format that does not parse
};

[[nodiscard]] std::string_view to_text(ParseError error);

template <class T>
using Parsed = base::Result<T, ParseError>;

}  // namespace wire
