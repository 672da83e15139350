// Which route holds for a name, what its fingerprint depends on, and which step is tried next.
#include "resolver/routes.h"

#include "tests/unit/resolver/support.h"

namespace {

using resolver::choose_step;
using resolver::kIterateStep;
using resolver::Route;
using resolver::RouteTable;
using resolver::StepChoice;
using resolver::StepState;
using resolver::StepView;
using resolver::Upstream;
using resolver_test::name;
using wire::Type;

base::Endpoint endpoint(const char* text) { return *base::Endpoint::parse(text, 53); }

std::vector<Upstream> upstreams() {
  return {{"nine", {endpoint("9.9.9.9"), endpoint("149.112.112.112")}, false},
          {"corp", {endpoint("10.0.0.1"), endpoint("[fd00::1]:5353")}, true}};
}

RouteTable table() {
  return {upstreams(),
          {{name("corp.example"), {1}},
           {name("."), {kIterateStep, 0}},
           {name("Public.Corp.example"), {kIterateStep}},
           {name("10.in-addr.arpa"), {1, 0, kIterateStep}}}};
}

TEST(Routes, TheLongestZoneHolds) {
  struct Row {
    const char* qname;
    Type type;
    const char* zone;
  };
  constexpr Row kRows[] = {
      {".", Type::kNs, "."},
      {"example", Type::kA, "."},
      {"www.example.com", Type::kA, "."},
      {"corp.example", Type::kA, "corp.example"},
      {"CORP.Example", Type::kSoa, "corp.example"},
      {"corp.example", Type::kDs, "."},  // the parent's side of the cut
      {"a.corp.example", Type::kDs, "corp.example"},
      {"xcorp.example", Type::kA, "."},
      {"a.b.c.d.e.f.corp.example", Type::kA, "corp.example"},
      {"public.corp.example", Type::kA, "public.corp.example"},
      {"www.public.corp.example", Type::kA, "public.corp.example"},
      {"public.corp.example", Type::kDs, "corp.example"},
      {"4.3.2.10.in-addr.arpa", Type::kPtr, "10.in-addr.arpa"},
      {"in-addr.arpa", Type::kNs, "."},
      {".", Type::kDs, "."},
  };
  const RouteTable routes = table();
  for (const Row& row : kRows) {
    EXPECT_EQ(routes.find(name(row.qname), row.type).zone, name(row.zone)) << row.qname;
  }
}

TEST(Routes, WithoutConfigurationEverythingIsIterated) {
  const RouteTable routes;
  const Route& route = routes.find(name("www.example.com"));
  EXPECT_TRUE(route.zone.view().is_root());
  EXPECT_EQ(route.steps, std::vector<size_t>{kIterateStep});
  EXPECT_EQ(routes.upstream_of(route, 0), nullptr);
  EXPECT_FALSE(routes.forwards(route));
  EXPECT_EQ(routes.step_name(route, 0), "iterate");
}

TEST(Routes, AStubIsNoForwarder) {
  const RouteTable routes = table();
  EXPECT_TRUE(routes.forwards(routes.find(name("example"))));
  EXPECT_FALSE(routes.forwards(routes.find(name("corp.example"))));
  EXPECT_EQ(routes.step_name(routes.find(name("example")), 1), "nine");
}

TEST(Routes, ACopyKnowsItsOwnRoutes) {
  RouteTable first = table();
  const RouteTable copy = first;
  first = RouteTable();
  EXPECT_EQ(copy.find(name("corp.example")).zone, name("corp.example"));
}

TEST(Routes, TheFingerprintIsOfZoneStepsAndServers) {
  const uint64_t of_corp = table().fingerprint(name("www.corp.example"));
  EXPECT_EQ(of_corp, table().fingerprint(name("other.corp.example")));
  EXPECT_NE(of_corp, table().fingerprint(name("www.example.com")));
  // Kept in stores: a change of these numbers makes every store's records those of another route.
  EXPECT_EQ(of_corp, 0x7843'1332'8904'E6A4U);
  EXPECT_EQ(RouteTable().fingerprint(name("www.example.com")), 0x5F61'E019'80AB'94B9U);

  const std::vector<Route> routes = {{name("corp.example"), {1}}};
  const auto fingerprint = [&](auto&& change) {
    std::vector<Upstream> changed = upstreams();
    change(changed[1]);
    return RouteTable(changed, routes).fingerprint(name("corp.example"));
  };
  EXPECT_EQ(fingerprint([](Upstream& corp) { corp.name = "renamed"; }), of_corp);
  EXPECT_EQ(fingerprint([](Upstream& corp) { std::swap(corp.servers[0], corp.servers[1]); }), of_corp);
  EXPECT_NE(fingerprint([](Upstream& corp) { corp.servers.pop_back(); }), of_corp);
  EXPECT_NE(fingerprint([](Upstream& corp) { corp.servers[0].port = 54; }), of_corp);
  EXPECT_NE(fingerprint([](Upstream& corp) { corp.authoritative = false; }), of_corp);
  EXPECT_NE(RouteTable(upstreams(), {{name("corp.example"), {1, 0}}}).fingerprint(name("corp.example")), of_corp);
  EXPECT_NE(RouteTable(upstreams(), {{name("corp.example"), {0, 1}}}).fingerprint(name("corp.example")),
            RouteTable(upstreams(), {{name("corp.example"), {1, 0}}}).fingerprint(name("corp.example")));
}

TEST(ChooseStep, Table) {
  constexpr StepState U = StepState::kUntried, L = StepState::kLeft, F = StepState::kFailed, B = StepState::kBarred;
  struct Row {
    const char* what;
    std::vector<StepView> steps;
    std::optional<StepChoice> expected;
  };
  const Row kRows[] = {
      {"the first", {{U, false}, {U, false}}, StepChoice{0, false, {}}},
      {"only one, and dark", {{U, true}}, StepChoice{0, false, {}}},
      {"a dark one is passed over and probed", {{U, true}, {U, false}}, StepChoice{1, false, 0}},
      {"the first of two dark ones is probed", {{U, true}, {U, true}, {U, false}}, StepChoice{2, false, 0}},
      {"a dark one behind the choice is not probed", {{U, false}, {U, true}}, StepChoice{0, false, {}}},
      {"all dark: in their order", {{U, true}, {U, true}}, StepChoice{0, false, {}}},
      {"after a failure the next", {{F, false}, {U, false}}, StepChoice{1, false, {}}},
      {"after a failure a dark one rather than none", {{F, false}, {U, true}}, StepChoice{1, false, {}}},
      {"one that was left waits for the untried", {{L, false}, {U, true}}, StepChoice{1, false, {}}},
      {"then it has its second chance", {{L, false}, {F, false}}, StepChoice{0, true, {}}},
      {"the first of those that were left", {{L, true}, {L, false}}, StepChoice{0, true, {}}},
      {"all failed", {{F, false}, {F, true}}, std::nullopt},
      {"barred ones do not count", {{B, false}, {B, true}}, std::nullopt},
      {"nor are they probed", {{B, true}, {U, false}}, StepChoice{1, false, {}}},
      {"no steps", {}, std::nullopt},
  };
  for (const Row& row : kRows) EXPECT_EQ(choose_step(row.steps), row.expected) << row.what;
}

}  // namespace
