// What each kind of response means. The rows name the question, the zone whose servers were
// asked, the response, and what must come of it.
#include "resolver/digest.h"

#include "tests/unit/resolver/support.h"

namespace {

using resolver::digest_response;
using resolver::ResponseClass;
using resolver::ResponseDigest;
using resolver_test::name;
using resolver_test::Sections;
using wire::Rcode;
using wire::Type;
using Class = resolver::ResponseClass;

enum Flags : unsigned { kNone = 0, kAa = 1, kRa = 2, kTc = 4 };

struct Row {
  const char* what;
  const char* qname;
  Type qtype;
  const char* zone;
  unsigned flags;
  Rcode rcode;
  Sections sections;
  ResponseClass expected;
  std::string chain = "";        // "owner TYPE count ttl; ..."
  std::string target = "";       // qname when empty
  std::string denial = "";       // "soa owner, negative ttl"
  std::string referral = "";     // "zone ttl: server[addresses] ..."
  std::string child_ns = "";
  uint32_t scrubbed = 0;
};

std::string text_of(const std::optional<resolver::LearnedDelegation>& learned) {
  if (!learned) return "";
  std::string text = learned->delegation.zone.to_text() + " " + std::to_string(learned->ttl_s) + ":";
  for (const cache::DelegationServer& server : learned->delegation.servers) {
    text += " " + server.name.to_text() + "[";
    for (const base::IpAddress& glue : server.glue) text += (text.back() == '[' ? "" : " ") + glue.to_text();
    text += "]";
  }
  return text;
}

std::string chain_text(const ResponseDigest& digest) {
  std::string text;
  for (const resolver::LearnedRrset& link : digest.chain) {
    if (!text.empty()) text += "; ";
    text += link.owner.to_text() + " " + wire::to_text(link.type) + " " + std::to_string(link.record_count) + " " +
            std::to_string(link.ttl_s);
  }
  return text;
}

ResponseDigest digest_of(const wire::Header& header, const char* qname, Type qtype, const char* zone, const Sections& sections) {
  const auto bytes = resolver_test::message(header, name(qname), qtype, sections);
  const auto view = wire::MessageView::parse(bytes);
  EXPECT_TRUE(view.has_value());
  const wire::Name qname_owned = name(qname);
  const wire::Name zone_owned = name(zone);
  return digest_response(*view, {qname_owned, qtype, zone_owned});
}

void check(const Row& row) {
  wire::Header header;
  header.qr = true;
  header.aa = (row.flags & kAa) != 0;
  header.ra = (row.flags & kRa) != 0;
  header.tc = (row.flags & kTc) != 0;
  header.rcode = static_cast<uint8_t>(row.rcode);
  const ResponseDigest digest = digest_of(header, row.qname, row.qtype, row.zone, row.sections);
  EXPECT_EQ(static_cast<int>(digest.response_class), static_cast<int>(row.expected)) << row.what;
  EXPECT_EQ(chain_text(digest), row.chain) << row.what;
  EXPECT_EQ(digest.target, name(row.target.empty() ? row.qname : row.target)) << row.what << ": " << digest.target.to_text();
  const std::string denial = digest.soa ? digest.soa->owner.to_text() + " " + std::to_string(digest.negative_ttl_s) : "";
  EXPECT_EQ(denial, row.denial) << row.what;
  EXPECT_EQ(text_of(digest.referral), row.referral) << row.what;
  EXPECT_EQ(text_of(digest.child_ns), row.child_ns) << row.what;
  EXPECT_EQ(digest.scrubbed_records, row.scrubbed) << row.what;
}

constexpr const char* kSoa = "example.com. 900 IN SOA ns.example.com. hostmaster.example.com. 1 2 3 4 300";
constexpr const char* kLongSoa = "example.com. 100 IN SOA ns.example.com. hostmaster.example.com. 1 2 3 4 300";

TEST(Digest, Answers) {
  const Row kRows[] = {
      {"an answer", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1", "www.example.com. 200 IN A 192.0.2.2"}, {}, {}},
       Class::kAnswer, "www.example.com. A 2 200"},
      {"duplicates are removed", "www.example.com", Type::kMx, "example.com", kAa, Rcode::kNoerror,
       {{"www.example.com. 300 IN MX 1 mail.example.com.", "www.example.com. 300 IN MX 1 MAIL.example.com."}, {}, {}},
       Class::kAnswer, "www.example.com. MX 1 300", "", "", "", "", 1},
      {"a TTL with the top bit set is the largest", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"www.example.com. 4294967295 IN A 192.0.2.1"}, {}, {}}, Class::kAnswer, "www.example.com. A 1 2147483647"},
      {"the zone's own NS set is learned with addresses inside the zone", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1"},
        {"example.com. 3600 IN NS ns1.example.com.", "example.com. 3600 IN NS ns.example.net."},
        {"ns1.example.com. 3600 IN A 192.0.2.53", "ns.example.net. 3600 IN A 192.0.2.66"}},
       Class::kAnswer, "www.example.com. A 1 300", "", "", "", "example.com. 3600: ns1.example.com.[192.0.2.53] ns.example.net.[]", 1},
      {"the same out of the answer section", "example.com", Type::kNs, "example.com", kAa, Rcode::kNoerror,
       {{"example.com. 3600 IN NS ns1.example.com."}, {}, {"ns1.example.com. 3600 IN AAAA 2001:db8::1"}},
       Class::kAnswer, "example.com. NS 1 3600", "", "", "", "example.com. 3600: ns1.example.com.[2001:db8::1]"},
      {"extra records are dropped", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1", "bank.example. 300 IN A 192.0.2.66", "mail.example.com. 300 IN A 192.0.2.66"},
        {"example. 300 IN NS ns.evil.example."}, {"bank.example. 300 IN A 192.0.2.66"}},
       Class::kAnswer, "www.example.com. A 1 300", "", "", "", "", 4},
      {"no AA, no RA: an answer of lower rank", "www.example.com", Type::kA, "example.com", kNone, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1"}, {}, {}}, Class::kAnswer, "www.example.com. A 1 300"},
      {"RA without AA: a recursive resolver speaks", "www.example.com", Type::kA, "example.com", kRa, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1"}, {}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"NXDOMAIN with an answer contradicts itself", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain,
       {{"www.example.com. 300 IN A 192.0.2.1"}, {}, {}}, Class::kBroken, "", "", "", "", "", 1},
      {"records of other names alone answer nothing", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"ftp.example.com. 300 IN A 192.0.2.1"}, {}, {}}, Class::kBroken, "", "", "", "", "", 1},
      {"another type at the name says that it exists", "example.com", Type::kAaaa, "example.com", kNone, Rcode::kNoerror,
       {{"example.com. 0 IN A 192.0.2.1"}, {}, {}}, Class::kNodata, "", "", "", "", "", 1},
  };
  for (const Row& row : kRows) check(row);
}

TEST(Digest, Aliases) {
  const Row kRows[] = {
      {"a chain in any order", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"c.example.com. 50 IN A 192.0.2.1", "b.example.com. 60 IN CNAME c.example.com.", "a.example.com. 70 IN CNAME b.example.com."}, {}, {}},
       Class::kAnswer, "a.example.com. CNAME 1 70; b.example.com. CNAME 1 60; c.example.com. A 1 50", "c.example.com"},
      {"what lies outside the zone is dropped", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME www.example.net.", "www.example.net. 70 IN A 192.0.2.66"}, {}, {}},
       Class::kAlias, "a.example.com. CNAME 1 70", "www.example.net", "", "", "", 1},
      {"NXDOMAIN of a target outside the zone is not believed", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain,
       {{"a.example.com. 70 IN CNAME www.example.net."}, {}, {}}, Class::kAlias, "a.example.com. CNAME 1 70", "www.example.net"},
      {"NXDOMAIN of a target inside it is", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain,
       {{"a.example.com. 70 IN CNAME b.example.com."}, {kSoa}, {}},
       Class::kNxdomain, "a.example.com. CNAME 1 70", "b.example.com", "example.com. 300"},
      {"NODATA at the end of a chain", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME b.example.com."}, {kSoa}, {}},
       Class::kNodata, "a.example.com. CNAME 1 70", "b.example.com", "example.com. 300"},
      {"a chain into a delegated part goes on elsewhere", "a.example.com", Type::kA, "example.com", kNone, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME b.sub.example.com."}, {"sub.example.com. 3600 IN NS ns.sub.example.com."}, {}},
       Class::kAlias, "a.example.com. CNAME 1 70", "b.sub.example.com", "", "", "", 1},
      {"a loop is cut", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME b.example.com.", "b.example.com. 70 IN CNAME a.example.com."}, {}, {}},
       Class::kAlias, "a.example.com. CNAME 1 70; b.example.com. CNAME 1 70", "a.example.com"},
      {"the first of several CNAMEs counts", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME b.example.com.", "a.example.com. 70 IN CNAME c.example.com."}, {}, {}},
       Class::kAlias, "a.example.com. CNAME 1 70", "b.example.com", "", "", "", 1},
      {"the RRset asked for wins over a CNAME beside it", "a.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME b.example.com.", "a.example.com. 70 IN A 192.0.2.1"}, {}, {}},
       Class::kAnswer, "a.example.com. A 1 70", "", "", "", "", 1},
      {"a CNAME asked for is the answer", "a.example.com", Type::kCname, "example.com", kAa, Rcode::kNoerror,
       {{"a.example.com. 70 IN CNAME b.example.com."}, {}, {}}, Class::kAnswer, "a.example.com. CNAME 1 70"},
      {"a DNAME makes the CNAME; the server's is ignored", "x.old.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"old.example.com. 500 IN DNAME new.example.com.", "x.old.example.com. 0 IN CNAME evil.example.com.",
         "x.new.example.com. 50 IN A 192.0.2.1"}, {}, {}},
       Class::kAnswer, "old.example.com. DNAME 1 500; x.old.example.com. CNAME 1 500; x.new.example.com. A 1 50",
       "x.new.example.com", "", "", "", 1},
      {"a DNAME does not move its own name", "old.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"old.example.com. 500 IN DNAME new.example.com."}, {kSoa}, {}},
       Class::kNodata, "", "", "example.com. 300", "", "", 1},
      {"a DNAME above the zone is not the zone's to say", "x.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"com. 500 IN DNAME evil.example.", "x.example.com. 50 IN A 192.0.2.1"}, {}, {}},
       Class::kAnswer, "x.example.com. A 1 50", "", "", "", "", 1},
      {"a CNAME asked for below a DNAME", "x.old.example.com", Type::kCname, "example.com", kAa, Rcode::kNoerror,
       {{"old.example.com. 500 IN DNAME new.example.com."}, {}, {}},
       Class::kAnswer, "old.example.com. DNAME 1 500; x.old.example.com. CNAME 1 500"},
      {"two DNAMEs at one name are illegal", "x.old.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{"old.example.com. 500 IN DNAME new.example.com.", "old.example.com. 500 IN DNAME newer.example.com."}, {}, {}},
       Class::kBroken, "", "", "", "", "", 2},
  };
  for (const Row& row : kRows) check(row);
}

TEST(Digest, Denials) {
  const Row kRows[] = {
      {"NXDOMAIN", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain, {{}, {kSoa}, {}},
       Class::kNxdomain, "", "", "example.com. 300"},
      {"the SOA's TTL bounds it too", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain, {{}, {kLongSoa}, {}},
       Class::kNxdomain, "", "", "example.com. 100"},
      {"NXDOMAIN without SOA", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain, {}, Class::kNxdomain},
      {"NXDOMAIN of a recursive resolver", "www.example.com", Type::kA, "example.com", kRa, Rcode::kNxdomain, {{}, {kSoa}, {}},
       Class::kLame, "", "", "", "", "", 1},
      {"NXDOMAIN of a server of the parent only", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain,
       {{}, {"com. 900 IN SOA a. b. 1 2 3 4 5"}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"NODATA", "www.example.com", Type::kAaaa, "example.com", kAa, Rcode::kNoerror, {{}, {kSoa}, {}},
       Class::kNodata, "", "", "example.com. 300"},
      {"NODATA of a child zone on the same server", "www.sub.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{}, {"sub.example.com. 60 IN SOA a. b. 1 2 3 4 5"}, {}}, Class::kNodata, "", "", "sub.example.com. 5"},
      {"NODATA of a zone above is lame", "www.example.com", Type::kAaaa, "example.com", kAa, Rcode::kNoerror,
       {{}, {"com. 900 IN SOA a. b. 1 2 3 4 5"}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"NODATA of a zone beside is lame", "www.example.com", Type::kAaaa, "example.com", kAa, Rcode::kNoerror,
       {{}, {"sub.example.com. 900 IN SOA a. b. 1 2 3 4 5"}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"empty with AA", "www.example.com", Type::kAaaa, "example.com", kAa, Rcode::kNoerror, {}, Class::kNodata},
      {"empty without AA", "www.example.com", Type::kAaaa, "example.com", kNone, Rcode::kNoerror, {}, Class::kLame},
      {"only its own NS with AA", "www.example.com", Type::kAaaa, "example.com", kAa, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns.example.net."}, {}}, Class::kNodata, "", "", "", "", "example.com. 3600: ns.example.net.[]"},
      {"no data without AA but with SOA", "www.example.com", Type::kAaaa, "example.com", kNone, Rcode::kNoerror, {{}, {kSoa}, {}},
       Class::kNodata, "", "", "example.com. 300"},
      {"two SOA records contradict each other", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNxdomain,
       {{}, {kSoa, "example.com. 900 IN SOA a. b. 1 2 3 4 5"}, {}}, Class::kBroken, "", "", "", "", "", 2},
  };
  for (const Row& row : kRows) check(row);
}

TEST(Digest, Referrals) {
  const Row kRows[] = {
      {"a referral with glue", "www.example.com", Type::kA, "com", kNone, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns1.example.com.", "example.com. 1800 IN NS ns.other.com.", "example.com. 3600 IN NS ns.example.net."},
        {"ns1.example.com. 60 IN A 192.0.2.1", "ns1.example.com. 60 IN A 192.0.2.1", "ns1.example.com. 60 IN AAAA 2001:db8::1",
         "ns.other.com. 60 IN A 192.0.2.2", "ns.example.net. 60 IN A 192.0.2.66", "bank.com. 60 IN A 192.0.2.66"}},
       Class::kReferral, "", "", "",
       "example.com. 1800: ns1.example.com.[192.0.2.1 2001:db8::1] ns.other.com.[192.0.2.2] ns.example.net.[]", "", 3},
      {"AA set wrongly", "www.example.com", Type::kA, "com", kAa, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns.example.net."}, {}}, Class::kReferral, "", "", "", "example.com. 3600: ns.example.net.[]"},
      {"the parent's SOA beside it", "www.sub.example.com", Type::kA, "example.com", kNone, Rcode::kNoerror,
       {{}, {"sub.example.com. 3600 IN NS ns.example.net.", kSoa}, {}}, Class::kReferral, "", "", "",
       "sub.example.com. 3600: ns.example.net.[]", "", 1},
      {"the SOA of the zone itself beside it: parent and child on one server", "www.sub.example.com", Type::kA, "example.com", kNone,
       Rcode::kNoerror, {{}, {"sub.example.com. 3600 IN NS ns.example.net.", "sub.example.com. 60 IN SOA a. b. 1 2 3 4 5"}, {}},
       Class::kNodata, "", "", "sub.example.com. 5", "", "", 1},
      {"with AA it is a denial", "www.sub.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{}, {"sub.example.com. 3600 IN NS ns.example.net.", kSoa}, {}}, Class::kNodata, "", "", "example.com. 300", "", "", 1},
      {"the deepest of several", "www.sub.example.com", Type::kA, "com", kNone, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns.example.net.", "sub.example.com. 3600 IN NS ns.sub.net.", "com. 3600 IN NS evil.example."}, {}},
       Class::kReferral, "", "", "", "sub.example.com. 3600: ns.sub.net.[]", "", 2},
      {"to the name itself, for DS too", "example.com", Type::kDs, "com", kNone, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns.example.net."}, {}}, Class::kReferral, "", "", "", "example.com. 3600: ns.example.net.[]"},
      {"to the zone itself is lame", "www.example.com", Type::kA, "example.com", kNone, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns1.example.com."}, {"ns1.example.com. 60 IN A 192.0.2.1"}}, Class::kLame, "", "", "", "", "", 2},
      {"upwards is lame", "www.example.com", Type::kA, "example.com", kNone, Rcode::kNoerror,
       {{}, {". 3600 IN NS a.root-servers.net."}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"upwards with AA is lame", "www.example.com", Type::kA, "example.com", kAa, Rcode::kNoerror,
       {{}, {". 3600 IN NS a.root-servers.net."}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"sideways is lame", "www.example.com", Type::kA, "com", kNone, Rcode::kNoerror,
       {{}, {"example.org. 3600 IN NS ns.example.org."}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"below the name is lame", "example.com", Type::kA, "com", kNone, Rcode::kNoerror,
       {{}, {"www.example.com. 3600 IN NS ns.example.org."}, {}}, Class::kLame, "", "", "", "", "", 1},
      {"from the root", "example.com", Type::kA, ".", kNone, Rcode::kNoerror,
       {{}, {"com. 3600 IN NS a.gtld-servers.net."}, {"a.gtld-servers.net. 60 IN A 192.0.2.1"}},
       Class::kReferral, "", "", "", "com. 3600: a.gtld-servers.net.[192.0.2.1]"},
      {"from a server that also recurses", "www.example.com", Type::kA, "com", kRa, Rcode::kNoerror,
       {{}, {"example.com. 3600 IN NS ns.example.net."}, {}}, Class::kReferral, "", "", "", "example.com. 3600: ns.example.net.[]"},
  };
  for (const Row& row : kRows) check(row);
}

TEST(Digest, Rcodes) {
  const Sections kData = {{"www.example.com. 300 IN A 192.0.2.1"}, {}, {}};
  struct RcodeRow {
    unsigned flags;
    Rcode rcode;
    ResponseClass expected;
  };
  constexpr RcodeRow kRows[] = {
      {kAa, Rcode::kServfail, Class::kServfail}, {kAa, Rcode::kRefused, Class::kRefused},
      {kAa, Rcode::kNotauth, Class::kRefused},   {kAa, Rcode::kFormerr, Class::kFormerr},
      {kAa, Rcode::kNotimp, Class::kFormerr},    {kAa, Rcode::kYxrrset, Class::kServfail},
      {kAa, Rcode::kNotzone, Class::kServfail},  {kAa | kTc, Rcode::kNoerror, Class::kTruncated},
      {kAa | kTc, Rcode::kNxdomain, Class::kTruncated}, {kAa | kTc, Rcode::kServfail, Class::kServfail},
      {kAa, static_cast<Rcode>(11), Class::kServfail},
  };
  for (const RcodeRow& row : kRows) {
    wire::Header header;
    header.qr = true;
    header.aa = true;
    header.tc = (row.flags & kTc) != 0;
    header.rcode = static_cast<uint8_t>(row.rcode);
    const ResponseDigest digest = digest_of(header, "www.example.com", Type::kA, "example.com", kData);
    EXPECT_EQ(static_cast<int>(digest.response_class), static_cast<int>(row.expected)) << int{header.rcode};
    EXPECT_TRUE(digest.chain.empty());
  }
}

TEST(Digest, ExtendedRcodes) {
  for (const auto& [rcode, expected] : {std::pair(Rcode::kBadvers, Class::kBadvers), std::pair(Rcode::kBadcookie, Class::kBadcookie)}) {
    std::array<uint8_t, 512> buffer;
    wire::Header header;
    header.qr = true;
    header.rcode = static_cast<uint8_t>(static_cast<unsigned>(rcode) & 15U);
    wire::MessageWriter writer(buffer, buffer.size(), header);
    ASSERT_TRUE(writer.question(name("example.com"), Type::kA, wire::Class::kIn));
    ASSERT_TRUE(writer.opt(1232, static_cast<uint8_t>(static_cast<unsigned>(rcode) >> 4), false, {}));
    const auto view = wire::MessageView::parse(writer.finish());
    ASSERT_TRUE(view.has_value());
    const wire::Name qname = name("example.com");
    EXPECT_EQ(static_cast<int>(digest_response(*view, {qname, Type::kA, qname}).response_class), static_cast<int>(expected));
  }
}

TEST(Digest, YxdomainNeedsADnameThatExplainsIt) {
  const std::string label(60, 'x');
  const std::string long_name = label + "." + label + "." + label + ".old.example.com";
  const std::string dname = "old.example.com. 500 IN DNAME " + label + ".new.example.com.";
  check({"a name that becomes too long", long_name.c_str(), Type::kA, "example.com", kAa, Rcode::kYxdomain, {{dname}, {}, {}},
         Class::kYxdomain, "old.example.com. DNAME 1 500"});
  check({"whatever the RCODE says", long_name.c_str(), Type::kA, "example.com", kAa, Rcode::kNoerror, {{dname}, {}, {}},
         Class::kYxdomain, "old.example.com. DNAME 1 500"});
  check({"without a DNAME", "www.example.com", Type::kA, "example.com", kAa, Rcode::kYxdomain, {}, Class::kServfail});
}

TEST(Digest, RanksFollowAaAndSignaturesStayWithTheirSet) {
  const char* kSignature =
      "www.example.com. 300 IN RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  Sections sections = {{"www.example.com. 300 IN A 192.0.2.1"}, {}, {}};
  for (int copy = 0; copy < 10; ++copy) sections.answer.emplace_back(kSignature);
  for (const bool aa : {false, true}) {
    wire::Header header;
    header.qr = true;
    header.aa = aa;
    const ResponseDigest digest = digest_of(header, "www.example.com", Type::kA, "example.com", sections);
    ASSERT_EQ(digest.chain.size(), 1U);
    EXPECT_EQ(digest.chain[0].rank, aa ? cache::Rank::kAuthAnswer : cache::Rank::kNonAuthAnswer);
    EXPECT_EQ(digest.chain[0].signature_count, resolver::kRrsigsPerRrsetMax);
    EXPECT_EQ(digest.scrubbed_records, 0U);
  }
}

// What is lame, but taken when there is nobody else.
TEST(Digest, LastResorts) {
  struct LastResortRow {
    const char* what;
    unsigned flags;
    Rcode rcode;
    Sections sections;
    ResponseClass usual, last_resort;
  };
  const char* const kAddress = "www.example.com. 300 IN A 192.0.2.1";
  const char* const kSoaAbove = "com. 900 IN SOA a.com. b.com. 1 2 3 4 300";
  const LastResortRow kRows[] = {
      {"hearsay", kRa, Rcode::kNoerror, {{kAddress}, {}, {}}, Class::kLame, Class::kAnswer},
      {"an alias by hearsay", kRa, Rcode::kNoerror, {{"www.example.com. 300 IN CNAME w.example.net."}, {}, {}}, Class::kLame,
       Class::kAlias},
      {"NXDOMAIN by hearsay, with an SOA of the zone", kRa, Rcode::kNxdomain, {{}, {kSoa}, {}}, Class::kLame, Class::kLame},
      {"NODATA, SOA of a zone above", kAa, Rcode::kNoerror, {{}, {kSoaAbove}, {}}, Class::kLame, Class::kNodata},
      {"NXDOMAIN, SOA of a zone above", kAa, Rcode::kNxdomain, {{}, {kSoaAbove}, {}}, Class::kLame, Class::kLame},
      {"nothing at all", kNone, Rcode::kNoerror, {{}, {}, {}}, Class::kLame, Class::kNodata},
      {"an upward referral", kNone, Rcode::kNoerror, {{}, {". 300 IN NS a.root."}, {}}, Class::kLame, Class::kLame},
  };
  const wire::Name qname = name("www.example.com");
  const wire::Name zone = name("example.com");
  for (const LastResortRow& row : kRows) {
    wire::Header header;
    header.qr = true;
    header.aa = (row.flags & kAa) != 0;
    header.ra = (row.flags & kRa) != 0;
    header.rcode = static_cast<uint8_t>(row.rcode);
    const auto bytes = resolver_test::message(header, qname, Type::kA, row.sections);
    const auto view = wire::MessageView::parse(bytes);
    ASSERT_TRUE(view.has_value()) << row.what;
    const ResponseDigest usual = digest_response(*view, {qname, Type::kA, zone});
    EXPECT_EQ(static_cast<int>(usual.response_class), static_cast<int>(row.usual)) << row.what;
    const ResponseDigest last =
        digest_response(*view, {.name = qname, .type = Type::kA, .zone = zone, .last_resort = true});
    EXPECT_EQ(static_cast<int>(last.response_class), static_cast<int>(row.last_resort)) << row.what;
    EXPECT_FALSE(last.soa.has_value()) << row.what << ": an SOA that is not the zone's denies nothing";
  }
}

// Bounds and hostile sizes ------------------------------------------------------------------------

std::vector<uint8_t> many_records(size_t count, wire::Name (*owner)(size_t)) {
  std::vector<uint8_t> buffer(65535);
  wire::Header header;
  header.qr = true;
  header.aa = true;
  wire::MessageWriter writer(buffer, buffer.size(), header);
  EXPECT_TRUE(writer.question(name("w.com"), Type::kA, wire::Class::kIn));
  for (size_t index = 0; index < count; ++index) {
    std::array<uint8_t, 4> rdata{};
    base::store_be32(rdata.data(), static_cast<uint32_t>(index));
    EXPECT_TRUE(writer.record(wire::Section::kAnswer, owner(index), Type::kA, wire::Class::kIn, 60, rdata));
  }
  const base::Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

TEST(Digest, TooManyRecordsInOneSetAreBroken) {
  const wire::Name qname = name("w.com");
  const wire::Name zone = name("com");
  const auto same_owner = [](size_t) { return resolver_test::name("w.com"); };
  for (const auto& [count, expected] : {std::pair(size_t{256}, Class::kAnswer), std::pair(size_t{257}, Class::kBroken)}) {
    const auto bytes = many_records(count, same_owner);
    const auto view = wire::MessageView::parse(bytes);
    ASSERT_TRUE(view.has_value());
    EXPECT_EQ(static_cast<int>(digest_response(*view, {qname, Type::kA, zone}).response_class), static_cast<int>(expected));
  }
}

TEST(Digest, ThousandsOfForeignRecordsAreScrubbed) {
  const auto owner = [](size_t index) {
    return resolver_test::name(index == 1500 ? std::string("w.com") : std::to_string(index) + ".com");
  };
  const auto bytes = many_records(2500, owner);
  const auto view = wire::MessageView::parse(bytes);
  ASSERT_TRUE(view.has_value());
  const wire::Name qname = name("w.com");
  const wire::Name zone = name("com");
  const ResponseDigest digest = digest_response(*view, {qname, Type::kA, zone});
  EXPECT_EQ(static_cast<int>(digest.response_class), static_cast<int>(Class::kAnswer));
  EXPECT_EQ(chain_text(digest), "w.com. A 1 60");
  EXPECT_EQ(digest.scrubbed_records, 2499U);
}

TEST(Digest, AtMostTwelveAliasesOfOneMessage) {
  Sections sections;
  for (int link = 0; link < 20; ++link) {
    sections.answer.push_back("a" + std::to_string(link) + ".example.com. 60 IN CNAME a" + std::to_string(link + 1) + ".example.com.");
  }
  wire::Header header;
  header.qr = true;
  header.aa = true;
  const ResponseDigest digest = digest_of(header, "a0.example.com", Type::kA, "example.com", sections);
  EXPECT_EQ(static_cast<int>(digest.response_class), static_cast<int>(Class::kAlias));
  EXPECT_EQ(digest.chain.size(), 12U);
  EXPECT_EQ(digest.target, name("a12.example.com"));
}

TEST(Digest, BrokenRdataMattersOnlyWhereItIsNeeded) {
  struct BrokenRow {
    const char* owner;
    ResponseClass expected;
  };
  for (const BrokenRow& row : {BrokenRow{"www.example.com", Class::kBroken}, BrokenRow{"ftp.example.com", Class::kAnswer}}) {
    std::array<uint8_t, 512> buffer;
    wire::Header header;
    header.qr = true;
    header.aa = true;
    wire::MessageWriter writer(buffer, buffer.size(), header);
    constexpr std::array<uint8_t, 4> kAddress = {192, 0, 2, 1};
    ASSERT_TRUE(writer.question(name("www.example.com"), Type::kA, wire::Class::kIn));
    ASSERT_TRUE(writer.record(wire::Section::kAnswer, name("www.example.com"), Type::kA, wire::Class::kIn, 60, kAddress));
    ASSERT_TRUE(writer.record(wire::Section::kAnswer, name(row.owner), Type::kA, wire::Class::kIn, 60, base::Bytes(kAddress).first(3)));
    const auto view = wire::MessageView::parse(writer.finish());
    ASSERT_TRUE(view.has_value());
    const wire::Name qname = name("www.example.com");
    const wire::Name zone = name("example.com");
    EXPECT_EQ(static_cast<int>(digest_response(*view, {qname, Type::kA, zone}).response_class), static_cast<int>(row.expected)) << row.owner;
  }
}

ResponseDigest forwarded(unsigned flags, Rcode rcode, const char* qname, const Sections& sections,
                         const resolver::RouteTable& routes, const char* zone = ".") {
  wire::Header header;
  header.qr = true;
  header.aa = (flags & kAa) != 0;
  header.ra = (flags & kRa) != 0;
  header.rcode = static_cast<uint8_t>(rcode);
  const auto bytes = resolver_test::message(header, name(qname), Type::kA, sections);
  const auto view = wire::MessageView::parse(bytes);
  EXPECT_TRUE(view.has_value());
  const wire::Name qname_owned = name(qname);
  const wire::Name zone_owned = name(zone);
  return digest_response(
      *view,
      {.name = qname_owned, .type = Type::kA, .zone = zone_owned, .of_forwarder = true, .routes = &routes});
}

TEST(Digest, OfForwarders) {
  struct ForwardRow {
    const char* what;
    unsigned flags;
    Rcode rcode;
    Sections sections;
    ResponseClass expected;
    std::string chain = "";
    std::string target = "www.example.com";
    std::string denial = "";
  };
  const ForwardRow kRows[] = {
      {"RA without AA is as it should be", kRa, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1"}, {}, {}}, Class::kAnswer, "www.example.com. A 1 300"},
      {"NS sets and glue are not taken", kRa | kAa, Rcode::kNoerror,
       {{"www.example.com. 300 IN A 192.0.2.1"}, {"com. 300 IN NS ns.evil.example.", ". 300 IN NS ns.evil.example."},
        {"ns.evil.example. 300 IN A 192.0.2.66"}}, Class::kAnswer, "www.example.com. A 1 300"},
      {"an alias and its target", kRa, Rcode::kNoerror,
       {{"www.example.com. 300 IN CNAME www.example.net.", "www.example.net. 300 IN A 192.0.2.1"}, {}, {}},
       Class::kAnswer, "www.example.com. CNAME 1 300; www.example.net. A 1 300", "www.example.net"},
      {"not beyond where another route begins", kRa, Rcode::kNoerror,
       {{"www.example.com. 300 IN CNAME db.corp.example.", "db.corp.example. 300 IN A 192.0.2.66"}, {}, {}},
       Class::kAlias, "www.example.com. CNAME 1 300", "db.corp.example"},
      {"a referral is no answer", kRa, Rcode::kNoerror, {{}, {"com. 300 IN NS ns.evil.example."}, {}}, Class::kLame},
      {"one without RA neither", kNone, Rcode::kNoerror, {{}, {"com. 300 IN NS ns.evil.example."}, {}}, Class::kLame},
      {"NXDOMAIN", kRa, Rcode::kNxdomain, {{}, {kSoa}, {}}, Class::kNxdomain, "", "www.example.com", "example.com. 300"},
      {"NODATA", kRa, Rcode::kNoerror, {{}, {kSoa}, {}}, Class::kNodata, "", "www.example.com", "example.com. 300"},
      {"NODATA without SOA", kRa, Rcode::kNoerror, {{}, {}, {}}, Class::kNodata},
      {"nothing, by who does not recurse", kNone, Rcode::kNoerror, {{}, {}, {}}, Class::kLame},
  };
  const resolver::RouteTable routes({}, {{name("corp.example"), {resolver::kIterateStep}}});
  for (const ForwardRow& row : kRows) {
    const ResponseDigest digest = forwarded(row.flags, row.rcode, "www.example.com", row.sections, routes);
    EXPECT_EQ(static_cast<int>(digest.response_class), static_cast<int>(row.expected)) << row.what;
    EXPECT_EQ(chain_text(digest), row.chain) << row.what;
    EXPECT_EQ(digest.target, name(row.target)) << row.what;
    const std::string denial =
        digest.soa ? digest.soa->owner.to_text() + " " + std::to_string(digest.negative_ttl_s) : "";
    EXPECT_EQ(denial, row.denial) << row.what;
    EXPECT_EQ(text_of(digest.referral) + text_of(digest.child_ns), "") << row.what;
    EXPECT_FALSE(digest.stale_at_forwarder) << row.what;
    for (const auto& link : digest.chain) EXPECT_EQ(link.rank, cache::Rank::kNonAuthAnswer) << row.what;
  }
}

// The same holds for iteration: a public zone's servers do not speak for a private one below it.
TEST(Digest, AChainEndsWhereAnotherRouteBegins) {
  const Sections sections{{"www.example. 300 IN CNAME db.corp.example.", "db.corp.example. 300 IN A 192.0.2.66"}, {}, {}};
  wire::Header header;
  header.qr = true;
  header.aa = true;
  const auto bytes = resolver_test::message(header, name("www.example"), Type::kA, sections);
  const auto view = wire::MessageView::parse(bytes);
  ASSERT_TRUE(view.has_value());
  const wire::Name qname = name("www.example");
  const wire::Name zone = name("example");
  const resolver::RouteTable routes({}, {{name("corp.example"), {resolver::kIterateStep}}});
  EXPECT_EQ(chain_text(digest_response(*view, {.name = qname, .type = Type::kA, .zone = zone})),
            "www.example. CNAME 1 300; db.corp.example. A 1 300");
  EXPECT_EQ(chain_text(digest_response(*view, {.name = qname, .type = Type::kA, .zone = zone, .routes = &routes})),
            "www.example. CNAME 1 300");
}

}  // namespace
