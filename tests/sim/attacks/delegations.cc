// Attacks that make the resolver ask on: referrals and aliases without end.
#include "tests/sim/attacks/internet.h"
#include "tests/sim/attacks/report.h"

namespace attacks {
namespace {

using wire::Type;

constexpr uint64_t kManyQuestions = 100;

// One question to a fresh resolver, then a hundred, each for another name, one after the other.
void play(const std::string& attack, const std::string& before, const std::string& after, uint64_t packets_max,
          const Authority& evil) {
  for (const uint64_t questions : {uint64_t{1}, kManyQuestions}) {
    Bench bench({}, internet(evil));
    bench.warm_up();
    for (uint64_t index = 0; index < questions; ++index) {
      (void)bench.ask(0, before + "q" + std::to_string(index) + after, Type::kA, kClient);
      bench.run_until_answered();
    }
    bench.run_until_idle();  // what is still out counts too
    print_row(attack, questions, bench);
    expect_at_most(bench.totals().sent(), packets_max * questions, attack + ": packets sent");
    const resolver::Engine::Usage left = bench.usage();
    expect(left.resolutions + left.exchanges + left.flights + left.timers == 0, attack + ": nothing is left over");
  }
}

std::vector<NameServer> many_names(const std::string& mark, size_t count, const std::string& zone) {
  std::vector<NameServer> servers;
  for (size_t index = 0; index < count; ++index) servers.push_back({"ns" + std::to_string(index) + "-" + mark + "." + zone, {}});
  return servers;
}

// Row 19: a referral to many names without glue in the victim's zone.
Packets nxns(const Ask& ask) {
  const size_t labels = ask.name.view().label_count();
  if (labels < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  return reply(ask, refer(zone, many_names(label(sim::name_of(zone)), 135, "victim.")));
}

// Row 25: 1,500 names of servers that do not answer.
Packets nrdelegation(const Ask& ask) {
  const size_t labels = ask.name.view().label_count();
  if (labels < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  return reply(ask, refer(zone, many_names(label(sim::name_of(zone)), 1500, "dead.")));
}

// Row 20: each zone is delegated to a name in the next zone, without glue, for ever.
Packets idns_sideways(const Ask& ask) {
  if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  const std::string next = label(sim::name_of(zone)) + "x";
  return reply(ask, refer(zone, {{"ns." + (next.size() > 60 ? "z" + next.substr(0, 4) : next) + ".evil.", {}}}));
}

// Row 20: each label of a long name is another zone, with glue; the server's address says how deep.
Packets idns_downwards(const Ask& ask) {
  const size_t labels = ask.name.view().label_count();
  const size_t depth = ask.server == kAttacker ? 1 : ask.server.bytes()[3];
  if (labels <= depth) return reply(ask, no_data(ask.name.to_text()));
  const std::string zone = suffix(ask.name, depth + 1);
  return reply(ask, refer(zone, {{"ns." + zone, {server_at_depth(depth + 1)}}}));
}

// Row 21: an alias leads to the next zone, under the same labels.
Packets unchained(const Ask& ask, size_t name_labels, const std::string& labels_before) {
  const size_t labels = ask.name.view().label_count();
  if (labels < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  if (ask.server == kAttacker) return reply(ask, refer(zone, {{"ns." + zone, {kAttacker2}}}));
  if (labels < name_labels) return reply(ask, no_data(zone));
  return reply(ask, alias(ask.name, labels_before + label(sim::name_of(zone)) + "x.evil."));
}

Packets unchained_short(const Ask& ask) { return unchained(ask, 3, "a."); }
Packets unchained_deep(const Ask& ask) { return unchained(ask, 12, "a.b.c.d.e.f.g.h.i.j."); }

// Row 23: aliases, each into a zone with many names that do not answer and one that does.
Packets camp(const Ask& ask) {
  const size_t labels = ask.name.view().label_count();
  if (labels < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  const std::string mark = label(sim::name_of(zone));
  if (ask.server == kAttacker) {
    std::vector<NameServer> servers = many_names(mark, 10, "dead.");
    for (const NameServer& one : many_names(mark, 10, "victim.")) servers.push_back(one);
    servers.push_back({"ns." + zone, {kAttacker2}});
    for (size_t index = 0; index < 3; ++index) servers[index].glue.push_back(dead_server(index));
    return reply(ask, refer(zone, servers));
  }
  if (labels < 3) return reply(ask, no_data(zone));
  return reply(ask, alias(ask.name, "a." + mark + "x.evil."));
}

// Row 23: the tree of names: each server name is itself in a zone with as many such servers.
Packets camp_tree(const Ask& ask) {
  const size_t labels = ask.name.view().label_count();
  if (labels < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  const std::string mark = label(sim::name_of(zone));
  if (mark.size() > 55) return {};
  std::vector<NameServer> servers;
  for (size_t index = 0; index < 20; ++index) servers.push_back({"ns." + mark + std::string(1, static_cast<char>('a' + index)) + ".evil.", {}});
  return reply(ask, refer(zone, servers));
}

// Row 25: as many names as one set may have.
Packets nrdelegation_small(const Ask& ask) {
  if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  return reply(ask, refer(zone, many_names(label(sim::name_of(zone)), 250, "dead.")));
}

// Row 22: two zones, each served by a name in the other.
Packets tsuname(const Ask& ask) {
  if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  return reply(ask, refer(zone, {{zone == "one.evil." ? "ns.two.evil." : "ns.one.evil.", {}}}));
}

// Row 27: glue that points at the resolver itself, at this host, at nobody.
Packets self_glue(const Ask& ask) {
  if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  const std::vector<base::IpAddress> glue = {kResolver, address(127, 0, 0, 1), address(0, 0, 0, 0), address(255, 255, 255, 255)};
  return reply(ask, refer(zone, {{"ns." + zone, glue}}));
}

// Row 28: ten names with the same three addresses, which are silent.
Packets same_addresses(const Ask& ask) {
  if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
  const std::string zone = suffix(ask.name, 2);
  std::vector<NameServer> servers;
  for (size_t index = 0; index < 10; ++index) {
    servers.push_back({"ns" + std::to_string(index) + "." + zone, {dead_server(0), dead_server(1), dead_server(2)}});
  }
  return reply(ask, refer(zone, servers));
}

// Row 30: an answer that is no use, again and again.
Packets never_useful(const Ask& ask) {
  if (ask.name.view().label_count() < 2) return reply(ask, no_data("evil."));
  sim::Response response;
  response.rcode = ask.name.view().label_count() % 2 == 0 ? wire::Rcode::kFormerr : wire::Rcode::kServfail;
  return reply(ask, response);
}

void play_self_glue() {
  Bench bench({}, internet(self_glue));
  bench.warm_up();
  (void)bench.ask(0, "q.self.evil.", Type::kA, kClient);
  bench.run_until_idle();
  print_row("self-pointed glue", 1, bench);
  for (const auto& [server, sends] : bench.totals().sent_to) {
    expect(server == kRoot || server == kAttacker, "self-pointed glue: nothing is sent to " + server.to_text());
  }
}

// The same cycle asked for again and again within a minute.
void play_tsuname_again() {
  Bench bench({}, internet(tsuname));
  bench.warm_up();
  for (size_t index = 0; index < 600; ++index) {
    (void)bench.ask(0, "www.one.evil.", Type::kA, kClient);
    bench.run_for(base::milliseconds(100));
  }
  bench.run_until_idle();
  print_row("TsuNAME, same name, 10/s", 600, bench);
  expect_at_most(bench.totals().sent(), 100, "TsuNAME for a minute: packets sent");
}

}  // namespace

void delegation_attacks() {
  std::string deep;
  for (size_t index = 0; index < 110; ++index) deep += "a.";
  play("NXNSAttack, 135 names", "", ".evil.", 24, nxns);
  play("NRDelegation, 1500 names", "", ".evil.", 6, nrdelegation);
  play("NRDelegation, 250 names", "", ".evil.", 36, nrdelegation_small);
  play("iDNS, sideways", "", ".evil.", 20, idns_sideways);
  play("iDNS, downwards", deep, ".evil.", 60, idns_downwards);
  play("Unchained", "a.", ".evil.", 60, unchained_short);
  play("Unchained, deep names", "a.b.c.d.e.f.g.h.i.j.", ".evil.", 100, unchained_deep);
  play("CAMP, chain and fan-out", "a.", ".evil.", 60, camp);
  play("CAMP, tree of names", "", ".evil.", 60, camp_tree);
  play("TsuNAME", "", ".one.evil.", 8, tsuname);
  play_tsuname_again();
  play_self_glue();
  play("duplicate addresses", "", ".evil.", 16, same_addresses);
  play("useless answers", "", ".evil.", 6, never_useful);
}

}  // namespace attacks
