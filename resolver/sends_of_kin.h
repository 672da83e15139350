// How often those who share a server's fate were asked in this question: its other addresses, and the servers
// whose names are in its domain. choose_server asks the least concerned first. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "cache/delegation.h"
#include "resolver/resolution.h"

namespace resolver {

// By index into ZoneVisit::delegation.servers: the most sends over UDP of any address.
struct SendsOfKin {
  static constexpr size_t kServersMax = 2 * cache::kServersMax;  // the parent's and the child's
  std::array<uint8_t, kServersMax> of_server{};
  std::array<uint8_t, kServersMax> of_domain{};
};

[[nodiscard]] SendsOfKin sends_of_kin(const ZoneVisit& visit);

}  // namespace resolver
