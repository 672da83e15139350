#include "tests/sim/network.h"

#include <algorithm>

#include "base/check.h"
#include "tests/sim/liar.h"
#include "tests/sim/signed_authority.h"
#include "wire/writer.h"

namespace sim {

using wire::MessageView;

namespace {

// As if nothing existed in the zone.
Response deny(const Zone& zone) {
  Response response;
  response.rcode = wire::Rcode::kNxdomain;
  append_set(response.authority, zone.origin, wire::Type::kSoa, *zone.data().find(zone.origin, wire::Type::kSoa));
  return response;
}

}  // namespace

Network::Network(World& world, EventQueue& queue, Random dice) : world_(world), queue_(queue), dice_(dice) {
  for (size_t index = 0; index < world.servers.size(); ++index) {
    for (const base::IpAddress& address : world.servers[index].addresses) servers_[address] = index;
  }
  if (world.signing && world.signing->forger) forger_.emplace(world, dice_.split());
}

Server* Network::server_at(const base::IpAddress& address) {
  const auto found = servers_.find(address);
  return found == servers_.end() ? nullptr : &world_.servers[found->second];
}

bool Network::is_reachable(const base::IpAddress& address) const {
  return !(world_.faults.ipv6_dead && !address.is_v4());
}

const Outage* Network::outage_of(const Server& server) const {
  if (!world_.outage || !world_.outage->is_on(queue_.now())) return nullptr;
  return world_.outage->is_failing(static_cast<size_t>(&server - world_.servers.data())) ? &*world_.outage : nullptr;
}

bool Network::is_cut_off() const {
  return world_.outage && world_.outage->kind == OutageKind::kUplink && world_.outage->is_on(queue_.now());
}

bool Network::is_lost(const Server& server) {
  if (is_cut_off()) return true;
  const Outage* outage = outage_of(server);
  if (outage != nullptr && outage->kind == OutageKind::kLossy && dice_.percent(outage->loss)) return true;
  return dice_.percent(world_.faults.loss);
}

bool Network::is_silent(const Server& server) const {
  if (const Outage* outage = outage_of(server); outage != nullptr && outage->is_silence()) return true;
  return server.manner == Manner::kDead || (server.dark_from <= queue_.now() && queue_.now() < server.dark_until);
}

base::Duration Network::draw_delay(const Server& server) {
  const base::Duration half = server.round_trip / 2;
  base::Duration delay = half + dice_.duration(base::Duration(0), half / 4);
  if (const Outage* outage = outage_of(server); outage != nullptr && outage->kind == OutageKind::kSlow) {
    delay += outage->slowness / 2;
  }
  if (dice_.percent(world_.faults.late)) delay += dice_.duration(base::Duration(0), base::seconds(2));
  return delay;
}

// The attacker does not know id and letter case; what it sends comes before the truth.
void Network::spray(base::Bytes query, base::Duration round_trip, const Deliver& deliver) {
  const auto view = MessageView::parse(query);
  if (!view || !view->question()) return;
  for (uint32_t index = dice_.between(1, 5); index > 0; --index) {
    queue_.after(dice_.duration(base::Duration(0), round_trip),
                 [deliver, forged = forge(*view, dice_)] { deliver(forged, true); });
  }
}

void Network::datagram(const base::Endpoint& endpoint, base::Bytes query, const Deliver& deliver) {
  Server* server = server_at(endpoint.address);
  const base::Duration round_trip = server != nullptr ? server->round_trip : base::milliseconds(20);
  if (dice_.percent(world_.faults.forge)) spray(query, round_trip, deliver);
  const std::vector<uint8_t> copy(query.begin(), query.end());
  if (is_forgers(endpoint.address)) {
    queue_.after(round_trip, [this, copy, deliver] { deliver(respond_as_forger(copy), false); });
  }
  if (server == nullptr || is_lost(*server)) return;
  queue_.after(draw_delay(*server), [this, server, copy, deliver] {
    const std::vector<uint8_t> response = respond(*server, copy, false);
    if (response.empty() || is_lost(*server)) return;
    const uint32_t copies = dice_.percent(world_.faults.duplicate) ? 2 : 1;
    for (uint32_t index = 0; index < copies; ++index) {
      queue_.after(draw_delay(*server), [this, response, deliver] {
        if (!is_cut_off()) deliver(response, false);
      });
    }
  });
}

void Network::connect(const base::Endpoint& endpoint, const std::function<void(bool)>& done) {
  Server* server = server_at(endpoint.address);
  if (server == nullptr || is_silent(*server) || is_cut_off()) return;
  const bool opens = !server->refuses_tcp;
  queue_.after(server->round_trip + server->tcp_delay, [done, opens] { done(opens); });
}

void Network::stream_message(const base::Endpoint& endpoint, base::Bytes query, const Deliver& deliver,
                             const std::function<void()>& closed) {
  Server* server = server_at(endpoint.address);
  if (server == nullptr) return;
  const std::vector<uint8_t> copy(query.begin(), query.end());
  queue_.after(server->round_trip / 2, [this, server, copy, deliver, closed] {
    const std::vector<uint8_t> response = respond(*server, copy, true);
    const bool closes = server->closes_stream_after_each;
    // Responses overtake each other: some take longer to make (RFC 7766 §6.2.1.1).
    const base::Duration delay = server->round_trip / 2 + dice_.duration(base::Duration(0), base::milliseconds(5));
    if (is_cut_off()) return;
    queue_.after(delay, [response, deliver, closed, closes] {
      if (!response.empty()) deliver(response, false);
      if (closes) closed();
    });
  });
}

bool Network::is_dropped(const Server& server, wire::NameView name) const {
  if (!world_.outage) return false;
  const Outage& outage = *world_.outage;
  const bool is_zones = (outage.kind == OutageKind::kOneZone && outage.is_on(queue_.now())) ||
                        (outage.kind == OutageKind::kAttacker && !server.recursive);
  return is_zones && std::ranges::any_of(server.zones, [&](size_t zone) {
           return outage.concerns(zone) && name.is_within(world_.zones[zone].origin);
         });
}

Response Network::think(Server& server, const MessageView& query) {
  const wire::Question& question = *query.question();
  std::vector<const Zone*> zones;
  for (const size_t index : server.zones) zones.push_back(&world_.zones[index]);
  if (server.recursive && !query.header().rd) return refuse(wire::Rcode::kRefused);
  Response honest = answer_authoritatively(zones, question.name, question.type, server.minimal);
  const bool wants_signatures = query.edns() && query.edns()->dnssec_ok && !server.formerr_on_edns;
  if (wants_signatures) add_signatures(honest, zones, question.name, question.type, queue_.now());
  if (server.recursive) honest.authoritative = false;
  const Outage* outage = outage_of(server);
  if (outage != nullptr && outage->kind == OutageKind::kServfail) return refuse(wire::Rcode::kServfail);
  if (outage != nullptr && outage->kind == OutageKind::kRefused) return refuse(wire::Rcode::kRefused);
  if (outage != nullptr && outage->kind == OutageKind::kWrongNxdomain) {
    const Zone* zone = zone_for(zones, question.name);
    const bool is_own = zone != nullptr && zone->origin == outage->providers[outage->provider].domain;
    if (zone != nullptr && !is_own) return deny(*zone);
  }
  if (server.evil) return lie(world_, *zones.front(), question.name, question.type, honest, dice_);
  switch (server.manner) {
    case Manner::kRefuses:
      return refuse(wire::Rcode::kRefused);
    case Manner::kServfails:
      return refuse(wire::Rcode::kServfail);
    case Manner::kFormerrs:
      return refuse(wire::Rcode::kFormerr);
    case Manner::kRefersUpward: {
      Response upward = refuse(wire::Rcode::kNoerror);
      append_set(upward.authority, wire::NameView(), wire::Type::kNs,
                 *world_.zones[0].data().find(wire::NameView(), wire::Type::kNs));
      return upward;
    }
    case Manner::kGood:
    case Manner::kDead:
      break;
  }
  return honest;
}

namespace {

// Cookie echo: the client's half and a server's half made from nothing but the client's.
std::vector<uint8_t> cookie_option(const wire::CookieOption& cookie) {
  std::vector<uint8_t> value(cookie.client.begin(), cookie.client.end());
  value.insert(value.end(), cookie.client.begin(), cookie.client.end());
  value.insert(value.end(), {'s', 'i', 'm', '-', 's', 'i', 'm', '-'});
  std::vector<uint8_t> options(value.size() + 4);
  size_t used = 0;
  CHECK(wire::append_option(options, used, wire::OptionCode::kCookie, value));
  return options;
}

}  // namespace

void Network::pass_forger(const Server& server, const wire::Question& question, Response& response) {
  if (!forger_ || !world_.signing->forger->is_before(static_cast<size_t>(&server - world_.servers.data()))) return;
  std::vector<const Zone*> zones;
  for (const size_t index : server.zones) zones.push_back(&world_.zones[index]);
  const Zone* zone = zone_for(zones, question.name, question.type);
  if (zone != nullptr) forger_->pass(*zone, question.name, question.type, response, queue_.now());
}

bool Network::is_forgers(const base::IpAddress& address) const {
  return forger_ && world_.signing->forger->has_server &&
         (address == forger_address(wire::Type::kA) || address == forger_address(wire::Type::kAaaa));
}

std::vector<uint8_t> Network::respond_as_forger(base::Bytes bytes) {
  const auto query = MessageView::parse(bytes);
  CHECK(query.has_value() && query->question().has_value());
  RenderOptions options;
  options.bytes_max = 1232;
  options.with_edns = query->edns().has_value();
  return render(forger_->answer(query->question()->name, query->question()->type), *query, options);
}

std::vector<uint8_t> Network::respond(Server& server, base::Bytes bytes, bool over_tcp) {
  const auto query = MessageView::parse(bytes);
  if (is_silent(server) || !query || !query->question()) return {};
  if (is_dropped(server, query->question()->name)) return {};
  const bool has_edns = query->edns().has_value();
  if (has_edns && server.drops_edns && !over_tcp) return {};
  RenderOptions options;
  options.with_edns = has_edns && !server.formerr_on_edns;
  options.lower_question = server.lowers_case;
  const size_t payload = has_edns ? std::max<size_t>(512, query->edns()->payload_bytes) : 512;
  options.bytes_max = over_tcp ? 65535 : std::min<size_t>(payload, 1232);
  options.recursion_available = server.recursive;
  options.truncate = server.truncates_all && !over_tcp;
  options.dnssec_ok = has_edns && query->edns()->dnssec_ok;
  std::vector<uint8_t> edns_options;
  bool has_server_cookie = false;
  if (options.with_edns && query->edns()->cookie && server.echoes_cookies) {
    edns_options = cookie_option(*query->edns()->cookie);
    options.edns_options = edns_options;
    has_server_cookie = !query->edns()->cookie->server.empty();
  }
  Response response;
  if (has_edns && server.formerr_on_edns) {
    response = refuse(wire::Rcode::kFormerr);
  } else if (server.demands_cookies && !edns_options.empty() && !has_server_cookie && !over_tcp) {
    response = refuse(wire::Rcode::kBadcookie);
  } else {
    response = think(server, *query);
    pass_forger(server, *query->question(), response);
  }
  return render(response, *query, options);
}

}  // namespace sim
