// DenialChain: the NSEC or NSEC3 records of one version of a zone, and which of them its servers send for what
// (RFC 4035 §3.1.3, RFC 5155 §7.2).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "resolver/dnssec/crypto.h"
#include "tests/sim/zone.h"

namespace sim {

enum class DenialKind : uint8_t { kNsec, kNsec3, kNsec3OptOut };

struct DenialParameters {
  DenialKind kind = DenialKind::kNsec;
  uint16_t iterations = 0;
  Rdata salt;
};

class DenialChain {
 public:
  DenialChain(wire::NameView origin, const ZoneData& data, const DenialParameters& parameters);

  // Each without duplicates; the TTL is the zone's negative one (RFC 9077).
  [[nodiscard]] std::vector<Record> nodata(wire::NameView name) const;
  [[nodiscard]] std::vector<Record> nxdomain(wire::NameView name) const;
  // The name was made from a wildcard; or the wildcard lacks the type.
  [[nodiscard]] std::vector<Record> wildcard_answer(wire::NameView name) const;
  [[nodiscard]] std::vector<Record> wildcard_nodata(wire::NameView name, wire::NameView wildcard) const;
  // Of a delegation, or of any other name that has none.
  [[nodiscard]] std::vector<Record> no_ds(wire::NameView name) const;

 private:
  using Types = std::vector<wire::Type>;
  // With the number of the record, so that none is given twice.
  using Proof = std::map<size_t, Record>;

  [[nodiscard]] bool is_nsec() const { return parameters_.kind == DenialKind::kNsec; }
  void make_nsec(const std::map<std::string, Types>& types);
  void make_nsec3(const std::map<std::string, Types>& types);
  [[nodiscard]] size_t at_or_before(wire::NameView name) const;
  void add(Proof& proof, wire::NameView name) const;
  // The closest encloser that the chain shows, with it the next closer name (RFC 5155 §7.2.1).
  [[nodiscard]] wire::NameView encloser(wire::NameView name) const;
  void add_encloser(Proof& proof, wire::NameView name) const;
  [[nodiscard]] bool has(wire::NameView name) const { return names_.contains(key_of(name)); }
  static std::vector<Record> records_of(const Proof& proof);

  wire::Name origin_;
  DenialParameters parameters_;
  uint32_t ttl_s_ = 0;
  std::set<std::string> names_;  // that exist, as far as the chain shows
  std::vector<Record> records_;  // in canonical order, or in that of the hashes
  std::vector<resolver::dnssec::Nsec3Hash> hashes_;
};

}  // namespace sim
