// SecureTruth: what DNSSEC promises of a name, by the plan of the world, whoever forges.
#pragma once

#include <vector>

#include "tests/sim/reference.h"
#include "tests/sim/world.h"

namespace sim {

class SecureTruth {
 public:
  SecureTruth(const World& world, const Reference& reference) : world_(world), reference_(reference) {}

  // What is said of this one owner and type cannot be forged. Not so in an opt-out span: there an unsigned delegation
  // may be put in for a name that does not exist or that a wildcard makes (RFC 5155 §12.2), and what is proven by one
  // counts as insecure (§9.2).
  [[nodiscard]] bool protects(wire::NameView owner, wire::Type type) const;
  // In some version of its zone it is so: then it may count as secure.
  [[nodiscard]] bool may_be_secure(wire::NameView owner, wire::Type type) const;
  // Each link of the chain that begins with the name is protected; may be secure.
  [[nodiscard]] bool is_secure(wire::NameView name, wire::Type type) const;
  [[nodiscard]] bool may_be_secure_chain(wire::NameView name, wire::Type type, size_t links = 0) const;
  // The same, and the servers of all these zones have names that are secure themselves. Where an insecure zone gives
  // the address of a server, a forged one may last for its TTL; that the zone cannot be reached then is nothing that
  // DNSSEC prevents (RFC 4033 §12).
  [[nodiscard]] bool is_dependable(wire::NameView name, wire::Type type) const;

 private:
  // As this version of the zone has it.
  [[nodiscard]] static bool is_provable(const Zone& zone, const ZoneData& data, wire::NameView owner, wire::Type type);
  template <class Test>
  [[nodiscard]] bool all_links(wire::NameView name, wire::Type type, Test test) const;
  [[nodiscard]] bool has_dependable_servers(const Zone& zone, std::vector<const Zone*>& seen) const;

  const World& world_;
  const Reference& reference_;
};

}  // namespace sim
