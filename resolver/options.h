// What the engine is told at start. `server` fills it from config::Options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/ip.h"
#include "base/keyed_hash.h"
#include "cache/delegation.h"
#include "resolver/dnssec/anchors.h"
#include "resolver/routes.h"
#include "resolver/stale_policy.h"

namespace resolver {

// What every answer to a client depends on, hit or miss.
struct AnswerPolicy {
  std::vector<base::Prefix> allow;          // others get REFUSED
  std::string identity;                     // id.server, hostname.bind, NSID; empty: refused
  std::string version;                      // version.server, version.bind; empty: refused
  base::KeyedHash::Secret cookie_secret{};  // RFC 9018: the same for all workers
  std::vector<uint16_t> root_key_tags;      // of the root's anchors (RFC 8509); none: no sentinel
};

// Bounds on the whole engine of one worker. When one is reached, the oldest of the largest
// consumer gives way: SERVFAIL with EDE, counted.
struct Bounds {
  uint32_t clients_max = 16384;            // waiting in all
  uint32_t clients_per_prefix_max = 4096;  // one /24 or /56 (DNSBomb: attacks row 37)
  uint32_t resolutions_max = 16384;
  uint32_t resolutions_per_zone_max = 4096;  // asking the servers of one zone (water torture: row 38)
  uint32_t exchanges_max = 8192;             // each is a socket
  uint32_t exchanges_per_server_max = 512;
  uint32_t exchanges_per_dark_server_max = 8;  // a server that has stopped answering is only probed
  uint32_t streams_max = 256;                  // TCP connections to servers
  uint64_t bytes_max = 64ULL << 20;            // packets and results held for those who wait
};

// One client question's budget, shared by everything that is done for it and never reset
// (NXNSAttack, CAMP, iDNS: attacks rows 19-28).
struct BudgetLimits {
  uint16_t sends = 100;
  uint32_t bytes_received = 200'000;
  uint16_t sub_questions = 40;
  uint16_t aliases = 12;
  uint16_t referrals = 40;
  base::Duration wall_time = base::seconds(12);
  bool is_small = false;  // a probe's: cut short on purpose
};

// Of what is asked for nobody's sake: few queries, and soon over.
[[nodiscard]] constexpr BudgetLimits probe_limits(BudgetLimits limits, uint16_t sends) {
  limits.sends = sends;
  limits.wall_time = base::seconds(4);
  limits.is_small = true;
  return limits;
}

struct DnssecOptions {
  dnssec::TrustAnchors anchors;  // none: nothing is validated
  dnssec::Policy policy;
  bool aggressive = false;  // RFC 8198: denials from the index
};

struct Options {
  AnswerPolicy answer;
  Bounds bounds;
  BudgetLimits budget;
  StaleOptions stale;
  DnssecOptions dnssec;
  bool prefetch = true;          // popular data is refreshed before it expires
  cache::Delegation root_hints;  // zone "."; every server with its addresses
  base::Duration client_deadline = base::seconds(4);
  bool qname_minimisation = true;
  bool case_randomisation = true;
  bool ipv4 = true;  // families used towards servers
  bool ipv6 = true;
  std::vector<base::IpAddress> outgoing_addresses;  // empty: the kernel's choice
  uint16_t outgoing_port_first = 1024;
  uint16_t outgoing_port_last = 65535;
  std::vector<uint16_t> outgoing_ports_reserved;  // the kernel's, sorted
  std::vector<base::Prefix> never_query;
  std::vector<base::Endpoint> own_listeners;  // never asked, whatever else allows it
  std::vector<base::IpAddress> always_query;  // hints and stubs: exempt from never_query
  RouteTable routes;                          // of which names are not, or not only, iterated
  uint16_t server_port = 53;                  // other ports only in labs; upstreams have ports of their own
  uint32_t min_ttl_s = 0;
  uint32_t max_ttl_s = 86400;
  uint32_t max_negative_ttl_s = 3600;
  uint32_t worker_index = 0;
};

}  // namespace resolver
