// The built-in root hints (IANA), used until priming has asked (RFC 8109).
#pragma once

#include "base/result.h"
#include "cache/delegation.h"

#include <string>
#include <string_view>

namespace resolver {

[[nodiscard]] cache::Delegation builtin_root_hints();
// From a master file's text (named.root). The error is one sentence.
[[nodiscard]] base::Result<cache::Delegation, std::string> parse_root_hints(std::string_view master_file);

}  // namespace resolver
