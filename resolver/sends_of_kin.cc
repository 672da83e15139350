#include "resolver/sends_of_kin.h"

#include <algorithm>
#include <vector>

#include "resolver/registrable_domain.h"

namespace resolver {

SendsOfKin sends_of_kin(const ZoneVisit& visit) {
  SendsOfKin sends;
  bool has_sent = false;
  for (const Attempt& attempt : visit.attempts) {
    uint8_t& most = sends.of_server[attempt.server % SendsOfKin::kServersMax];
    most = std::max(most, attempt.udp_sends);
    has_sent = has_sent || attempt.udp_sends > 0;
  }
  if (!has_sent || visit.upstream != nullptr) return sends;

  const size_t count = std::min(visit.delegation.servers.size(), SendsOfKin::kServersMax);
  std::vector<wire::Name> domains;
  for (size_t index = 0; index < count; ++index) {
    domains.emplace_back(registrable_domain(visit.delegation.servers[index].name));
  }
  for (size_t index = 0; index < count; ++index) {
    for (size_t other = 0; other < count; ++other) {
      if (!(domains[other] == domains[index])) continue;
      sends.of_domain[index] = std::max(sends.of_domain[index], sends.of_server[other]);
    }
  }
  return sends;
}

}  // namespace resolver
