#include "tests/sim/world.h"

#include <algorithm>

#include "base/check.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/zone_signer.h"

namespace sim {
namespace {

using base::milliseconds;
using base::seconds;
using wire::Type;

// Often zero, otherwise somewhere up to `most` percent.
uint32_t swarm(Random& dice, uint32_t zero_percent, uint32_t most) {
  return dice.percent(zero_percent) ? 0 : dice.between(1, most);
}

void draw_habits(World& world, Random& dice) {
  ClientHabits& habits = world.habits;
  habits.one_at_a_time = dice.percent(25);
  habits.queries = habits.one_at_a_time ? dice.between(10, 40) : dice.between(40, 160);
  habits.span = dice.duration(seconds(5), seconds(400));
  habits.burst = swarm(dice, 50, 30);
  habits.flood = swarm(dice, 60, 30);
  habits.tcp = swarm(dice, 40, 40);
  habits.gone = swarm(dice, 60, 40);
  habits.addresses = dice.between(1, 20);
}

void draw_quirks(Server& server, uint32_t chance, Random& dice) {
  server.formerr_on_edns = dice.percent(chance);
  server.lowers_case = dice.percent(chance);
  server.echoes_cookies = dice.percent(30 + chance);
  server.demands_cookies = server.echoes_cookies && !server.formerr_on_edns && dice.percent(chance);
  server.truncates_all = dice.percent(chance / 2);
}

void draw_server_faults(Server& server, uint32_t chance, const ClientHabits& habits, Random& dice) {
  static const std::vector<Manner> kManners = {Manner::kDead,      Manner::kDead,     Manner::kRefuses,
                                               Manner::kServfails, Manner::kFormerrs, Manner::kRefersUpward};
  server.round_trip = dice.percent(20) ? dice.duration(milliseconds(100), milliseconds(900)) : server.round_trip;
  if (dice.percent(chance)) server.manner = dice.pick(kManners);
  server.drops_edns = dice.percent(chance / 2);
  server.refuses_tcp = dice.percent(chance / 2);
  server.closes_stream_after_each = dice.percent(chance / 2);
  if (dice.percent(chance / 2)) server.tcp_delay = dice.duration(milliseconds(100), seconds(8));
  if (dice.percent(chance)) {
    server.dark_from = base::Instant::from_boot(kBootAtStart) + dice.duration(seconds(0), habits.span);
    server.dark_until = server.dark_from + dice.duration(seconds(1), seconds(120));
  }
}

void draw_faults(World& world, Random& dice) {
  const uint32_t level = dice.below(100);
  world.level = level < 25 ? Level::kClean : level < 50 ? Level::kQuirky : Level::kFaulty;
  const uint32_t quirk_chance = world.level == Level::kClean ? 0 : swarm(dice, 30, 40);
  const uint32_t fault_chance = world.level == Level::kFaulty ? swarm(dice, 30, 50) : 0;
  for (Server& server : world.servers) {
    server.round_trip = dice.duration(milliseconds(1), milliseconds(30));
    server.minimal = dice.percent(50);
    if (world.level == Level::kClean) continue;
    draw_quirks(server, quirk_chance, dice);
    if (world.level == Level::kFaulty) draw_server_faults(server, fault_chance, world.habits, dice);
  }
  if (world.level == Level::kClean) return;
  world.faults.forge = swarm(dice, 60, 60);
  world.faults.duplicate = swarm(dice, 50, 20);
  world.faults.port_taken = swarm(dice, 70, 20);
  if (world.level == Level::kQuirky) return;
  world.faults.loss = swarm(dice, 40, 40);
  world.faults.late = swarm(dice, 60, 20);
  world.faults.no_descriptor = swarm(dice, 80, 10);
  world.faults.ipv6_dead = dice.percent(20);
}

void draw_options(World& world, Random& dice) {
  resolver::Options& options = world.options;
  options.answer.allow = {*base::Prefix::parse("10.0.0.0/8"), *base::Prefix::parse("fd00::/8")};
  for (const char* text :
       {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"}) {
    options.never_query.push_back(*base::Prefix::parse(text));
  }
  options.qname_minimisation = dice.percent(70);
  options.case_randomisation = dice.percent(80);
  options.max_ttl_s = dice.percent(20) ? 60 : 86400;
  options.max_negative_ttl_s = dice.percent(20) ? 10 : 3600;
  if (world.level == Level::kFaulty && !world.outage && dice.percent(40)) {
    world.has_tight_bounds = true;
    options.bounds.clients_max = dice.between(4, 64);
    options.bounds.exchanges_max = dice.between(8, 64);
    options.bounds.exchanges_per_server_max = dice.between(2, 16);
    options.bounds.exchanges_per_dark_server_max = dice.between(1, options.bounds.exchanges_per_server_max);
    options.bounds.streams_max = dice.between(1, 8);
  }
  options.root_hints.zone = wire::Name();
  for (const size_t index : world.zones[0].servers) {
    const Server& server = world.servers[index];
    options.root_hints.servers.push_back({name_of(server.name), server.addresses});
  }
  world.cache_bytes = dice.percent(25) && !world.outage ? (1ULL << 17) : (4ULL << 20);
}

void add_forwarder(World& world, Random& dice) {
  if (!dice.percent(30)) return;
  Server forwarder;
  forwarder.name = "forwarder.";
  forwarder.recursive = true;
  forwarder.addresses = {*base::IpAddress::parse("198.19.255.53")};
  forwarder.round_trip = dice.duration(milliseconds(1), milliseconds(30));
  forwarder.echoes_cookies = dice.percent(50);
  for (size_t zone = 0; zone < world.zones.size(); ++zone) {
    if (!world.zones[zone].evil) forwarder.zones.push_back(zone);
  }
  if (world.level == Level::kFaulty && dice.percent(60)) draw_server_faults(forwarder, 60, world.habits, dice);
  resolver::Upstream upstream{forwarder.name, {{forwarder.addresses[0], 5353}}, false};
  std::vector<size_t> steps = {resolver::kIterateStep, 0};
  if (dice.percent(50)) std::swap(steps[0], steps[1]);
  world.options.routes = resolver::RouteTable({std::move(upstream)}, {{wire::Name(), steps}});
  world.servers.push_back(std::move(forwarder));
}

}  // namespace

void World::heal(base::Instant now) {
  faults = Faults{};
  if (signing) signing->healed = now;
  for (const Zone& zone : zones) {
    if (zone.signer) zone.signer->heal(now);
  }
  for (Server& server : servers) {
    if (server.evil) continue;
    server.manner = Manner::kGood;
    server.formerr_on_edns = server.lowers_case = server.drops_edns = server.refuses_tcp = false;
    server.demands_cookies = server.truncates_all = server.closes_stream_after_each = false;
    server.tcp_delay = base::Duration(0);
    server.round_trip = std::min<base::Duration>(server.round_trip, milliseconds(30));
    server.dark_from = server.dark_until = base::Instant::never();
  }
}

namespace {

// Long enough for signatures to expire and keys to be rolled.
void draw_signed_world(World& world, Random& dice) {
  make_tree(world, dice);
  draw_habits(world, dice);
  world.habits.queries += 40;
  world.habits.span =
      world.habits.one_at_a_time ? kAloneGap * world.habits.queries : dice.duration(seconds(200), seconds(1200));
  fill_zones(world, dice);
  draw_changes(world, dice);
  draw_faults(world, dice);
  // Who takes no EDNS gives no signatures: a fault where zones are signed.
  for (Server& server : world.servers) {
    if (world.level == Level::kQuirky) server.formerr_on_edns = false;
  }
  make_signed(world, dice);
  draw_forger(world, dice);
  if (dice.percent(70)) world.signing->recovery_gap = dice.duration(seconds(5), seconds(60));
}

}  // namespace

World draw_world(uint64_t seed) {
  World world;
  world.seed = seed;
  Random dice(seed);
  if (seed >= kFirstSignedSeed) {
    draw_signed_world(world, dice);
  } else if (seed >= kFirstOutageSeed) {
    make_outage(world, dice);
  } else {
    make_tree(world, dice);
    draw_habits(world, dice);
    fill_zones(world, dice);
    draw_changes(world, dice);
    draw_faults(world, dice);
  }
  draw_options(world, dice);
  Random route_dice(seed ^ 0x726F'7574'65);  // of their own, so that the seeds below stay the worlds they were
  add_forwarder(world, route_dice);
  world.engine_count = dice.between(1, 4);
  world.step_delay_max = dice.percent(50) ? base::Duration(0) : dice.duration(base::microseconds(10), milliseconds(3));
  world.dice = dice.split();
  return world;
}

base::IpAddress forged_address(Type type) {
  if (type == Type::kAaaa) return *base::IpAddress::parse("2001:db8:bad::66");
  return *base::IpAddress::parse("203.0.113.66");
}

base::IpAddress forger_address(Type type) {
  if (type == Type::kAaaa) return *base::IpAddress::parse("2001:db8:bad::77");
  return *base::IpAddress::parse("203.0.113.77");
}

base::IpAddress liar_address(Type type) {
  if (type == Type::kAaaa) return *base::IpAddress::parse("2001:db8:bad::99");
  return *base::IpAddress::parse("203.0.113.99");
}

}  // namespace sim
