// make_tree: the zones with their cuts and the servers that hold them. What is in the zones beside
// that is drawn in content.cc.
#include <array>

#include "base/check.h"
#include "tests/sim/world.h"

namespace sim {
namespace {

using wire::Name;
using wire::NameView;
using wire::Type;

class TreeMaker {
 public:
  TreeMaker(World& world, Random& dice) : world_(world), dice_(dice) {}

  void make() {
    const size_t root = add_zone(Name());
    for (uint32_t index = dice_.between(1, 2); index > 0; --index) {
      serve_with_own_server(root, name_of(std::string(1, static_cast<char>('a' + index)) + ".rootns."));
    }
    make_tlds();
    make_providers();
    make_customers();
    make_sub_zones();
    if (dice_.percent(30)) make_evil_zone();
  }

 private:
  size_t add_zone(const Name& origin) {
    Zone zone;
    zone.origin = origin;
    auto data = std::make_shared<ZoneData>();
    const uint32_t minimum_s = draw_ttl_s();
    data->at(origin, Type::kSoa) = RrSet{draw_ttl_s(), {soa_rdata(below("hostmaster", origin), 1, minimum_s)}};
    zone.versions.push_back({base::Instant(), data});
    data_.push_back(data);
    server_ttl_s_.push_back(dice_.percent(15) ? dice_.between(1, 30) : 86400);
    world_.zones.push_back(zone);
    return world_.zones.size() - 1;
  }

  uint32_t draw_ttl_s() {
    static const std::vector<uint32_t> kTtls = {1, 5, 30, 300, 300, 3600, 3600, 86400};
    return dice_.pick(kTtls);
  }

  // Parent of a zone: the deepest other zone that holds its name.
  size_t parent_of(size_t zone) const {
    size_t best = 0;
    for (size_t index = 0; index < world_.zones.size(); ++index) {
      const NameView origin = world_.zones[index].origin;
      const NameView child = world_.zones[zone].origin;
      if (index == zone || origin == child || !child.is_within(origin)) continue;
      if (origin.label_count() >= world_.zones[best].origin.view().label_count()) best = index;
    }
    return best;
  }

  void put_addresses(size_t zone, const Name& server_name, const Server& server) {
    for (const base::IpAddress& address : server.addresses) {
      RrSet& set = data_[zone]->at(server_name, address.is_v4() ? Type::kA : Type::kAaaa);
      set.ttl_s = server_ttl_s_[zone];
      set.rdatas.push_back(rdata_of(address));
    }
  }

  void add_name_server(size_t zone, const Name& owner, const Name& server_name) {
    RrSet& set = data_[zone]->at(owner, Type::kNs);
    set.ttl_s = server_ttl_s_[zone];
    set.rdatas.push_back(rdata_of(server_name));
  }

  // Zone, NS name and server are bound together; the parent learns of it, with glue where needed.
  void serve(size_t zone, const Name& server_name, size_t server, bool parent_knows) {
    const Name& origin = world_.zones[zone].origin;
    add_name_server(zone, origin, server_name);
    world_.zones[zone].servers.push_back(server);
    world_.servers[server].zones.push_back(zone);
    if (origin.view().is_root() || !parent_knows) return;
    const size_t parent = parent_of(zone);
    add_name_server(parent, origin, server_name);
    if (server_name.view().is_within(origin)) put_addresses(parent, server_name, world_.servers[server]);
  }

  size_t add_server(const std::string& name) {
    Server server;
    server.name = name;
    const auto number = static_cast<uint8_t>(world_.servers.size() + 1);
    const uint32_t families = dice_.below(10);
    if (families < 9) {
      server.addresses.push_back(base::IpAddress::v4(std::array<uint8_t, 4>{198, 18, 0, number}));
    }
    if (families > 5) {
      std::array<uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
      bytes[15] = number;
      server.addresses.push_back(base::IpAddress::v6(bytes));
    }
    world_.servers.push_back(server);
    return world_.servers.size() - 1;
  }

  // A new server, named within the zone that it serves.
  size_t serve_with_own_server(size_t zone, const Name& server_name) {
    const size_t server = add_server(server_name.to_text());
    put_addresses(zone, server_name, world_.servers[server]);
    serve(zone, server_name, server, true);
    return server;
  }

  void make_tlds() {
    static const std::vector<std::string> kTlds = {"com", "net", "org"};
    const uint32_t count = dice_.between(1, 3);
    for (uint32_t index = 0; index < count; ++index) {
      const size_t zone = add_zone(name_of(kTlds[index] + "."));
      tlds_.push_back(zone);
      for (uint32_t server = dice_.between(1, 2); server > 0; --server) {
        serve_with_own_server(zone, below("ns" + std::to_string(server) + ".nic", world_.zones[zone].origin));
      }
    }
  }

  struct Provider {
    std::vector<std::pair<Name, size_t>> servers;  // NS name, server
  };

  void serve_by(size_t zone, const Provider& provider) {
    for (size_t index = 0; index < provider.servers.size(); ++index) {
      // Parent and child may disagree: the parent does not know all of the servers.
      const bool parent_knows = index == 0 || !dice_.percent(20);
      serve(zone, provider.servers[index].first, provider.servers[index].second, parent_knows);
    }
  }

  void make_providers() {
    const uint32_t count = dice_.between(1, 3);
    for (uint32_t index = 0; index < count; ++index) {
      const Name& tld = world_.zones[dice_.pick(tlds_)].origin;
      const size_t zone = add_zone(below("host" + std::to_string(index), tld));
      const bool is_served_by_other = index > 0 && dice_.percent(40);
      if (is_served_by_other) serve_by(zone, providers_[index - 1]);
      Provider provider;
      for (uint32_t server = dice_.between(1, 3); server > 0; --server) {
        const Name server_name = below("ns" + std::to_string(server), world_.zones[zone].origin);
        if (is_served_by_other) {
          const size_t added = add_server(server_name.to_text());
          put_addresses(zone, server_name, world_.servers[added]);
          provider.servers.emplace_back(server_name, added);
        } else {
          provider.servers.emplace_back(server_name, serve_with_own_server(zone, server_name));
        }
      }
      providers_.push_back(provider);
    }
  }

  void serve_somehow(size_t zone) {
    if (dice_.percent(25)) {
      serve_with_own_server(zone, below("ns", world_.zones[zone].origin));
      return;
    }
    const size_t first = dice_.below(static_cast<uint32_t>(providers_.size()));
    serve_by(zone, providers_[first]);
    if (first + 1 < providers_.size() && dice_.percent(30)) serve_by(zone, providers_[first + 1]);
  }

  void make_customers() {
    static const std::vector<std::string> kLabels = {"shop", "news", "bank", "mail", "game", "blog"};
    const uint32_t count = dice_.between(2, 6);
    for (uint32_t index = 0; index < count; ++index) {
      const size_t zone = add_zone(below(kLabels[index], world_.zones[dice_.pick(tlds_)].origin));
      serve_somehow(zone);
      customers_.push_back(zone);
    }
  }

  void make_sub_zones() {
    const uint32_t count = dice_.below(3);
    for (uint32_t index = 0; index < count; ++index) {
      const Name parent = world_.zones[dice_.pick(customers_)].origin;
      const std::string label = dice_.percent(30) ? "x.deep" : "sub";  // a cut below an empty non-terminal
      const size_t zone = add_zone(below(label + std::to_string(index), parent));
      serve_somehow(zone);
      if (dice_.percent(30)) customers_.push_back(zone);
    }
  }

  void make_evil_zone() {
    const size_t zone = add_zone(below("evil", world_.zones[dice_.pick(tlds_)].origin));
    const size_t server = serve_with_own_server(zone, below("ns", world_.zones[zone].origin));
    world_.zones[zone].evil = true;
    world_.servers[server].evil = true;
  }

  World& world_;
  Random& dice_;
  std::vector<std::shared_ptr<ZoneData>> data_;  // the versions of world_.zones, still open to change
  std::vector<uint32_t> server_ttl_s_;
  std::vector<size_t> tlds_;
  std::vector<size_t> customers_;
  std::vector<Provider> providers_;
};

}  // namespace

void make_tree(World& world, Random& dice) { TreeMaker(world, dice).make(); }

}  // namespace sim
