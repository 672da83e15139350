// Options: the checked configuration of the daemon. A default-constructed Options is what runs
// without a configuration file; config/example.toml lists the same defaults in words.
//
// Plain values, constant after start, readable from any thread. Names of zones are text in
// canonical form (lower case, final dot): `config` knows no DNS wire format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/ip.h"
#include "base/log.h"

namespace config {

inline constexpr uint16_t kDnsPort = 53;
inline constexpr uint32_t kWorkersMax = 256;               // readers of the cache: cache::CacheOptions
inline constexpr uint64_t kMemoryBytesMin = 1ULL << 20;    // chosen: below this nothing useful fits
inline constexpr uint64_t kMemoryBytesMax = 1ULL << 40;    // chosen: 1 TiB
inline constexpr uint32_t kTtlSecondsMax = 0x7FFFFFFF;     // RFC 2181 §8
inline constexpr uint32_t kCharacterStringBytesMax = 255;  // RFC 1035 §3.3
inline constexpr size_t kRouteStepsMax = 7;                // three bits of an entry say which step it came from
inline constexpr const char* kIterate = "iterate";         // the step of a route that is no upstream

struct PortRange {
  uint16_t first = 1024;
  uint16_t last = 65535;
  bool operator==(const PortRange&) const = default;
};

struct ServerOptions {
  std::vector<base::Endpoint> listen = default_listen();
  uint32_t workers = 0;  // 0: one per core
  std::vector<base::Prefix> allow = default_allow();
  base::Duration client_deadline = base::seconds(4);
  std::string user;
  std::string identity;
  std::string version;
  bool operator==(const ServerOptions&) const = default;

  static std::vector<base::Endpoint> default_listen();
  static std::vector<base::Prefix> default_allow();
};

struct LogOptions {
  base::LogLevel level = base::LogLevel::kInfo;
  bool operator==(const LogOptions&) const = default;
};

struct ResolverOptions {
  std::string root_hints;  // path of a master file; empty: built in
  bool qname_minimisation = true;
  bool case_randomisation = true;
  bool ipv4 = true;
  bool ipv6 = true;
  std::vector<base::IpAddress> outgoing_addresses;
  PortRange outgoing_ports;
  std::vector<base::Prefix> never_query = default_never_query();
  bool operator==(const ResolverOptions&) const = default;

  static std::vector<base::Prefix> default_never_query();
};

struct CacheOptions {
  uint64_t memory_bytes = 256ULL << 20;
  base::Duration min_ttl = base::seconds(0);
  base::Duration max_ttl = base::seconds(86400);
  base::Duration max_negative_ttl = base::seconds(3600);
  bool prefetch = true;
  bool operator==(const CacheOptions&) const = default;
};

struct StoreOptions {
  std::string path;  // empty: memory only
  uint64_t size_bytes = 1ULL << 30;
  bool operator==(const StoreOptions&) const = default;
};

struct StaleOptions {
  bool enabled = true;
  base::Duration client_timeout = base::milliseconds(1800);
  base::Duration answer_ttl = base::seconds(30);
  base::Duration max_age = base::seconds(3 * 86400);
  base::Duration recheck = base::seconds(30);
  bool circuits = true;
  bool operator==(const StaleOptions&) const = default;
};

struct NegativeTrustAnchor {
  std::string zone;                     // canonical name
  std::optional<base::WallTime> until;  // nothing: as long as it is configured
  bool operator==(const NegativeTrustAnchor&) const = default;
};

struct DnssecOptions {
  bool validate = true;
  std::vector<std::string> trust_anchors;  // DS or DNSKEY records in presentation format
  std::vector<NegativeTrustAnchor> negative_trust_anchors;
  bool aggressive_nsec = true;
  bool rfc5011 = true;
  bool operator==(const DnssecOptions&) const = default;
};

struct Upstream {
  std::string name;
  std::vector<base::Endpoint> servers;
  bool authoritative = false;
  bool operator==(const Upstream&) const = default;
};

struct Route {
  std::string zone;              // canonical name
  std::vector<std::string> via;  // names of upstreams, or kIterate
  bool operator==(const Route&) const = default;
};

struct Options {
  ServerOptions server;
  LogOptions log;
  ResolverOptions resolver;
  CacheOptions cache;
  StoreOptions store;
  StaleOptions stale;
  DnssecOptions dnssec;
  std::vector<Upstream> upstreams;
  std::vector<Route> routes;  // a zone under no route is iterated
  bool operator==(const Options&) const = default;
};

}  // namespace config
