#include "resolver/hit.h"

#include "resolver/answer.h"
#include "tests/unit/resolver/support.h"

namespace {

using base::Counter;
using resolver::HitOutcome;
using resolver::HitSlot;
using resolver::Transport;
using resolver_test::address;
using resolver_test::denial_entry;
using resolver_test::name;
using resolver_test::rrset_entry;
using resolver_test::section_text;
using wire::Rcode;
using wire::Type;
using Lines = std::vector<std::string>;

constexpr const char* kSoa = "example.com. 900 IN SOA ns.example.com. hostmaster.example.com. 1 2 3 4 300";

std::vector<uint8_t> query_packet(std::string_view qname, Type type, wire::Class klass = wire::Class::kIn, bool edns = true,
                                  wire::Header header = {.id = 7, .rd = true}, base::Bytes options = {}) {
  std::vector<uint8_t> packet(1500);
  wire::MessageWriter writer(packet, packet.size(), header);
  EXPECT_TRUE(writer.question(name(qname), type, klass));
  EXPECT_TRUE(!edns || writer.opt(1232, 0, false, options));
  packet.resize(writer.finish().size());
  return packet;
}

struct Answered {
  HitOutcome outcome = HitOutcome::kDropped;
  std::vector<uint8_t> bytes;
  std::optional<wire::MessageView> view;
  // "NOERROR: line; line | authority"
  [[nodiscard]] std::string text() const {
    if (outcome == HitOutcome::kMiss) return "miss";
    if (outcome == HitOutcome::kDropped) return "dropped";
    std::string result = wire::to_text(view->rcode()) + ":";
    for (const std::string& line : section_text(*view, wire::Section::kAnswer)) result += " " + line + ";";
    for (const std::string& line : section_text(*view, wire::Section::kAuthority)) result += " | " + line;
    return result;
  }
};

class Hits : public testing::Test {
 protected:
  Hits() : cache_({.memory_bytes = 4 << 20, .secret = {1}, .readers_max = 4}), reader_(cache_.readers().register_reader()) {
    policy_.allow = {*base::Prefix::parse("192.0.2.0/24"), *base::Prefix::parse("2001:db8::/32")};
    reader_.online();
  }
  void publish(cache::EntryPtr entry) {
    ASSERT_EQ(cache_.publish(reader_, now_.boot, std::move(entry)), cache::PublishOutcome::kStored);
  }
  Answered ask_packet(const std::vector<uint8_t>& packet, std::string_view from = "192.0.2.1", Transport transport = Transport::kUdp) {
    std::vector<uint8_t> out(transport == Transport::kUdp ? resolver::kUdpAnswerBytesMax : resolver::kAnswerBytesMax);
    HitSlot slot;
    slot.query.address = address(from);
    slot.query.transport = transport;
    slot.query.packet = packet;
    slot.out = out;
    resolver::answer_hits(now_, {&slot, 1}, policy_, cache_, counters_);
    Answered answered;
    answered.outcome = slot.outcome;
    out.resize(slot.out_bytes);
    answered.bytes = out;
    if (slot.outcome == HitOutcome::kAnswered) {
      const auto view = wire::MessageView::parse(answered.bytes);
      EXPECT_TRUE(view.has_value());
      if (view) answered.view = *view;
    }
    return answered;
  }
  std::string ask(std::string_view qname, Type type, wire::Header header = {.id = 7, .rd = true}) {
    return ask_packet(query_packet(qname, type, wire::Class::kIn, true, header)).text();
  }

  base::Now now_{base::Instant::from_boot(base::seconds(100)), {1559731985}};
  resolver::AnswerPolicy policy_;
  cache::Cache cache_;
  cache::Reader reader_;
  base::Counters counters_;
};

TEST_F(Hits, AnswersFromTheCacheWhateverTheLetterCase) {
  publish(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.7"}));
  EXPECT_EQ(ask("WWW.example.COM", Type::kA), "NOERROR: WWW.example.COM. 240 A 192.0.2.7;");
  EXPECT_EQ(ask("www.example.com", Type::kAaaa), "miss");
  EXPECT_EQ(ask("www.example.net", Type::kA), "miss");
  EXPECT_EQ(ask("www.example.com", Type::kA, {.id = 1, .rd = false}), "NOERROR: www.example.com. 240 A 192.0.2.7;");
  EXPECT_EQ(counters_.get(Counter::kClientHits), 2U);
  EXPECT_EQ(counters_.get(Counter::kAnswerNoerror), 2U);
  EXPECT_EQ(counters_.get(Counter::kClientQueriesUdp), 4U);
}

TEST_F(Hits, FollowsAliasesAndKeepsTheirDenials) {
  publish(rrset_entry(40, {"a.example.com. 300 IN CNAME B.example.com."}));
  EXPECT_EQ(ask("a.example.com", Type::kA), "miss");  // half a chain is none
  EXPECT_EQ(ask("a.example.com", Type::kCname), "NOERROR: a.example.com. 240 CNAME B.example.com.;");
  publish(rrset_entry(90, {"b.example.com. 60 IN A 192.0.2.7"}));
  EXPECT_EQ(ask("a.example.com", Type::kA), "NOERROR: a.example.com. 240 CNAME B.example.com.; B.example.com. 50 A 192.0.2.7;");
  publish(denial_entry(90, cache::Kind::kNodata, "b.example.com", Type::kMx, 300, kSoa));
  EXPECT_EQ(ask("a.example.com", Type::kMx), "NOERROR: a.example.com. 240 CNAME B.example.com.; | example.com. 290 SOA "
                                             "ns.example.com. hostmaster.example.com. 1 2 3 4 300");
  publish(rrset_entry(40, {"x.example.com. 300 IN CNAME gone.example.com."}));
  publish(denial_entry(90, cache::Kind::kNxdomain, "gone.example.com", Type::kNone, 300, kSoa));
  EXPECT_EQ(ask("x.example.com", Type::kTxt), "NXDOMAIN: x.example.com. 240 CNAME gone.example.com.; | example.com. 290 SOA "
                                              "ns.example.com. hostmaster.example.com. 1 2 3 4 300");
  EXPECT_EQ(ask("gone.example.com", Type::kTxt).substr(0, 9), "NXDOMAIN:");
  EXPECT_EQ(counters_.get(Counter::kAnswerNxdomain), 2U);
}

TEST_F(Hits, LoopsAndLongChainsAreLeftToTheEngine) {
  publish(rrset_entry(40, {"a.example.com. 300 IN CNAME b.example.com."}));
  publish(rrset_entry(40, {"b.example.com. 300 IN CNAME a.example.com."}));
  EXPECT_EQ(ask("a.example.com", Type::kA), "miss");
  for (int link = 0; link < 12; ++link) {
    publish(rrset_entry(40, {"c" + std::to_string(link) + ".example.com. 300 IN CNAME c" + std::to_string(link + 1) + ".example.com."}));
  }
  publish(rrset_entry(40, {"c12.example.com. 300 IN A 192.0.2.7"}));
  EXPECT_EQ(ask("c0.example.com", Type::kA), "miss");
  EXPECT_EQ(ask("c1.example.com", Type::kA).substr(0, 8), "NOERROR:");  // eleven links
}

TEST_F(Hits, ExpiredLowRankedAndBogusDataAnswerNobody) {
  publish(rrset_entry(0, {"old.example.com. 100 IN A 192.0.2.7"}));
  EXPECT_EQ(ask("old.example.com", Type::kA), "miss");
  publish(rrset_entry(0, {"young.example.com. 101 IN A 192.0.2.7"}));
  EXPECT_EQ(ask("young.example.com", Type::kA), "NOERROR: young.example.com. 1 A 192.0.2.7;");
  for (const cache::Rank rank : {cache::Rank::kGlue, cache::Rank::kReferral}) {
    publish(rrset_entry(40, {"glue" + std::to_string(static_cast<int>(rank)) + ".example.com. 300 IN A 192.0.2.7"}, {}, rank));
    EXPECT_EQ(ask("glue" + std::to_string(static_cast<int>(rank)) + ".example.com", Type::kA), "miss");
  }
  publish(rrset_entry(40, {"bogus.example.com. 300 IN A 192.0.2.7"}, {}, cache::Rank::kAuthAnswer, cache::Validation::kBogus));
  EXPECT_EQ(ask("bogus.example.com", Type::kA), "miss");
  EXPECT_EQ(ask("bogus.example.com", Type::kA, {.id = 1, .rd = true, .cd = true}), "NOERROR: bogus.example.com. 240 A 192.0.2.7;");
}

TEST_F(Hits, AdOnlyWhenTheWholeChainIsSecure) {
  publish(rrset_entry(40, {"a.example.com. 300 IN CNAME b.example.com."}, {}, cache::Rank::kAuthAnswer, cache::Validation::kInsecure));
  publish(rrset_entry(40, {"b.example.com. 300 IN A 192.0.2.7"}, {}, cache::Rank::kAuthAnswer, cache::Validation::kSecure));
  const wire::Header ad{.id = 1, .rd = true, .ad = true};
  EXPECT_TRUE(ask_packet(query_packet("b.example.com", Type::kA, wire::Class::kIn, true, ad)).view->header().ad);
  EXPECT_FALSE(ask_packet(query_packet("a.example.com", Type::kA, wire::Class::kIn, true, ad)).view->header().ad);
}

TEST_F(Hits, AnswersSayWhyTheyAreNotValidated) {
  const std::pair<cache::Validation, wire::ExtendedError> rows[] = {
      {cache::Validation::kInsecureAlgorithm, wire::ExtendedError::kUnsupportedAlgorithm},
      {cache::Validation::kInsecureDigest, wire::ExtendedError::kUnsupportedDigest},
      {cache::Validation::kInsecureIterations, wire::ExtendedError::kNsec3Iterations}};
  for (const auto& [validation, error] : rows) {
    const std::string name = "why" + std::to_string(static_cast<int>(error)) + ".example.com";
    publish(rrset_entry(40, {name + ". 300 IN A 192.0.2.7"}, {}, cache::Rank::kAuthAnswer, validation));
    const Answered answered = ask_packet(query_packet(name, Type::kA));
    EXPECT_EQ(answered.text(), "NOERROR: " + name + ". 240 A 192.0.2.7;");
    ASSERT_TRUE(answered.view->edns()->extended_error);
    EXPECT_EQ(answered.view->edns()->extended_error->code, error);
    EXPECT_FALSE(answered.view->header().ad);
  }
  publish(rrset_entry(40, {"plain.example.com. 300 IN A 192.0.2.7"}, {}, cache::Rank::kAuthAnswer, cache::Validation::kInsecure));
  EXPECT_FALSE(ask_packet(query_packet("plain.example.com", Type::kA)).view->edns()->extended_error);
}

// RFC 8509 §3.
TEST_F(Hits, TheRootKeySentinelTellsWhichKeysAreTrusted) {
  policy_.root_key_tags = {20326, 38696};
  const std::pair<const char*, bool> rows[] = {{"root-key-sentinel-is-ta-20326.example.com", true},
                                               {"root-key-sentinel-is-ta-00001.example.com", false},
                                               {"ROOT-key-sentinel-not-ta-38696.example.com", false},
                                               {"root-key-sentinel-not-ta-00001.example.com", true},
                                               {"root-key-sentinel-not-ta-1.example.com", true},
                                               {"no-key-sentinel-is-ta-a-00001.example.com", true}};
  for (const auto& [name, has_answer] : rows) {
    publish(rrset_entry(40, {std::string(name) + ". 300 IN A 192.0.2.7"}, {}, cache::Rank::kAuthAnswer, cache::Validation::kSecure));
    EXPECT_EQ(ask_packet(query_packet(name, Type::kA)).view->header().rcode, has_answer ? 0 : 2) << name;
    const wire::Header cd{.id = 1, .rd = true, .cd = true};
    EXPECT_EQ(ask_packet(query_packet(name, Type::kA, wire::Class::kIn, true, cd)).view->header().rcode, 0) << name;
  }
  const char* const insecure = "root-key-sentinel-is-ta-00002.example.com";
  publish(rrset_entry(40, {std::string(insecure) + ". 300 IN A 192.0.2.7"}, {}, cache::Rank::kAuthAnswer, cache::Validation::kInsecure));
  EXPECT_EQ(ask_packet(query_packet(insecure, Type::kA)).view->header().rcode, 0);
  policy_.root_key_tags.clear();
  EXPECT_EQ(ask_packet(query_packet(rows[1].first, Type::kA)).view->header().rcode, 0) << "no root anchor";
}

TEST_F(Hits, StrangersAreRefused) {
  publish(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.7"}));
  const Answered answered = ask_packet(query_packet("www.example.com", Type::kA), "198.51.100.1");
  EXPECT_EQ(answered.text(), "REFUSED:");
  EXPECT_EQ(answered.view->edns()->extended_error->code, wire::ExtendedError::kProhibited);
  EXPECT_EQ(counters_.get(Counter::kClientRefusedAcl), 1U);
  EXPECT_EQ(ask_packet(query_packet("www.example.com", Type::kA), "2001:db8::9").text(), "NOERROR: www.example.com. 240 A 192.0.2.7;");
}

TEST_F(Hits, ChaosNames) {
  const auto chaos = [&](std::string_view qname, Type type = Type::kTxt) {
    return ask_packet(query_packet(qname, type, wire::Class::kChaos)).text();
  };
  EXPECT_EQ(chaos("version.bind"), "REFUSED:");
  EXPECT_EQ(chaos("id.server"), "REFUSED:");
  policy_.version = "Holdfast";
  policy_.identity = "cellar";
  EXPECT_EQ(chaos("Version.Bind"), "NOERROR: Version.Bind. 0 TXT \"Holdfast\";");
  EXPECT_EQ(chaos("version.server"), "NOERROR: version.server. 0 TXT \"Holdfast\";");
  EXPECT_EQ(chaos("id.server"), "NOERROR: id.server. 0 TXT \"cellar\";");
  EXPECT_EQ(chaos("hostname.bind"), "NOERROR: hostname.bind. 0 TXT \"cellar\";");
  EXPECT_EQ(chaos("authors.bind"), "REFUSED:");
  EXPECT_EQ(chaos("version.bind", Type::kA), "REFUSED:");
  const Answered answered = ask_packet(query_packet("id.server", Type::kTxt, wire::Class::kChaos));
  EXPECT_TRUE(answered.view->edns().has_value());  // OPT is still behind the record
  policy_.version = std::string(1000, 'v');
  EXPECT_EQ(chaos("version.bind"), "NOERROR: version.bind. 0 TXT \"" + std::string(255, 'v') + "\";");
}

TEST_F(Hits, WhatIsNotServed) {
  EXPECT_EQ(ask("example.com", Type::kAxfr), "REFUSED:");
  EXPECT_EQ(ask("example.com", Type::kMailb), "NOTIMP:");
  EXPECT_EQ(ask("example.com", Type::kOpt), "FORMERR:");
  EXPECT_EQ(ask_packet(query_packet("example.com", Type::kA, wire::Class::kAny)).text(), "REFUSED:");
  EXPECT_EQ(ask("example.com", Type::kAny), "miss");
  EXPECT_EQ(ask("example.com", Type::kA, {.id = 1, .opcode = wire::Opcode::kNotify}), "NOTIMP:");
  EXPECT_EQ(ask("example.com", Type::kA, {.id = 1, .qr = true}), "dropped");
  EXPECT_EQ(ask_packet({1, 2, 3}).text(), "dropped");
  EXPECT_EQ(counters_.get(Counter::kClientNotimp), 2U);
  EXPECT_EQ(counters_.get(Counter::kClientFormerr), 1U);
  EXPECT_EQ(counters_.get(Counter::kClientDroppedUnparsable), 2U);
}

TEST_F(Hits, Cookies) {
  std::array<uint8_t, 32> options;
  size_t used = 0;
  ASSERT_TRUE(wire::append_option(options, used, wire::OptionCode::kCookie, std::array<uint8_t, 9>{}));
  const auto malformed = query_packet("example.com", Type::kA, wire::Class::kIn, true, {.id = 7, .rd = true}, base::Bytes(options).first(used));
  EXPECT_EQ(ask_packet(malformed).text(), "FORMERR:");
  EXPECT_EQ(counters_.get(Counter::kClientBadcookie), 1U);

  // A query for a cookie alone (RFC 7873 §5.4).
  std::array<uint8_t, 64> packet;
  wire::MessageWriter writer(packet, packet.size(), {.id = 9});
  used = 0;
  ASSERT_TRUE(wire::append_option(options, used, wire::OptionCode::kCookie, std::array<uint8_t, 8>{}));
  ASSERT_TRUE(writer.opt(1232, 0, false, base::Bytes(options).first(used)));
  const base::Bytes bytes = writer.finish();
  const Answered answered = ask_packet({bytes.begin(), bytes.end()});
  EXPECT_EQ(answered.text(), "NOERROR:");
  EXPECT_EQ(answered.view->header().question_count, 0);
  EXPECT_EQ(answered.view->edns()->cookie->server.size(), 16U);
}

TEST_F(Hits, TruncatedAnswersAreCounted) {
  Lines lines;
  for (int index = 0; index < 100; ++index) lines.push_back("big.example.com. 300 IN A 10.0.0." + std::to_string(index));
  publish(rrset_entry(40, lines));
  EXPECT_TRUE(ask_packet(query_packet("big.example.com", Type::kA)).view->header().tc);
  EXPECT_EQ(counters_.get(Counter::kClientTruncated), 1U);
  EXPECT_FALSE(ask_packet(query_packet("big.example.com", Type::kA), "192.0.2.1", Transport::kTcp).view->header().tc);
  EXPECT_EQ(counters_.get(Counter::kClientQueriesTcp), 1U);
}

TEST_F(Hits, BatchesLargerThanOneChunk) {
  publish(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.7"}));
  constexpr size_t kBatch = 150;
  const auto hit = query_packet("www.example.com", Type::kA);
  const auto miss = query_packet("www.example.net", Type::kA);
  std::vector<std::vector<uint8_t>> out(kBatch, std::vector<uint8_t>(resolver::kUdpAnswerBytesMax));
  std::vector<HitSlot> batch(kBatch);
  for (size_t index = 0; index < kBatch; ++index) {
    batch[index].query.address = address(index % 5 == 0 ? "198.51.100.1" : "192.0.2.1");
    batch[index].query.packet = index % 3 == 0 ? miss : hit;
    batch[index].out = out[index];
  }
  resolver::answer_hits(now_, batch, policy_, cache_, counters_);
  for (size_t index = 0; index < kBatch; ++index) {
    const bool is_miss = index % 5 != 0 && index % 3 == 0;
    EXPECT_EQ(batch[index].outcome, is_miss ? HitOutcome::kMiss : HitOutcome::kAnswered) << index;
    EXPECT_EQ(out[index][3] & 0x0F, index % 5 == 0 ? 5 : 0) << index;
  }
}

}  // namespace
