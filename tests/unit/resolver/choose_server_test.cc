#include "resolver/choose_server.h"

#include <map>

#include "resolver/sends_of_kin.h"
#include "tests/unit/resolver/support.h"

namespace {

using base::milliseconds;
using resolver::Candidate;
using resolver::choose_server;
using resolver::udp_timeout;

Candidate known(int64_t rtt_ms) {
  Candidate candidate;
  candidate.health.known = true;
  candidate.health.smoothed_rtt = milliseconds(rtt_ms);
  return candidate;
}

std::map<size_t, int> draw(const std::vector<Candidate>& candidates, int times = 10'000) {
  base::Entropy entropy(base::Entropy::seed_from_number(7));
  std::map<size_t, int> counts;
  for (int time = 0; time < times; ++time) {
    const auto index = choose_server(candidates, entropy);
    if (index) ++counts[*index];
  }
  return counts;
}

TEST(ChooseServer, NobodyLeft) {
  base::Entropy entropy(base::Entropy::seed_from_number(1));
  EXPECT_FALSE(choose_server({}, entropy));
  Candidate excluded = known(10);
  excluded.excluded = true;
  Candidate exhausted = known(10);
  exhausted.sends = resolver::kSendsPerTransportMax;
  const std::vector<Candidate> both = {excluded, exhausted};
  EXPECT_FALSE(choose_server(both, entropy));
}

TEST(ChooseServer, NearServersShareAndAFarOneIsExplored) {
  const auto counts = draw({known(10), known(30), known(300)});
  EXPECT_NEAR(counts.at(0), 4917, 300);  // half of 95 %, and a third of 5 %
  EXPECT_NEAR(counts.at(1), 4917, 300);
  EXPECT_NEAR(counts.at(2), 167, 80);
}

TEST(ChooseServer, FewestSendsFirst) {
  Candidate sent = known(10);
  sent.sends = 1;
  const auto counts = draw({sent, known(400)});
  EXPECT_GT(counts.at(1), 9'500);
}

TEST(ChooseServer, AnotherServerBeforeAnotherAddressOfTheSame) {
  Candidate sibling = known(10);
  sibling.server_sends = 1;
  const auto counts = draw({sibling, known(400)});
  EXPECT_GT(counts.at(1), 9'500);
}

TEST(ChooseServer, AnotherDomainBeforeAnotherServerOfTheSame) {
  Candidate neighbour = known(10);
  neighbour.domain_sends = 1;
  Candidate elsewhere = known(400);
  const auto counts = draw({neighbour, elsewhere});
  EXPECT_GT(counts.at(1), 9'500);
}

TEST(SendsOfKin, CountsByServerAndByDomain) {
  const auto name = [](const char* text) { return *wire::Name::from_text(text); };
  resolver::ZoneVisit visit;
  visit.delegation.servers = {
      {name("ns1.one.example."), {}}, {name("ns2.one.example."), {}}, {name("ns.two.test."), {}}};
  visit.attempts = {{.address = {}, .server = 0, .udp_sends = 1},
                    {.address = {}, .server = 0, .udp_sends = 2},
                    {.address = {}, .server = 1},
                    {.address = {}, .server = 2}};
  const resolver::SendsOfKin sends = resolver::sends_of_kin(visit);
  EXPECT_EQ(sends.of_server[0], 2);
  EXPECT_EQ(sends.of_server[1], 0);
  EXPECT_EQ(sends.of_domain[1], 2);
  EXPECT_EQ(sends.of_domain[2], 0);
}

TEST(ChooseServer, UnknownServersAreTriedBeforeSlowOnes) {
  const auto counts = draw({known(500), Candidate{}});
  EXPECT_GT(counts.at(1), 9'500);
}

TEST(ChooseServer, TimeoutsMakeAServerLookSlow) {
  Candidate failing = known(20);
  failing.health.timeouts_in_row = 3;
  const auto counts = draw({failing, known(100)});
  EXPECT_GT(counts.at(1), 9'500);
}

TEST(ChooseServer, DarkServersOnlyWhenNothingElseRemains) {
  Candidate dark = known(5);
  dark.health.timeouts_in_row = resolver::kDarkAfterTimeouts;
  Candidate suspect = known(900);
  suspect.family_suspect = true;
  auto counts = draw({dark, suspect});
  EXPECT_EQ(counts.count(0), 0U);
  suspect.sends = resolver::kSendsPerTransportMax;
  counts = draw({dark, suspect});
  EXPECT_EQ(counts.at(0), 10'000);
}

TEST(ChooseServer, SuspectFamilyComesAfterTheOther) {
  Candidate suspect = known(5);
  suspect.family_suspect = true;
  const auto counts = draw({suspect, known(900)});
  EXPECT_EQ(counts.count(0), 0U);
}

TEST(ChooseServer, WhoGaveABogusAnswerComesAfterTheOthersButBeforeTheDark) {
  Candidate doubted = known(1);
  doubted.doubted = true;
  Candidate dark = known(1);
  dark.dark = true;
  EXPECT_EQ(draw({doubted, known(900)}).count(0), 0U);
  EXPECT_EQ(draw({doubted, dark}).count(1), 0U);
  EXPECT_EQ(draw({doubted, doubted}).size(), 2U) << "nobody is left out";
}

TEST(ChooseServer, WhoTakesSecondsIsNotExplored) {
  EXPECT_EQ(draw({known(5000), known(20)}).count(0), 0U);
  EXPECT_EQ(draw({known(5000), known(5000)}).size(), 2U) << "but asked where there is nobody else";
  EXPECT_GT(draw({known(900), known(20)}).count(0), 0U);
}

TEST(UdpTimeout, Table) {
  struct Row {
    bool is_known;
    int64_t rtt_ms, variation_ms;
    uint8_t earlier_sends;
    int64_t expected_ms;
  };
  constexpr Row kRows[] = {
      {false, 0, 0, 0, 400},      {false, 0, 0, 1, 800},        {false, 0, 0, 2, 1600},  {false, 0, 0, 3, 3000},
      {true, 10, 5, 0, 100},      {true, 10, 5, 1, 100},        {true, 10, 5, 2, 400},   {true, 30, 15, 1, 180},
      {true, 100, 50, 0, 300},    {true, 100, 50, 2, 1200},
      {true, 900, 600, 0, 3000},  {true, 900, 100, 255, 3000},
      // Known to take seconds.
      {true, 2000, 900, 0, 4000}, {true, 5000, 2500, 0, 8000}, {true, 5000, 2500, 255, 8000},
  };
  for (const Row& row : kRows) {
    cache::ServerView health;
    health.known = row.is_known;
    health.smoothed_rtt = milliseconds(row.rtt_ms);
    health.rtt_variation = milliseconds(row.variation_ms);
    EXPECT_EQ(udp_timeout(health, row.earlier_sends), milliseconds(row.expected_ms))
        << row.rtt_ms << " " << int{row.earlier_sends};
  }
}

}  // namespace
