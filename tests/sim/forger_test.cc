// The forger does what he is there for: each kind of forgery changes answers, what is made up carries the marker, and
// his signatures are not those of the zone.
#include "tests/sim/forger.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/checkers/marker.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/signed_authority.h"

namespace sim {
namespace {

using wire::Type;

// A world whose forger changes everything, in this one way.
World world_with(Forgery forgery) {
  World world = draw_world(kFirstSignedSeed);
  ForgerPlan plan;
  plan.until = base::Instant::never();
  plan.chance = 100;
  plan.forgeries = {forgery};
  world.signing->forger = plan;
  return world;
}

struct Counts {
  size_t answers = 0;
  size_t changed = 0;
  size_t marked = 0;
};

bool same(const std::vector<Record>& left, const std::vector<Record>& right) {
  return std::ranges::equal(left, right, [](const Record& one, const Record& other) {
    return one.owner == other.owner && one.type == other.type && one.ttl_s == other.ttl_s && one.rdata == other.rdata;
  });
}

// Each question of the world goes to all zones that might be asked.
Counts forge_everything(const World& world) {
  const base::Instant now = base::Instant::from_boot(kBootAtStart);
  Forger forger(world, Random(1));
  Counts counts;
  for (const Question& question : world.questions) {
    for (const Zone& zone : world.zones) {
      if (!question.name.view().is_within(zone.origin)) continue;
      Response honest = answer_authoritatively({&zone}, question.name, question.type, false);
      add_signatures(honest, {&zone}, question.name, question.type, now);
      Response forged = honest;
      forger.pass(zone, question.name, question.type, forged, now);
      const bool is_same = same(honest.answer, forged.answer) && same(honest.authority, forged.authority) &&
                           same(honest.additional, forged.additional) && honest.rcode == forged.rcode;
      bool is_marked = false;
      for (const auto* section : {&forged.answer, &forged.authority, &forged.additional}) {
        for (const Record& record : *section) {
          is_marked = is_marked || contains_marker(record.rdata, forger_address, kForgerLabel);
        }
      }
      ++counts.answers;
      counts.changed += is_same ? 0 : 1;
      counts.marked += is_marked ? 1 : 0;
    }
  }
  return counts;
}

TEST(Forger, EachKindOfForgeryChangesAnswers) {
  for (uint32_t kind = 0; kind < kForgeries; ++kind) {
    const auto forgery = static_cast<Forgery>(kind);
    const Counts counts = forge_everything(world_with(forgery));
    ASSERT_GT(counts.answers, 0U);
    if (forgery == Forgery::kReplay) continue;  // nothing is older yet
    EXPECT_GT(counts.changed, 0U) << "forgery " << kind;
    const bool makes_up_data = forgery == Forgery::kRdata || forgery == Forgery::kAddRecords ||
                               forgery == Forgery::kReferral || forgery == Forgery::kOwnKey ||
                               forgery == Forgery::kBits;
    EXPECT_EQ(counts.marked > 0, makes_up_data || forgery == Forgery::kDnskey || forgery == Forgery::kStripSignatures)
        << "forgery " << kind;
  }
}

TEST(Forger, RepeatsWhatHeHasHeardFirst) {
  const World world = world_with(Forgery::kReplay);
  Forger forger(world, Random(1));
  const wire::Name name = name_of("www.example.");
  Response first;
  first.answer.push_back({name, Type::kA, 60, {192, 0, 2, 1}});
  Response second = first;
  second.answer[0].rdata.back() = 2;
  forger.pass(world.zones[0], name, Type::kA, first, base::Instant());
  forger.pass(world.zones[0], name, Type::kA, second, base::Instant());
  EXPECT_EQ(second.answer[0].rdata.back(), 1);
}

}  // namespace
}  // namespace sim
