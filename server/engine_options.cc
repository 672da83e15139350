#include "server/engine_options.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "config/value_text.h"
#include "net/interfaces.h"
#include "resolver/local_names.h"
#include "resolver/root_hints.h"

namespace server {
namespace {

constexpr const char* kReservedPortsFile = "/proc/sys/net/ipv4/ip_local_reserved_ports";

uint32_t whole_seconds(base::Duration duration) {
  return static_cast<uint32_t>(base::duration_cast<base::seconds>(duration).count());
}

std::optional<uint16_t> port_number(std::string_view text) {
  uint16_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

base::Result<resolver::DnssecOptions, std::string> dnssec_of(const config::DnssecOptions& options) {
  resolver::DnssecOptions result;
  if (!options.validate) return result;
  result.aggressive = options.aggressive_nsec;
  auto anchors = resolver::dnssec::TrustAnchors::parse(options.trust_anchors, result.policy);
  if (!anchors) return base::error("[dnssec] " + anchors.error());
  for (const config::NegativeTrustAnchor& negative : options.negative_trust_anchors) {
    const auto name = wire::Name::from_text(negative.zone);
    if (!name) {
      return base::error("[dnssec] negative_trust_anchors: \"" + negative.zone +
                         "\" is no name; write it like example.com.");
    }
    anchors->add_negative(*name, negative.until.value_or(resolver::dnssec::kNoExpiry));
  }
  result.anchors = std::move(*anchors);
  return result;
}

base::Result<cache::Delegation, std::string> root_hints_of(const std::string& path) {
  if (path.empty()) return resolver::builtin_root_hints();
  const auto text = read_small_file(path);
  if (!text) return base::error("[resolver] root_hints: " + text.error());
  auto hints = resolver::parse_root_hints(*text);
  if (!hints) return base::error("[resolver] root_hints = \"" + path + "\": " + hints.error());
  return hints;
}

}  // namespace

std::vector<std::string> expired_negative_anchors(const config::DnssecOptions& options, base::WallTime now) {
  std::vector<std::string> sentences;
  if (!options.validate) return sentences;
  for (const config::NegativeTrustAnchor& negative : options.negative_trust_anchors) {
    if (!negative.until || now < *negative.until) continue;
    sentences.push_back("[dnssec] negative_trust_anchors: \"" + negative.zone + "\" expired at " +
                        config::utc_text(*negative.until) +
                        " and has no effect, so the zone is validated; remove it, or write a later time");
  }
  return sentences;
}

base::Result<resolver::RouteTable, std::string> routes_of(const config::Options& options,
                                                          const std::vector<base::Endpoint>& own_listeners) {
  static_assert(config::kRouteStepsMax == resolver::kRouteStepsMax);
  std::vector<resolver::Upstream> upstreams;
  std::map<std::string, size_t> by_name{{config::kIterate, resolver::kIterateStep}};
  for (const config::Upstream& upstream : options.upstreams) {
    for (const base::Endpoint& server : upstream.servers) {
      if (std::find(own_listeners.begin(), own_listeners.end(), server) == own_listeners.end()) continue;
      return base::error("[[upstream]] \"" + upstream.name + "\": this server itself listens on " + server.to_text() +
                         " and would ask itself; name another server");
    }
    by_name.emplace(upstream.name, upstreams.size());
    upstreams.push_back({upstream.name, upstream.servers, upstream.authoritative});
  }
  std::vector<resolver::Route> routes;
  for (const config::Route& configured : options.routes) {
    resolver::Route route;
    const auto zone = wire::Name::from_text(configured.zone);
    if (!zone)
      return base::error("[[route]] zone = \"" + configured.zone + "\" is no zone name; write it like \"example.com\"");
    if (resolver::is_always_local(*zone)) {
      return base::error("[[route]] zone = \"" + configured.zone +
                         "\": such names are always answered here (RFC 6761); remove the route");
    }
    route.zone = *zone;
    for (const std::string& step : configured.via) route.steps.push_back(by_name.at(step));
    routes.push_back(std::move(route));
  }
  return resolver::RouteTable(std::move(upstreams), std::move(routes));
}

base::Result<std::string, std::string> read_small_file(const std::string& path) {
  constexpr size_t kFileBytesMax = 1 << 20;  // chosen: hints and configurations take a few kilobytes
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return base::error("cannot read " + path + " (" + std::strerror(errno) + "); name a file that this user can read");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) return base::error(path + " is longer than 1 MiB; name the right file");
  return text;
}

std::vector<uint16_t> parse_reserved_ports(std::string_view text) {
  std::set<uint16_t> ports;
  while (!text.empty()) {
    const size_t comma = std::min(text.find_first_of(",\n"), text.size());
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const size_t dash = item.find('-');
    const auto first = port_number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : port_number(item.substr(dash + 1));
    if (!first || !last) continue;
    for (uint32_t port = *first; port <= *last; ++port) ports.insert(static_cast<uint16_t>(port));
  }
  return {ports.begin(), ports.end()};
}

base::Result<resolver::Options, std::string> engine_options(const config::Options& options,
                                                            const base::KeyedHash::Secret& cookie_secret) {
  resolver::Options result;
  result.answer.allow = options.server.allow;
  result.answer.identity = options.server.identity;
  result.answer.version = options.server.version;
  result.answer.cookie_secret = cookie_secret;
  auto hints = root_hints_of(options.resolver.root_hints);
  if (!hints) return base::error(hints.error());
  result.root_hints = std::move(*hints);
  result.client_deadline = options.server.client_deadline;
  result.qname_minimisation = options.resolver.qname_minimisation;
  result.case_randomisation = options.resolver.case_randomisation;
  result.ipv4 = options.resolver.ipv4;
  result.ipv6 = options.resolver.ipv6;
  result.outgoing_addresses = options.resolver.outgoing_addresses;
  result.outgoing_port_first = options.resolver.outgoing_ports.first;
  result.outgoing_port_last = options.resolver.outgoing_ports.last;
  if (const auto reserved = read_small_file(kReservedPortsFile)) {
    result.outgoing_ports_reserved = parse_reserved_ports(*reserved);
  }
  result.never_query = options.resolver.never_query;
  result.own_listeners = net::expand_wildcards(options.server.listen, net::interface_addresses());
  for (const cache::DelegationServer& server : result.root_hints.servers) {
    result.always_query.insert(result.always_query.end(), server.glue.begin(), server.glue.end());
  }
  for (const config::Upstream& upstream : options.upstreams) {
    // Forwarders are asked because a route names them; what a delegation says never leads to them.
    if (!upstream.authoritative) continue;
    for (const base::Endpoint& server : upstream.servers) result.always_query.push_back(server.address);
  }
  result.stale.enabled = options.stale.enabled;
  result.stale.client_timeout = options.stale.client_timeout;
  result.stale.answer_ttl_s = whole_seconds(options.stale.answer_ttl);
  result.stale.max_age_s = whole_seconds(options.stale.max_age);
  result.stale.recheck = options.stale.recheck;
  result.stale.circuits = options.stale.circuits;
  result.prefetch = options.cache.prefetch;
  auto routes = routes_of(options, result.own_listeners);
  if (!routes) return base::error(routes.error());
  result.routes = std::move(*routes);
  auto dnssec = dnssec_of(options.dnssec);
  if (!dnssec) return base::error(dnssec.error());
  result.dnssec = std::move(*dnssec);
  result.answer.root_key_tags = result.dnssec.anchors.key_tags(wire::NameView());
  result.min_ttl_s = whole_seconds(options.cache.min_ttl);
  result.max_ttl_s = whole_seconds(options.cache.max_ttl);
  result.max_negative_ttl_s = whole_seconds(options.cache.max_negative_ttl);
  return result;
}

}  // namespace server
