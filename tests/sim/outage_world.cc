// draw_outage_world: root and top-level domains that never fail, two or three providers, zones of different
// owners on one provider or two, and one fault.
#include <array>
#include <map>

#include "tests/sim/event_queue.h"
#include "tests/sim/world.h"

namespace sim {
namespace {

using base::milliseconds;
using base::seconds;
using wire::Name;
using wire::Type;

constexpr uint32_t kSlowTtl_s = 86400;

class OutageMaker {
 public:
  OutageMaker(World& world, Outage& plan, Random& dice) : world_(world), plan_(plan), dice_(dice) {}

  void make() {
    plan_.delegation_ttl_s = dice_.percent(40) ? dice_.between(20, 60) : 3600;
    add_zone(Name(), kSlowTtl_s);
    for (uint8_t index = 0; index < 2; ++index) {
      serve_itself(0, std::string(1, static_cast<char>('a' + index)) + ".rootns", v4(198, 41, index, 4));
    }
    for (uint8_t index = 0; index < 2; ++index) {
      tlds_.push_back(add_zone(name_of(index == 0 ? "com." : "net."), kSlowTtl_s));
      for (uint8_t server = 0; server < 2; ++server) {
        serve_itself(tlds_.back(), "ns" + std::to_string(server) + ".nic", v4(192, 5, uint8_t(index * 2 + server), 30));
      }
    }
    const auto count = static_cast<uint8_t>(dice_.between(2, 3));
    for (uint8_t index = 0; index < count; ++index) make_provider(index);
    make_customers();
    draw_fault();
    for (size_t zone = 0; zone < world_.zones.size(); ++zone) {
      world_.zones[zone].versions.push_back({base::Instant(), std::make_shared<ZoneData>(data_[zone])});
    }
    draw_parents_words();
    for (const KnownName& known : plan_.names) {
      if (plan_.kind == OutageKind::kGhost && plan_.concerns(known.zone)) continue;
      if (plan_.kind == OutageKind::kAttacker && plan_.concerns(known.zone)) continue;
      world_.questions.push_back({known.name, known.type});
    }
  }

 private:
  static base::IpAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return base::IpAddress::v4(std::array<uint8_t, 4>{a, b, c, d});
  }

  size_t add_zone(const Name& origin, uint32_t ttl_s) {
    Zone zone;
    zone.origin = origin;
    ZoneData data;
    data.at(origin, Type::kSoa) = RrSet{ttl_s, {soa_rdata(below("hostmaster", origin), 1, ttl_s)}};
    world_.zones.push_back(zone);
    data_.push_back(data);
    return world_.zones.size() - 1;
  }

  size_t parent_of(size_t zone) const {
    const wire::NameView origin = world_.zones[zone].origin;
    for (const size_t tld : tlds_) {
      if (tld != zone && origin.is_within(world_.zones[tld].origin)) return tld;
    }
    return 0;
  }

  size_t add_server(const Name& name, std::vector<base::IpAddress> addresses, size_t provider) {
    Server server;
    server.name = name.to_text();
    server.addresses = std::move(addresses);
    server.round_trip = dice_.duration(milliseconds(1), milliseconds(40));
    server.minimal = dice_.percent(50);
    world_.servers.push_back(server);
    plan_.provider_of.push_back(provider);
    return world_.servers.size() - 1;
  }

  void delegate(size_t zone, size_t server, uint32_t ttl_s) {
    const Name name = name_of(world_.servers[server].name);
    const Name& origin = world_.zones[zone].origin;
    world_.servers[server].zones.push_back(zone);
    world_.zones[zone].servers.push_back(server);
    add_to(data_[zone].at(origin, Type::kNs), ttl_s, rdata_of(name));
    const size_t parent = parent_of(zone);
    if (parent == zone) return;
    add_to(data_[parent].at(origin, Type::kNs), ttl_s, rdata_of(name));
    if (name.view().is_within(origin)) put_addresses(data_[parent], name, server);
  }

  static void add_to(RrSet& set, uint32_t ttl_s, const Rdata& rdata) {
    set.ttl_s = ttl_s;
    set.rdatas.push_back(rdata);
  }

  void put_addresses(ZoneData& data, const Name& name, size_t server) {
    for (const base::IpAddress& address : world_.servers[server].addresses) {
      add_to(data.at(name, address.is_v4() ? Type::kA : Type::kAaaa), kSlowTtl_s, rdata_of(address));
    }
  }

  void serve_itself(size_t zone, const std::string& label, const base::IpAddress& address) {
    const Name name = below(label, world_.zones[zone].origin);
    const size_t server = add_server(name, {address}, Outage::kNobody);
    put_addresses(data_[zone], name, server);
    delegate(zone, server, kSlowTtl_s);
  }

  void make_provider(uint8_t index) {
    const Name& tld = world_.zones[dice_.pick(tlds_)].origin;
    const size_t zone = add_zone(below("provider" + std::to_string(index), tld), kSlowTtl_s);
    Provider provider;
    provider.domain = world_.zones[zone].origin;
    const auto networks = static_cast<uint8_t>(dice_.between(1, 3));
    const bool has_v6 = dice_.percent(40);
    for (uint8_t at = 0, count = static_cast<uint8_t>(dice_.between(3, 6)); at < count; ++at) {
      std::vector<base::IpAddress> addresses = {v4(203, uint8_t(10 + index), uint8_t(at % networks), uint8_t(10 + at))};
      if (has_v6) {
        std::array<uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8, uint8_t(1 + index), uint8_t(at % networks)};
        bytes[15] = uint8_t(1 + at);
        addresses.push_back(base::IpAddress::v6(bytes));
      }
      const Name name = below("ns" + std::to_string(at), provider.domain);
      const size_t server = add_server(name, addresses, index);
      put_addresses(data_[zone], name, server);
      delegate(zone, server, kSlowTtl_s);
      provider.servers.push_back(server);
    }
    plan_.providers.push_back(provider);
  }

  // Two or three servers of the provider, not the same for every zone.
  std::vector<size_t> draw_servers(size_t provider) {
    const std::vector<size_t>& all = plan_.providers[provider].servers;
    std::vector<size_t> some;
    const size_t first = dice_.below(static_cast<uint32_t>(all.size()));
    for (size_t step = 0, count = dice_.between(2, 3); step < count; ++step) {
      some.push_back(all[(first + step) % all.size()]);
    }
    return some;
  }

  size_t add_customer(const std::vector<size_t>& providers) {
    const Name& tld = world_.zones[dice_.pick(tlds_)].origin;
    const size_t zone = add_zone(below("owner" + std::to_string(world_.zones.size()), tld), dice_.between(2, 10));
    for (const size_t provider : providers) {
      for (const size_t server : draw_servers(provider)) delegate(zone, server, plan_.delegation_ttl_s);
    }
    return zone;
  }

  void know(size_t zone, const Name& name, Type type) {
    plan_.names.push_back({name, type, zone, dice_.duration(seconds(3), seconds(8))});
  }

  void add_names(size_t zone) {
    const Name& origin = world_.zones[zone].origin;
    const Name www = below("www", origin);
    add_to(data_[zone].at(www, Type::kA), dice_.between(2, 20), rdata_of(draw_address()));
    know(zone, www, Type::kA);
    if (dice_.percent(20)) know(zone, www, Type::kTxt);
    if (dice_.percent(20)) know(zone, below("missing", origin), Type::kA);
    if (dice_.percent(30)) {
      add_to(data_[zone].at(below("alias", origin), Type::kCname), dice_.between(2, 20), rdata_of(www));
      know(zone, below("alias", origin), Type::kA);
    }
  }

  base::IpAddress draw_address() { return v4(192, 0, 2, static_cast<uint8_t>(dice_.between(1, 250))); }

  void make_customers() {
    for (size_t provider = 0; provider < plan_.providers.size(); ++provider) {
      for (uint32_t count = dice_.between(provider == 0 ? 8 : 4, provider == 0 ? 16 : 8); count > 0; --count) {
        add_names(add_customer({provider}));
      }
    }
    for (uint32_t count = dice_.between(3, 6); count > 0; --count) {
      add_names(add_customer({0, dice_.between(1, static_cast<uint32_t>(plan_.providers.size()) - 1)}));
    }
  }

  void draw_fault() {
    plan_.kind = static_cast<OutageKind>(dice_.below(static_cast<uint32_t>(OutageKind::kAttacker) + 1));
    const base::Instant start = base::Instant::from_boot(kBootAtStart);
    plan_.from = start + dice_.duration(seconds(40), seconds(60));
    plan_.until = plan_.from + dice_.duration(seconds(30), seconds(90));
    plan_.end = plan_.until + seconds(45);
    plan_.changed = plan_.from + dice_.duration(seconds(2), (plan_.until - plan_.from) / 2);
    plan_.loss = dice_.between(30, 90);
    plan_.slowness = dice_.duration(seconds(1), seconds(5));
    plan_.is_ghost_silent = dice_.percent(50);
    const std::vector<size_t>& servers = plan_.providers[0].servers;
    switch (plan_.kind) {
      case OutageKind::kNone:
      case OutageKind::kUplink:
        break;
      case OutageKind::kHalf:
        plan_.failing.assign(servers.begin(), servers.begin() + static_cast<ptrdiff_t>(servers.size() / 2));
        break;
      case OutageKind::kOneServer:
        plan_.failing = {dice_.pick(servers)};
        break;
      case OutageKind::kOneZone:
        plan_.zones = draw_zones_of_first(1);
        break;
      case OutageKind::kAttacker:
        for (uint32_t count = dice_.between(3, 12); count > 0; --count) add_attackers_zone();
        break;
      case OutageKind::kGhost:
        plan_.zones = draw_zones_of_first(3);
        if (plan_.is_ghost_silent) plan_.failing = servers;
        break;
      case OutageKind::kMoved:
        plan_.zones = draw_zones_of_first(3);
        plan_.failing = servers;
        break;
      case OutageKind::kSilent:
      case OutageKind::kServfail:
      case OutageKind::kRefused:
      case OutageKind::kLossy:
      case OutageKind::kSlow:
      case OutageKind::kWrongNxdomain:
        plan_.failing = servers;
        break;
    }
  }

  // Zones of customers that only the first provider serves.
  std::vector<size_t> draw_zones_of_first(size_t most) {
    std::vector<size_t> zones;
    for (const KnownName& known : plan_.names) {
      const auto is_firsts = [&](size_t server) { return plan_.provider_of[server] == 0; };
      if (!std::ranges::all_of(world_.zones[known.zone].servers, is_firsts)) continue;
      if (zones.size() < most && std::ranges::find(zones, known.zone) == zones.end()) zones.push_back(known.zone);
    }
    return zones;
  }

  // As good as any of the provider's, but that the provider answers nothing about it.
  void add_attackers_zone() {
    const size_t zone = add_customer({0});
    world_.zones[zone].evil = true;
    plan_.zones.push_back(zone);
    const Name& origin = world_.zones[zone].origin;
    for (int index = 0; index < 6; ++index) know(zone, below("r" + std::to_string(index), origin), Type::kA);
  }

  // The new provider holds the zone from the beginning; nobody asks there before the parent says so.
  void draw_parents_words() {
    if (plan_.kind != OutageKind::kMoved && plan_.kind != OutageKind::kGhost) return;
    std::map<size_t, ZoneData> parents;
    for (const size_t zone : plan_.zones) {
      const Name& origin = world_.zones[zone].origin;
      const size_t parent = parent_of(zone);
      ZoneData& parent_data = parents.try_emplace(parent, data_[parent]).first->second;
      parent_data.nodes.erase(key_of(origin));
      if (plan_.kind == OutageKind::kGhost) continue;
      ZoneData moved = data_[zone];
      RrSet servers;
      for (const size_t server : draw_servers(1)) {
        world_.servers[server].zones.push_back(zone);
        add_to(servers, plan_.delegation_ttl_s, rdata_of(name_of(world_.servers[server].name)));
      }
      parent_data.at(origin, Type::kNs) = servers;
      moved.at(origin, Type::kNs) = servers;
      moved.at(below("www", origin), Type::kA).rdatas = {rdata_of(v4(192, 0, 2, 251))};
      world_.changes.push_back({plan_.changed, zone, std::make_shared<ZoneData>(moved)});
    }
    for (const auto& [parent, data] : parents) {
      world_.changes.push_back({plan_.changed, parent, std::make_shared<ZoneData>(data)});
    }
  }

  World& world_;
  Outage& plan_;
  Random& dice_;
  std::vector<ZoneData> data_;  // by zone
  std::vector<size_t> tlds_;
};

}  // namespace

void make_outage(World& world, Random& dice) {
  world.level = Level::kFaulty;
  world.outage.emplace();
  OutageMaker(world, *world.outage, dice).make();
  world.habits.addresses = dice.between(1, 20);
  world.habits.tcp = dice.percent(70) ? 0 : 5;
}

}  // namespace sim
