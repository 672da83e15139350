// The simulation believes its authority and its reference; so both are tested by hand-made zones.
#include "tests/sim/authority.h"

#include <gtest/gtest.h>

#include "tests/sim/reference.h"
#include "wire/writer.h"

namespace sim {
namespace {

using wire::Rcode;
using wire::Type;

Rdata address(uint8_t last) { return {192, 0, 2, last}; }

class AuthorityTest : public testing::Test {
 protected:
  AuthorityTest() {
    zones_.resize(3);
    fill(0, ".", [](ZoneData& data) {
      data.at(name_of("com."), Type::kNs) = {300, {rdata_of(name_of("ns.nic.com."))}};
      data.at(name_of("ns.nic.com."), Type::kA) = {300, {address(53)}};
    });
    fill(1, "com.", [](ZoneData& data) {
      data.at(name_of("www.com."), Type::kA) = {60, {address(1), address(2)}};
      data.at(name_of("a.b.com."), Type::kA) = {60, {address(3)}};
      data.at(name_of("alias.com."), Type::kCname) = {60, {rdata_of(name_of("www.com."))}};
      data.at(name_of("out.com."), Type::kCname) = {60, {rdata_of(name_of("www.org."))}};
      data.at(name_of("*.wild.com."), Type::kA) = {60, {address(4)}};
      data.at(name_of("moved.com."), Type::kDname) = {60, {rdata_of(name_of("com."))}};
      data.at(name_of("loop.com."), Type::kCname) = {60, {rdata_of(name_of("loop.com."))}};
      data.at(name_of("sub.com."), Type::kNs) = {60, {rdata_of(name_of("ns.sub.com."))}};
      data.at(name_of("ns.sub.com."), Type::kA) = {60, {address(5)}};
    });
    fill(2, "org.", [](ZoneData& data) { data.at(name_of("www.org."), Type::kA) = {60, {address(9)}}; });
  }

  template <class Fill>
  void fill(size_t zone, const char* origin, Fill&& more) {
    auto data = std::make_shared<ZoneData>();
    zones_[zone].origin = name_of(origin);
    data->at(zones_[zone].origin, Type::kSoa) = {300, {soa_rdata(name_of("h."), 1, 30)}};
    more(*data);
    zones_[zone].versions.push_back({base::Instant(), data});
  }

  Response ask(const char* name, Type type) { return answer_authoritatively({&zones_[1]}, name_of(name), type, true); }

  // Renders the response and asks the reference about it.
  bool reference_agrees(const char* name, Type type, const Response& response) {
    std::vector<uint8_t> packet(512);
    wire::MessageWriter writer(packet, packet.size(), wire::Header{});
    EXPECT_TRUE(writer.question(name_of(name), type, wire::Class::kIn));
    const auto query = wire::MessageView::parse(writer.finish());
    const std::vector<uint8_t> bytes = render(response, *query, {.bytes_max = 1232});
    const auto view = wire::MessageView::parse(bytes);
    EXPECT_TRUE(view.has_value());
    return !Reference(zones_).disagreement(now_, name_of(name), type, *view);
  }

  std::vector<Zone> zones_;
  base::Instant now_ = base::Instant::from_boot(base::seconds(5000));
};

TEST_F(AuthorityTest, AnswersWithTheWholeSet) {
  const Response response = ask("WWW.com.", Type::kA);
  EXPECT_EQ(response.rcode, Rcode::kNoerror);
  EXPECT_TRUE(response.authoritative);
  EXPECT_EQ(response.answer.size(), 2U);
  EXPECT_TRUE(reference_agrees("www.com.", Type::kA, response));
}

TEST_F(AuthorityTest, DeniesTypesAndNames) {
  EXPECT_EQ(ask("www.com.", Type::kTxt).rcode, Rcode::kNoerror);
  EXPECT_EQ(ask("www.com.", Type::kTxt).authority.size(), 1U);
  EXPECT_EQ(ask("no.com.", Type::kA).rcode, Rcode::kNxdomain);
  EXPECT_EQ(ask("x.www.com.", Type::kA).rcode, Rcode::kNxdomain);
  EXPECT_EQ(ask("b.com.", Type::kA).rcode, Rcode::kNoerror) << "an empty non-terminal exists";
  EXPECT_TRUE(reference_agrees("no.com.", Type::kA, ask("no.com.", Type::kA)));
  EXPECT_TRUE(reference_agrees("b.com.", Type::kA, ask("b.com.", Type::kA)));
}

TEST_F(AuthorityTest, FollowsAliasesInsideTheZone) {
  EXPECT_EQ(ask("alias.com.", Type::kA).answer.size(), 3U);
  EXPECT_EQ(ask("alias.com.", Type::kCname).answer.size(), 1U);
  EXPECT_EQ(ask("out.com.", Type::kA).answer.size(), 1U) << "the rest is in another zone";
  EXPECT_FALSE(reference_agrees("out.com.", Type::kA, ask("out.com.", Type::kA))) << "half an answer is none";
  EXPECT_TRUE(reference_agrees("alias.com.", Type::kA, ask("alias.com.", Type::kA)));
}

TEST_F(AuthorityTest, MakesWildcardsAndDnames) {
  const Response wild = ask("x.y.wild.com.", Type::kA);
  ASSERT_EQ(wild.answer.size(), 1U);
  EXPECT_EQ(wild.answer[0].owner.to_text(), "x.y.wild.com.");
  EXPECT_TRUE(reference_agrees("x.y.wild.com.", Type::kA, wild));
  const Response moved = ask("www.moved.com.", Type::kA);
  ASSERT_EQ(moved.answer.size(), 4U);
  EXPECT_EQ(moved.answer[0].type, Type::kDname);
  EXPECT_EQ(moved.answer[1].type, Type::kCname);
  EXPECT_TRUE(reference_agrees("www.moved.com.", Type::kA, moved));
}

TEST_F(AuthorityTest, RefersWithGlueAndRefusesTheRest) {
  const Response referral = ask("www.sub.com.", Type::kA);
  EXPECT_FALSE(referral.authoritative);
  EXPECT_TRUE(referral.answer.empty());
  EXPECT_EQ(referral.authority.size(), 1U);
  EXPECT_EQ(referral.additional.size(), 1U);
  EXPECT_EQ(ask("www.org.", Type::kA).rcode, Rcode::kRefused);
}

TEST_F(AuthorityTest, ReferenceRejectsWhatIsNotThere) {
  Response response = ask("www.com.", Type::kA);
  response.answer.pop_back();
  EXPECT_FALSE(reference_agrees("www.com.", Type::kA, response)) << "a record is missing";
  response = ask("www.com.", Type::kA);
  response.answer.push_back({name_of("www.org."), Type::kA, 60, address(9)});
  EXPECT_FALSE(reference_agrees("www.com.", Type::kA, response)) << "a record too many";
  response = ask("www.com.", Type::kA);
  response.rcode = Rcode::kNxdomain;
  EXPECT_FALSE(reference_agrees("www.com.", Type::kA, response));
  response = ask("no.com.", Type::kA);
  response.authority.clear();
  EXPECT_FALSE(reference_agrees("no.com.", Type::kA, response)) << "a denial without its SOA";
}

TEST_F(AuthorityTest, ReferenceAllowsOldVersionsWithinTheirTtl) {
  const Response old = ask("www.com.", Type::kA);
  auto changed = std::make_shared<ZoneData>(zones_[1].data());
  changed->at(name_of("www.com."), Type::kA) = {60, {address(7)}};
  zones_[1].versions.push_back({now_ - base::seconds(50), changed});
  EXPECT_TRUE(reference_agrees("www.com.", Type::kA, old));
  EXPECT_TRUE(reference_agrees("www.com.", Type::kA, ask("www.com.", Type::kA)));
  now_ = now_ + base::seconds(60);
  EXPECT_FALSE(reference_agrees("www.com.", Type::kA, old));
}

TEST_F(AuthorityTest, ReferenceKnowsWhatCannotResolve) {
  const Reference reference(zones_);
  EXPECT_TRUE(reference.must_resolve(now_, name_of("alias.com."), Type::kA));
  EXPECT_FALSE(reference.must_resolve(now_, name_of("loop.com."), Type::kA));
  zones_[1].evil = true;
  EXPECT_FALSE(reference.must_resolve(now_, name_of("alias.com."), Type::kA));
}

TEST_F(AuthorityTest, TruncatesAtTheLimit) {
  std::vector<uint8_t> packet(512);
  wire::MessageWriter writer(packet, packet.size(), wire::Header{});
  ASSERT_TRUE(writer.question(name_of("www.com."), Type::kA, wire::Class::kIn));
  const auto query = wire::MessageView::parse(writer.finish());
  const std::vector<uint8_t> bytes = render(ask("www.com.", Type::kA), *query, {.bytes_max = 50});
  const auto view = wire::MessageView::parse(bytes);
  ASSERT_TRUE(view.has_value());
  EXPECT_TRUE(view->header().tc);
  EXPECT_EQ(view->section(wire::Section::kAnswer).count(), 0);
}

}  // namespace
}  // namespace sim
