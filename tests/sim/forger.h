// Forger: somebody on the path to some servers, who sees id, port and question, and changes answers on their way. What
// he makes up carries his marker (forger_address() and kForgerLabel in world.h). He has keys, but not the zones'.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/authority.h"
#include "tests/sim/world.h"
#include "tests/unit/resolver/dnssec_signer.h"

namespace sim {

class Forger {
 public:
  // `world` is that of a plan with a forger.
  Forger(const World& world, Random dice);

  // An answer passes by: `zone` of the server is the one that was asked.
  void pass(const Zone& zone, wire::NameView name, wire::Type type, Response& response, base::Instant now);
  // What his own server says.
  [[nodiscard]] Response answer(wire::NameView name, wire::Type type);

 private:
  void remember(wire::NameView name, wire::Type type, const Response& response);
  void change(Forgery forgery, const Zone& zone, wire::NameView name, wire::Type type, Response& response);
  void change_data(wire::NameView name, wire::Type type, Response& response);
  void add_records(const Zone& zone, Response& response);
  void deny(const Zone& zone, wire::Rcode rcode, Response& response);
  void add_foreign_proofs(Response& response);
  void replay(wire::NameView name, wire::Type type, Response& response);
  void refer(const Zone& zone, wire::NameView name, Response& response);
  void swap_keys(const Zone& zone, wire::NameView name, wire::Type type, Response& response);
  void sign_with_own_key(wire::NameView zone, std::vector<Record>& section);
  const dnssec_test::SigningKey& key_of_zone(wire::NameView zone);

  const World& world_;
  const ForgerPlan& plan_;
  Random dice_;
  std::map<std::string, dnssec_test::SigningKey> keys_;
  std::map<std::pair<std::string, wire::Type>, Response> first_said_;
  std::map<std::string, std::vector<Record>> soas_;  // with their RRSIGs, by zone
  std::vector<Record> proofs_;                       // NSEC and NSEC3 that have passed by, each before its RRSIG
};

}  // namespace sim
