#include "resolver/answer.h"

#include "resolver/cookies.h"
#include "tests/unit/resolver/support.h"

namespace {

using resolver::AnswerParts;
using resolver::AnswerPolicy;
using resolver::ClientQuery;
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
constexpr const char* kSignature =
    "www.example.com. 300 IN RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

// A query and what is made of it at second 100 of boot.
struct Asking {
  std::string qname = "www.example.com";
  Type qtype = Type::kA;
  bool edns = true;
  uint16_t payload = 1232;
  bool dnssec_ok = false, ad = false, cd = false, rd = true;
  std::vector<uint8_t> options;
  Transport transport = Transport::kUdp;
  AnswerPolicy policy;
};

struct Made {
  std::vector<uint8_t> bytes;
  wire::MessageView view;
  [[nodiscard]] Lines answer() const { return section_text(view, wire::Section::kAnswer); }
  [[nodiscard]] Lines authority() const { return section_text(view, wire::Section::kAuthority); }
};

Made compose(const Asking& asking, const AnswerParts& parts) {
  std::vector<uint8_t> packet(1500);
  wire::Header header;
  header.id = 0x1234;
  header.rd = asking.rd;
  header.ad = asking.ad;
  header.cd = asking.cd;
  wire::MessageWriter writer(packet, packet.size(), header);
  EXPECT_TRUE(writer.question(name(asking.qname), asking.qtype, wire::Class::kIn));
  EXPECT_TRUE(!asking.edns || writer.opt(asking.payload, 0, asking.dnssec_ok, asking.options));
  const base::Bytes query_bytes = writer.finish();
  const wire::Query query = wire::parse_query(query_bytes);
  EXPECT_EQ(static_cast<int>(query.verdict), static_cast<int>(wire::QueryVerdict::kServe));
  ClientQuery client;
  client.address = address("192.0.2.1");
  client.transport = asking.transport;
  client.packet = query_bytes;
  const base::Now now{base::Instant::from_boot(base::seconds(100)), {1559731985}};
  Made made;
  made.bytes.resize(asking.transport == Transport::kUdp ? resolver::kUdpAnswerBytesMax : resolver::kAnswerBytesMax);
  made.bytes.resize(resolver::compose_answer(now, client, query, parts, asking.policy, made.bytes));
  const auto view = wire::MessageView::parse(made.bytes);
  EXPECT_TRUE(view.has_value());
  EXPECT_TRUE(wire::ldns_accepts(made.bytes));
  if (view) made.view = *view;
  return made;
}

struct Chain {
  std::vector<cache::EntryPtr> entries;
  std::vector<const cache::Entry*> links;
  void add(cache::EntryPtr entry) {
    links.push_back(entry.get());
    entries.push_back(std::move(entry));
  }
};

AnswerParts parts_of(const Chain& chain, Rcode rcode = Rcode::kNoerror) {
  return {.rcode = rcode, .chain = chain.links, .error = {}, .error_text = {}};
}

TEST(ComposeAnswer, FlagsFollowTheQuery) {
  Chain chain;
  chain.add(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.1"}));
  struct Row {
    bool dnssec_ok, ad, authentic, expected_ad;
  };
  for (const Row& row : {Row{false, false, true, false}, Row{true, false, true, true}, Row{false, true, true, true}, Row{true, true, false, false}}) {
    Asking asking;
    asking.dnssec_ok = row.dnssec_ok;
    asking.ad = row.ad;
    asking.cd = row.ad;
    asking.rd = row.dnssec_ok;
    AnswerParts parts = parts_of(chain);
    parts.authentic = row.authentic;
    const wire::Header header = compose(asking, parts).view.header();
    EXPECT_EQ(header.id, 0x1234);
    EXPECT_TRUE(header.qr && header.ra && !header.aa && !header.tc && !header.z);
    EXPECT_EQ(header.ad, row.expected_ad);
    EXPECT_EQ(header.cd, row.ad);
    EXPECT_EQ(header.rd, row.dnssec_ok);
  }
}

TEST(ComposeAnswer, TtlsAgeAndTheQuestionKeepsItsCase) {
  Chain chain;
  chain.add(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.1", "www.example.com. 500 IN A 192.0.2.2"}));
  Asking asking;
  asking.qname = "wWw.ExAmPlE.com";
  const Made made = compose(asking, parts_of(chain));
  EXPECT_EQ(made.answer(), (Lines{"wWw.ExAmPlE.com. 240 A 192.0.2.1", "wWw.ExAmPlE.com. 240 A 192.0.2.2"}));
  EXPECT_TRUE(made.view.question()->name.view().equals_exactly(name("wWw.ExAmPlE.com")));
}

TEST(ComposeAnswer, ChainsPointAtTheNamesAlreadyWritten) {
  Chain chain;
  chain.add(rrset_entry(90, {"example.com. 600 IN DNAME example.net."}));
  chain.add(rrset_entry(90, {"www.example.com. 600 IN CNAME www.example.net."}));
  chain.add(rrset_entry(90, {"www.example.net. 60 IN CNAME net."}));
  chain.add(rrset_entry(90, {"net. 30 IN A 192.0.2.1"}));
  const Made made = compose({}, parts_of(chain));
  EXPECT_EQ(made.answer(), (Lines{"example.com. 590 DNAME example.net.", "www.example.com. 590 CNAME www.example.net.",
                                  "www.example.net. 50 CNAME net.", "net. 20 A 192.0.2.1"}));
  // Header, question, four records of two bytes of owner each, OPT.
  EXPECT_EQ(made.bytes.size(), 12U + 21 + (12 + 13) + (12 + 17) + (12 + 5) + (12 + 4) + 11);
}

TEST(ComposeAnswer, DenialsCarryTheSoa) {
  Chain nodata;
  nodata.add(denial_entry(40, cache::Kind::kNodata, "www.example.com", Type::kA, 300, kSoa));
  Made made = compose({}, parts_of(nodata));
  EXPECT_EQ(made.view.rcode(), Rcode::kNoerror);
  EXPECT_TRUE(made.answer().empty());
  EXPECT_EQ(made.authority(), Lines{"example.com. 240 SOA ns.example.com. hostmaster.example.com. 1 2 3 4 300"});

  Chain chain;
  chain.add(rrset_entry(40, {"www.example.com. 300 IN CNAME gone.example.com."}));
  chain.add(denial_entry(90, cache::Kind::kNxdomain, "gone.example.com", Type::kNone, 300, kSoa));
  made = compose({}, parts_of(chain, Rcode::kNxdomain));
  EXPECT_EQ(made.view.rcode(), Rcode::kNxdomain);
  EXPECT_EQ(made.answer(), Lines{"www.example.com. 240 CNAME gone.example.com."});
  EXPECT_EQ(made.authority(), Lines{"example.com. 290 SOA ns.example.com. hostmaster.example.com. 1 2 3 4 300"});

  Chain bare;
  bare.add(denial_entry(40, cache::Kind::kNodata, "www.example.com", Type::kA, 0, ""));
  made = compose({}, parts_of(bare));
  EXPECT_TRUE(made.authority().empty());
}

TEST(ComposeAnswer, SignaturesOnlyForDo) {
  Chain chain;
  chain.add(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.1"}, {kSignature}));
  Asking asking;
  EXPECT_EQ(compose(asking, parts_of(chain)).answer().size(), 1U);
  asking.dnssec_ok = true;
  const Made made = compose(asking, parts_of(chain));
  ASSERT_EQ(made.answer().size(), 2U);
  EXPECT_EQ(made.answer()[1].substr(0, 30), "www.example.com. 240 RRSIG A 1");
  EXPECT_TRUE(made.view.edns()->dnssec_ok);
}

Chain big_chain(size_t records) {
  Lines lines;
  for (size_t index = 0; index < records; ++index) {
    lines.push_back("www.example.com. 300 IN A 10.0." + std::to_string(index / 250) + "." + std::to_string(index % 250));
  }
  Chain chain;
  chain.add(rrset_entry(40, {"alias.example.com. 300 IN CNAME www.example.com."}));
  chain.add(rrset_entry(40, lines));
  return chain;
}

TEST(ComposeAnswer, TruncatesWholeOrNotAtAll) {
  struct Row {
    bool edns;
    uint16_t payload;
    Transport transport;
    size_t records;
    bool truncated;
  };
  // Alias 29 bytes, each address 16; header and question 35; OPT 11.
  const Row kRows[] = {
      {false, 0, Transport::kUdp, 28, false},   {false, 0, Transport::kUdp, 29, true},
      {true, 512, Transport::kUdp, 27, false},  {true, 512, Transport::kUdp, 28, true},
      {true, 100, Transport::kUdp, 27, false},  {true, 4096, Transport::kUdp, 72, false},
      {true, 4096, Transport::kUdp, 73, true},  {false, 0, Transport::kTcp, 1000, false},
  };
  for (const Row& row : kRows) {
    Asking asking;
    asking.qname = "alias.example.com";
    asking.edns = row.edns;
    asking.payload = row.payload;
    asking.transport = row.transport;
    const Chain chain = big_chain(row.records);
    const Made made = compose(asking, parts_of(chain));
    EXPECT_EQ(made.view.header().tc, row.truncated) << row.payload << " " << row.records << ": " << made.bytes.size();
    EXPECT_EQ(made.view.header().answer_count, row.truncated ? 0 : row.records + 1);
    EXPECT_EQ(made.view.edns().has_value(), row.edns);
    EXPECT_EQ(made.view.header().question_count, 1);
  }
}

TEST(ComposeAnswer, OwnersBeyondThePointersReachAreWrittenOut) {
  Asking asking;
  asking.transport = Transport::kTcp;
  asking.qname = "alias.example.com";
  // A chain whose first link is so large that its end lies behind 0x3FFF.
  Chain chain;
  Lines padding;
  for (int index = 0; index < 100; ++index) padding.push_back("alias.example.com. 300 IN TXT " + std::to_string(index) + std::string(200, 'x'));
  chain.add(rrset_entry(40, padding));
  chain.add(rrset_entry(40, {"alias.example.com. 300 IN CNAME www.example.com."}));
  chain.add(rrset_entry(40, {"www.example.com. 300 IN A 192.0.2.1", "www.example.com. 300 IN A 192.0.2.2"}, {kSignature}));
  asking.dnssec_ok = true;
  const Lines answer = compose(asking, parts_of(chain)).answer();
  ASSERT_EQ(answer.size(), 104U);
  EXPECT_EQ(answer[101], "www.example.com. 240 A 192.0.2.1");
  EXPECT_EQ(answer[102], "www.example.com. 240 A 192.0.2.2");
  EXPECT_EQ(answer[103].substr(0, 28), "www.example.com. 240 RRSIG A");
}

TEST(ComposeAnswer, AnyIsAnsweredWithOneSet) {
  Asking asking;
  asking.qtype = Type::kAny;
  Chain nodata;
  nodata.add(denial_entry(40, cache::Kind::kNodata, "www.example.com", Type::kA, 300, kSoa));
  EXPECT_EQ(compose(asking, parts_of(nodata)).answer(), Lines{"www.example.com. 3789 HINFO \"RFC8482\" \"\""});
  Chain alias;
  alias.add(rrset_entry(40, {"www.example.com. 300 IN CNAME gone.example.com."}));
  alias.add(denial_entry(90, cache::Kind::kNxdomain, "gone.example.com", Type::kNone, 300, kSoa));
  Made made = compose(asking, parts_of(alias, Rcode::kNxdomain));
  EXPECT_EQ(made.answer(), Lines{"www.example.com. 240 CNAME gone.example.com."});
  EXPECT_EQ(made.view.rcode(), Rcode::kNoerror);
  Chain missing;
  missing.add(denial_entry(90, cache::Kind::kNxdomain, "www.example.com", Type::kNone, 300, kSoa));
  made = compose(asking, parts_of(missing, Rcode::kNxdomain));
  EXPECT_EQ(made.view.rcode(), Rcode::kNxdomain);
  EXPECT_TRUE(made.answer().empty());
}

TEST(ComposeAnswer, ErrorsSayWhyOnlyToThoseWithEdns) {
  AnswerParts parts;
  parts.rcode = Rcode::kServfail;
  parts.error = wire::ExtendedError::kNoReachableAuthority;
  parts.error_text = "no server of example.com answered";
  Made made = compose({}, parts);
  EXPECT_EQ(made.view.rcode(), Rcode::kServfail);
  ASSERT_TRUE(made.view.edns()->extended_error.has_value());
  EXPECT_EQ(made.view.edns()->extended_error->code, wire::ExtendedError::kNoReachableAuthority);
  EXPECT_EQ(made.view.edns()->extended_error->text, "no server of example.com answered");
  EXPECT_EQ(made.view.edns()->payload_bytes, 1232);
  Asking plain;
  plain.edns = false;
  made = compose(plain, parts);
  EXPECT_FALSE(made.view.edns().has_value());
  EXPECT_EQ(made.view.header().additional_count, 0);
}

// RFC 8914 §3: the text goes first, then the error, and neither costs an answer.
TEST(ComposeAnswer, ShortOfSpaceTheTextGoesBeforeTheError) {
  struct Row {
    size_t records;
    bool has_error, has_text;
  };
  // 512 - (12 + 23 + 29 + 11) leaves 437 bytes for addresses of 16 and the option of 6, or 6 + 10.
  for (const Row& row : {Row{25, true, true}, Row{26, true, true}, Row{27, false, false}, Row{20, true, true}}) {
    Asking asking;
    asking.qname = "alias.example.com";
    asking.payload = 512;
    const Chain chain = big_chain(row.records);
    AnswerParts parts = parts_of(chain);
    parts.error = wire::ExtendedError::kStaleAnswer;
    parts.error_text = "0123456789";
    const Made made = compose(asking, parts);
    EXPECT_FALSE(made.view.header().tc);
    EXPECT_EQ(made.view.edns()->extended_error.has_value(), row.has_error) << row.records;
    const auto& error = made.view.edns()->extended_error;
    EXPECT_EQ(error && !error->text.empty(), row.has_text) << row.records;
    EXPECT_LE(made.bytes.size(), 512U);
  }
  Asking asking;
  asking.qname = "alias.example.com";
  asking.payload = 512;
  const Chain chain = big_chain(26);
  AnswerParts parts = parts_of(chain);
  parts.error = wire::ExtendedError::kStaleAnswer;
  const std::string text(40, 'x');
  parts.error_text = text;
  const Made made = compose(asking, parts);
  ASSERT_TRUE(made.view.edns()->extended_error.has_value());
  EXPECT_TRUE(made.view.edns()->extended_error->text.empty());
}

TEST(ComposeAnswer, CookieNsidAndKeepalive) {
  Asking asking;
  asking.policy.identity = "cellar";
  std::array<uint8_t, 64> options;
  size_t used = 0;
  const std::array<uint8_t, 8> client_cookie = {1, 2, 3, 4, 5, 6, 7, 8};
  ASSERT_TRUE(wire::append_option(options, used, wire::OptionCode::kCookie, client_cookie));
  ASSERT_TRUE(wire::append_option(options, used, wire::OptionCode::kNsid, {}));
  ASSERT_TRUE(wire::append_option(options, used, wire::OptionCode::kKeepalive, {}));
  asking.options.assign(options.begin(), options.begin() + static_cast<std::ptrdiff_t>(used));
  const auto option_of = [](const Made& made, wire::OptionCode code) {
    base::Bytes rest = made.view.edns()->options;
    while (rest.size() >= 4) {
      const size_t length = base::load_be16(rest.data() + 2);
      if (base::load_be16(rest.data()) == static_cast<uint16_t>(code)) return std::string(base::as_text(rest.subspan(4, length)));
      rest = rest.subspan(4 + length);
    }
    return std::string("none");
  };
  AnswerParts parts;
  Made made = compose(asking, parts);
  ASSERT_TRUE(made.view.edns()->cookie.has_value());
  EXPECT_EQ(resolver::check_server_cookie({1559731985}, base::KeyedHash(asking.policy.cookie_secret), address("192.0.2.1"),
                                          *made.view.edns()->cookie), resolver::CookieVerdict::kValid);
  EXPECT_EQ(option_of(made, wire::OptionCode::kNsid), "cellar");
  EXPECT_EQ(option_of(made, wire::OptionCode::kKeepalive), "none");  // RFC 7828 §3.3.1: never over UDP
  asking.transport = Transport::kTcp;
  asking.policy.identity.clear();
  made = compose(asking, parts);
  EXPECT_EQ(option_of(made, wire::OptionCode::kNsid), "none");
  EXPECT_EQ(option_of(made, wire::OptionCode::kKeepalive), std::string("\0\x64", 2));
}

TEST(ComposeAnswer, ExtendedRcodesUseTheOptRecord) {
  AnswerParts parts;
  parts.rcode = Rcode::kBadvers;
  const Made made = compose({}, parts);
  EXPECT_EQ(made.view.rcode(), Rcode::kBadvers);
  EXPECT_EQ(made.view.header().rcode, 0);
}

TEST(CountAnswer, ByWhatItSays) {
  struct Row {
    Rcode meant;
    uint8_t said;
    base::Counter counter;
  };
  const Row rows[] = {{Rcode::kNoerror, 0, base::Counter::kAnswerNoerror},
                      {Rcode::kNxdomain, 3, base::Counter::kAnswerNxdomain},
                      {Rcode::kNoerror, 2, base::Counter::kAnswerServfail},  // the root key sentinel
                      {Rcode::kRefused, 5, base::Counter::kAnswerOther},
                      {Rcode::kBadvers, 0, base::Counter::kAnswerOther}};
  for (const Row& row : rows) {
    base::Counters counters;
    const std::vector<uint8_t> answer = {0, 0, 0x82, row.said, 0, 0, 0, 0, 0, 0, 0, 0};
    resolver::count_answer(counters, row.meant, answer);
    EXPECT_EQ(counters.get(row.counter), 1U) << int{row.said};
    EXPECT_EQ(counters.get(base::Counter::kClientTruncated), 1U);
  }
}

}  // namespace
