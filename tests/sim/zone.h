// Zones as data, and the one obviously correct look-up in one zone (RFC 1034 §4.3.2): slow, short,
// used by the authorities of the simulated network and by the reference resolver.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/ip.h"
#include "wire/name.h"
#include "wire/types.h"

namespace sim {

using Rdata = std::vector<uint8_t>;

struct RrSet {
  uint32_t ttl_s = 0;
  std::vector<Rdata> rdatas;
};

struct Record {
  wire::Name owner;
  wire::Type type = wire::Type::kNone;
  uint32_t ttl_s = 0;
  Rdata rdata;
};

using Node = std::map<wire::Type, RrSet>;

// Keys are names in lower case in wire form. Glue stands at its own name, below the cut.
struct ZoneData {
  std::map<std::string, Node> nodes;

  [[nodiscard]] const RrSet* find(wire::NameView name, wire::Type type) const;
  RrSet& at(wire::NameView name, wire::Type type);
};

[[nodiscard]] std::string key_of(wire::NameView name);
[[nodiscard]] wire::Name name_of_key(const std::string& key);
[[nodiscard]] wire::Name name_of(const std::string& text);  // REQUIRES: a legal name
[[nodiscard]] wire::Name below(const std::string& labels, wire::NameView parent);

[[nodiscard]] Rdata rdata_of(const base::IpAddress& address);
[[nodiscard]] Rdata rdata_of(wire::NameView name);
[[nodiscard]] Rdata mx_rdata(uint16_t preference, wire::NameView exchange);
[[nodiscard]] Rdata txt_rdata(const std::vector<std::string>& strings);
[[nodiscard]] Rdata soa_rdata(wire::NameView mname, uint32_t serial, uint32_t minimum_s);
[[nodiscard]] wire::Name name_in_rdata(const Rdata& rdata);  // of NS, CNAME, DNAME

// What a zone held from `from` on.
struct ZoneVersion {
  base::Instant from;
  std::shared_ptr<const ZoneData> data;
};

class ZoneSigner;

struct Zone {
  wire::Name origin;
  bool evil = false;                   // its servers lie, about anything
  std::vector<ZoneVersion> versions;   // oldest first, never empty
  std::vector<size_t> servers;         // indexes into World::servers
  std::shared_ptr<ZoneSigner> signer;  // nullptr: not signed
  bool is_secure = false;              // signed, with an unbroken chain of DS from the root

  [[nodiscard]] const ZoneData& data() const { return *versions.back().data; }
};

struct Lookup {
  enum class Kind : uint8_t { kRrset, kCname, kDname, kNodata, kNxdomain, kReferral };
  Kind kind = Kind::kNxdomain;
  wire::Name owner;            // of the set: the name, the DNAME's owner, or the cut
  const RrSet* set = nullptr;  // absent for denials
  wire::Name target;           // of CNAME and DNAME (where `name` leads to)
  wire::Name source;           // the node that says it: the name, or the wildcard that makes it
};

[[nodiscard]] Lookup look_up(wire::NameView origin, const ZoneData& data, wire::NameView name, wire::Type type);

}  // namespace sim
