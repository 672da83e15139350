// build_query: the bytes of a query to a server: RD=0 (iteration) or 1 (forwarders), one question, OPT with cookie.
#pragma once

#include <optional>
#include <vector>

#include "cache/server_health.h"
#include "resolver/cookies.h"
#include "wire/name.h"
#include "wire/types.h"

namespace resolver {

struct QueryParts {
  uint16_t id = 0;
  wire::NameView name;  // letter case as it shall be sent
  wire::Type type = wire::Type::kNone;
  bool edns = true;
  bool dnssec_ok = false;  // with EDNS only
  bool recursion_desired = false;                    // of a forwarder
  std::optional<ClientCookie> client_cookie;         // with EDNS only
  std::optional<cache::ServerCookie> server_cookie;  // with a client cookie only
};

[[nodiscard]] std::vector<uint8_t> build_query(const QueryParts& parts);

}  // namespace resolver
