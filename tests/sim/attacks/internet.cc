#include "tests/sim/attacks/internet.h"

namespace attacks {

using sim::Response;
using wire::NameView;
using wire::Type;

namespace {
constexpr uint32_t kTtl_s = 3600;
constexpr size_t kUdpBytes = 1232;
}  // namespace

base::IpAddress dead_server(size_t index) { return address(198, 18, 4, static_cast<uint8_t>(index + 1)); }

Response refer(const std::string& zone, const std::vector<NameServer>& servers) {
  Response response;
  response.authoritative = false;
  for (const NameServer& server : servers) {
    const wire::Name name = sim::name_of(server.name);
    response.authority.push_back({sim::name_of(zone), Type::kNs, kTtl_s, sim::rdata_of(wire::NameView(name))});
    for (const base::IpAddress& glue : server.glue) {
      response.additional.push_back({name, glue.is_v4() ? Type::kA : Type::kAaaa, kTtl_s, sim::rdata_of(glue)});
    }
  }
  return response;
}

Response alias(NameView name, const std::string& target) {
  Response response;
  response.answer.push_back({wire::Name(name), Type::kCname, kTtl_s, sim::rdata_of(NameView(sim::name_of(target)))});
  return response;
}

Response addresses(NameView name, const std::vector<base::IpAddress>& addresses) {
  Response response;
  for (const base::IpAddress& one : addresses) {
    response.answer.push_back({wire::Name(name), one.is_v4() ? Type::kA : Type::kAaaa, kTtl_s, sim::rdata_of(one)});
  }
  return response;
}

Response no_data(const std::string& zone) {
  Response response;
  const wire::Name origin = sim::name_of(zone);
  response.authority.push_back({origin, Type::kSoa, kTtl_s, sim::soa_rdata(origin, 1, 300)});
  return response;
}

Response no_such_name(const std::string& zone) {
  Response response = no_data(zone);
  response.rcode = wire::Rcode::kNxdomain;
  return response;
}

std::vector<uint8_t> render(const Ask& ask, const Response& response) {
  sim::RenderOptions options;
  options.bytes_max = ask.is_tcp ? 65535 : kUdpBytes;
  options.with_edns = true;
  return sim::render(response, *wire::MessageView::parse(ask.packet), options);
}

Packets reply(const Ask& ask, const Response& response) { return {{base::Duration(0), render(ask, response)}}; }

std::string suffix(NameView name, size_t labels) { return wire::Name(name.suffix(labels)).to_text(); }

std::string label(NameView name) { return name.is_root() ? "" : std::string(base::as_text(name.first_label())); }

base::IpAddress server_at_depth(size_t depth) { return address(198, 18, 100, static_cast<uint8_t>(depth)); }

namespace {

Response ask_root(const Ask& ask) {
  const NameView name = ask.name;
  if (name.is_root()) {
    Response response = addresses(name, {});
    if (ask.type != Type::kNs) return no_data(".");
    const wire::Name server = sim::name_of("ns.rootservers.");
    response.answer.push_back({wire::Name(), Type::kNs, kTtl_s, sim::rdata_of(NameView(server))});
    response.additional.push_back({server, Type::kA, kTtl_s, sim::rdata_of(kRoot)});
    return response;
  }
  const std::string top = suffix(name, 1);
  if (top == "evil.") return refer(top, {{"ns.evil.", {kAttacker}}});
  if (top == "victim.") return refer(top, {{"ns.victim.", {kVictim}}});
  if (top == "live.") return refer(top, {{"ns.live.", {kLive}}});
  if (top == "dead.") {
    std::vector<NameServer> servers;
    for (size_t index = 0; index < kDeadServers; ++index) {
      servers.push_back({"ns" + std::to_string(index) + ".dead.", {dead_server(index)}});
    }
    return refer(top, servers);
  }
  return no_such_name(".");
}

}  // namespace

Authority internet(Authority evil) {
  return [evil = std::move(evil)](const Ask& ask) -> Packets {
    const bool is_deep = ask.server == server_at_depth(ask.server.bytes()[3]);
    if (is_deep || ask.server == kAttacker || ask.server == kAttacker2) return evil(ask);
    if (ask.server == kRoot) return reply(ask, ask_root(ask));
    if (ask.server == kVictim) return reply(ask, no_such_name("victim."));
    if (ask.server == kLive) {
      const bool is_apex = ask.name.view().label_count() == 1;
      if (ask.type != Type::kA || is_apex) return reply(ask, no_data("live."));
      return reply(ask, addresses(ask.name, {kGood}));
    }
    return {};
  };
}

}  // namespace attacks
