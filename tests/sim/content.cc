// fill_zones: names of every kind in every zone, and the questions worth asking about them;
// draw_changes: how the zones change while the world runs.
#include <algorithm>

#include "base/check.h"
#include "tests/sim/world.h"
#include "wire/rdata.h"

namespace sim {
namespace {

using wire::Name;
using wire::NameView;
using wire::Type;

constexpr auto kUnknownType = static_cast<Type>(65280);

class ContentMaker {
 public:
  ContentMaker(World& world, Random& dice) : world_(world), dice_(dice) {}

  void fill() {
    for (size_t zone = 0; zone < world_.zones.size(); ++zone) data_.push_back(world_.zones[zone].data());
    for (size_t zone = 0; zone < data_.size(); ++zone) {
      const Name& origin = world_.zones[zone].origin;
      ask(origin, Type::kNs);
      ask(origin, Type::kSoa);
      ask(below("nothing" + std::to_string(zone), origin), Type::kA);
      if (origin.view().label_count() >= 2) add_hosts(zone);
    }
    targets_ = world_.questions.size();
    for (size_t zone = 0; zone < data_.size(); ++zone) {
      if (world_.zones[zone].origin.view().label_count() >= 2) add_aliases(zone);
    }
    for (size_t zone = 0; zone < data_.size(); ++zone) {
      world_.zones[zone].versions.back().data = std::make_shared<ZoneData>(data_[zone]);
    }
    shuffle();
  }

 private:
  void ask(const Name& name, Type type) { world_.questions.push_back({name, type}); }

  uint32_t draw_ttl_s() {
    static const std::vector<uint32_t> kTtls = {0, 1, 2, 5, 10, 30, 60, 300, 300, 3600, 86400, 604800};
    return dice_.pick(kTtls);
  }

  base::IpAddress draw_address(Type type) {
    if (type == Type::kA) {
      const std::array<uint8_t, 4> bytes{192, 0, 2, static_cast<uint8_t>(dice_.between(1, 250))};
      return base::IpAddress::v4(bytes);
    }
    std::array<uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8, 1};
    bytes[15] = static_cast<uint8_t>(dice_.between(1, 250));
    return base::IpAddress::v6(bytes);
  }

  void put_addresses(size_t zone, const Name& name, Type type, uint32_t count) {
    RrSet& set = data_[zone].at(name, type);
    set.ttl_s = draw_ttl_s();
    while (set.rdatas.size() < count) {
      Rdata rdata = rdata_of(draw_address(type));
      if (std::find(set.rdatas.begin(), set.rdatas.end(), rdata) == set.rdatas.end()) set.rdatas.push_back(rdata);
    }
    ask(name, type);
  }

  void put(size_t zone, const Name& name, Type type, std::vector<Rdata> rdatas) {
    data_[zone].at(name, type) = RrSet{draw_ttl_s(), std::move(rdatas)};
    ask(name, type);
  }

  void add_hosts(size_t zone) {
    const Name& origin = world_.zones[zone].origin;
    const Name www = below("www", origin);
    put_addresses(zone, www, Type::kA, dice_.between(1, 4));
    if (dice_.percent(60)) put_addresses(zone, www, Type::kAaaa, 1);
    ask(www, Type::kAaaa);
    ask(www, Type::kTxt);
    ask(below("child", www), Type::kA);  // NXDOMAIN below a name that exists
    if (dice_.percent(50)) {
      put(zone, origin, Type::kMx, {mx_rdata(10, www), mx_rdata(20, below("mx", origin))});
      put_addresses(zone, below("mx", origin), Type::kA, 1);
    }
    if (dice_.percent(40)) {
      put_addresses(zone, below("one.two", origin), Type::kA, 1);
      ask(below("two", origin), Type::kA);  // an empty non-terminal
      ask(below("other.two", origin), Type::kA);
    }
    if (dice_.percent(40)) add_big_set(zone);
    if (dice_.percent(30)) {
      const std::string parent = dice_.percent(50) ? "" : ".wild";
      put_addresses(zone, below("*" + parent, origin), Type::kA, 1);
      ask(below("any" + parent, origin), Type::kA);
      ask(below("some.name" + parent, origin), Type::kA);
      ask(below("any" + parent, origin), Type::kTxt);
    }
    if (dice_.percent(20)) put(zone, below("odd", origin), kUnknownType, {Rdata{1, 2, 3, 4, 5}});
  }

  // Over 1232 bytes, so that it needs TCP.
  void add_big_set(size_t zone) {
    std::vector<Rdata> rdatas;
    for (uint32_t index = dice_.between(10, 20); index > 0; --index) {
      rdatas.push_back(txt_rdata({std::string(dice_.between(100, 200), static_cast<char>('a' + index))}));
    }
    put(zone, below("big", world_.zones[zone].origin), Type::kTxt, rdatas);
  }

  const Name& draw_target() { return world_.questions[dice_.below(static_cast<uint32_t>(targets_))].name; }

  void put_alias(size_t zone, const Name& name, NameView target) {
    data_[zone].at(name, Type::kCname) = RrSet{draw_ttl_s(), {rdata_of(target)}};
    ask(name, Type::kA);
    if (dice_.percent(30)) ask(name, Type::kTxt);
    if (dice_.percent(10)) ask(name, Type::kCname);
  }

  void add_aliases(size_t zone) {
    const Name& origin = world_.zones[zone].origin;
    put_alias(zone, below("alias", origin), draw_target());
    const uint32_t other = dice_.below(static_cast<uint32_t>(data_.size()));
    // A chain through the zones: to the other zone's alias, which leads on.
    put_alias(zone, below("hop", origin), below("alias", world_.zones[other].origin));
    if (dice_.percent(15)) add_chain(zone, dice_.between(2, 20));
    if (dice_.percent(10)) {
      put_alias(zone, below("loop1", origin), below("loop2", origin));
      put_alias(zone, below("loop2", origin), below("loop1", origin));
      put_alias(zone, below("self", origin), below("self", origin));
    }
    if (dice_.percent(25)) {
      const Name moved = below("moved", origin);
      data_[zone].at(moved, Type::kDname) = RrSet{draw_ttl_s(), {rdata_of(world_.zones[other].origin)}};
      ask(below("www", moved), Type::kA);
      ask(below("alias", moved), Type::kA);
      ask(below("nothing", moved), Type::kA);
      ask(moved, Type::kDname);
      ask(moved, Type::kA);
    }
  }

  void add_chain(size_t zone, uint32_t links) {
    const Name& origin = world_.zones[zone].origin;
    for (uint32_t index = 0; index < links; ++index) {
      const Name name = below("link" + std::to_string(index), origin);
      const Name next = index + 1 == links ? draw_target() : below("link" + std::to_string(index + 1), origin);
      data_[zone].at(name, Type::kCname) = RrSet{draw_ttl_s(), {rdata_of(next)}};
    }
    ask(below("link0", origin), Type::kA);
    ask(below("link" + std::to_string(links / 2), origin), Type::kA);
  }

  void shuffle() {
    for (size_t index = world_.questions.size(); index > 1; --index) {
      std::swap(world_.questions[index - 1], world_.questions[dice_.below(static_cast<uint32_t>(index))]);
    }
  }

  World& world_;
  Random& dice_;
  std::vector<ZoneData> data_;
  size_t targets_ = 0;  // the first so many questions are no aliases
};

void raise_serial(ZoneData& data, NameView origin) {
  RrSet& soa = data.at(origin, Type::kSoa);
  const auto fields = wire::parse_soa(soa.rdatas.front());
  CHECK(fields.has_value());
  soa.rdatas.front() = soa_rdata(Name(fields->mname), fields->serial + 1, fields->minimum);
}

// A new address, a name that goes, or a name that comes.
void change_something(ZoneData& data, NameView origin, Random& dice) {
  const Name www = below("www", origin);
  const Name nothing = below("nothing-yet", origin);
  switch (dice.below(4)) {
    case 0:
    case 1: {
      const std::array<uint8_t, 4> bytes{192, 0, 2, static_cast<uint8_t>(dice.between(1, 250))};
      data.at(www, Type::kA) = RrSet{dice.between(0, 60), {rdata_of(base::IpAddress::v4(bytes))}};
      break;
    }
    case 2:
      data.nodes.erase(key_of(www));
      break;
    default:
      data.at(nothing, Type::kA) = RrSet{30, {rdata_of(base::IpAddress::v4(std::array<uint8_t, 4>{192, 0, 2, 251}))}};
      break;
  }
}

}  // namespace

void fill_zones(World& world, Random& dice) { ContentMaker(world, dice).fill(); }

void draw_changes(World& world, Random& dice) {
  const uint32_t count = dice.percent(50) ? 0 : dice.between(1, 12);
  std::vector<base::Instant> times;
  for (uint32_t index = 0; index < count; ++index) {
    times.push_back(base::Instant::from_boot(base::seconds(1000)) + dice.duration(base::seconds(1), world.habits.span));
  }
  std::sort(times.begin(), times.end());
  std::map<size_t, ZoneData> latest;
  for (const base::Instant when : times) {
    const size_t zone = dice.below(static_cast<uint32_t>(world.zones.size()));
    const NameView origin = world.zones[zone].origin;
    if (origin.label_count() < 2) continue;
    const auto data = latest.try_emplace(zone, world.zones[zone].data()).first;
    raise_serial(data->second, origin);
    change_something(data->second, origin, dice);
    world.questions.push_back({below("nothing-yet", origin), Type::kA});
    world.changes.push_back({when, zone, std::make_shared<ZoneData>(data->second)});
  }
}

}  // namespace sim
