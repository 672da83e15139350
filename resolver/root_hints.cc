#include "resolver/root_hints.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "wire/ldns_bridge.h"
#include "wire/rdata.h"

namespace resolver {
namespace {

struct RootServer {
  std::string_view name;
  std::string_view ipv4;
  std::string_view ipv6;
};

// IANA's named.root of 2024-04-18.
constexpr std::array<RootServer, 13> kRootServers = {{
    {"a.root-servers.net", "198.41.0.4", "2001:503:ba3e::2:30"},
    {"b.root-servers.net", "170.247.170.2", "2801:1b8:10::b"},
    {"c.root-servers.net", "192.33.4.12", "2001:500:2::c"},
    {"d.root-servers.net", "199.7.91.13", "2001:500:2d::d"},
    {"e.root-servers.net", "192.203.230.10", "2001:500:a8::e"},
    {"f.root-servers.net", "192.5.5.241", "2001:500:2f::f"},
    {"g.root-servers.net", "192.112.36.4", "2001:500:12::d0d"},
    {"h.root-servers.net", "198.97.190.53", "2001:500:1::53"},
    {"i.root-servers.net", "192.36.148.17", "2001:7fe::53"},
    {"j.root-servers.net", "192.58.128.30", "2001:503:c27::2:30"},
    {"k.root-servers.net", "193.0.14.129", "2001:7fd::1"},
    {"l.root-servers.net", "199.7.83.42", "2001:500:9f::42"},
    {"m.root-servers.net", "202.12.27.33", "2001:dc3::35"},
}};

void add_address(cache::Delegation& hints, const wire::OwnedRecord& record) {
  const auto address = wire::parse_address(record.type, record.rdata);
  if (!address) return;
  for (cache::DelegationServer& server : hints.servers) {
    if (server.name != record.owner) continue;
    const bool known = std::find(server.glue.begin(), server.glue.end(), *address) != server.glue.end();
    if (!known && server.glue.size() < cache::kAddressesPerServerMax) server.glue.push_back(*address);
  }
}

}  // namespace

cache::Delegation builtin_root_hints() {
  cache::Delegation hints;
  for (const RootServer& root_server : kRootServers) {
    const auto name = wire::Name::from_text(root_server.name);
    const auto ipv4 = base::IpAddress::parse(root_server.ipv4);
    const auto ipv6 = base::IpAddress::parse(root_server.ipv6);
    CHECK(name.has_value());
    CHECK(ipv4.has_value());
    CHECK(ipv6.has_value());
    hints.servers.push_back({*name, {*ipv4, *ipv6}});
  }
  return hints;
}

base::Result<cache::Delegation, std::string> parse_root_hints(std::string_view master_file) {
  const auto records = wire::parse_master_file(master_file, wire::NameView());
  if (!records) {
    return base::error("root hints, line " + std::to_string(records.error().line) + ": " + records.error().what);
  }
  cache::Delegation hints;
  for (const wire::OwnedRecord& record : *records) {
    if (record.type != wire::Type::kNs || !record.owner.view().is_root()) continue;
    const auto name = wire::parse_single_name(record.rdata);
    if (!name) continue;
    const auto same_name = [&](const cache::DelegationServer& server) { return server.name.view() == *name; };
    if (std::any_of(hints.servers.begin(), hints.servers.end(), same_name)) continue;
    if (hints.servers.size() == cache::kServersMax) break;
    hints.servers.push_back({wire::Name(*name), {}});
  }
  if (hints.servers.empty()) return base::error(std::string("root hints hold no NS record of the root"));
  for (const wire::OwnedRecord& record : *records) add_address(hints, record);
  const auto has_address = [](const cache::DelegationServer& server) { return !server.glue.empty(); };
  if (std::none_of(hints.servers.begin(), hints.servers.end(), has_address)) {
    return base::error(std::string("root hints hold no address of a root server"));
  }
  return hints;
}

}  // namespace resolver
