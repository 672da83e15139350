// Denials from the cache: what may be answered from them, and what never.
#include "resolver/dnssec/synthesize.h"

#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

base::Instant at_s(int64_t seconds) { return base::Instant::from_boot(base::seconds(seconds)); }

class Index {
 public:
  explicit Index(const char* zone = "example.") : zone_(name(zone)) {}

  void soa(uint32_t ttl_s = 900) {
    const wire::OwnedRecord soa = record(zone_.to_text() + " SOA a. b. 1 2 3 4 5");
    index.put_soa(at_s(0), zone_, {zone_, soa.rdata, {}, ttl_s});
  }
  bool keep(const std::string& text, uint32_t ttl_s = 1000, bool from_wildcard = false) {
    const wire::OwnedRecord denial = record(text);
    return keep_denial(at_s(0), index, {zone_, denial.owner, denial.type, denial.rdata, {}, ttl_s, from_wildcard}, Policy{});
  }
  void keep_all(const SignedZone& zone) {
    for (const OwnedRrset* set : zone.rrsets()) {
      wire::for_each_rendered(set->records, [&](Type type, uint32_t ttl_s, base::Bytes rdata) {
        if (type != Type::kNsec && type != Type::kNsec3) return;
        EXPECT_TRUE(keep_denial(at_s(0), index, {zone_, set->owner, type, rdata, set->signatures, ttl_s, false}, Policy{}));
      });
    }
    soa();
  }
  Synthesis ask(const std::string& at, Type type, int64_t now_s = 0) {
    const Name qname = name(at);
    ValidationBudget budget;
    return synthesize(at_s(now_s), index, zone_, qname, type, Policy{}, budget);
  }
  Denied denied(const std::string& at, Type type = Type::kA) { return ask(at, type).denied; }

  cache::DenialIndex index{1 << 20, kSecret};

 private:
  Name zone_;
};

const std::string kFolder = std::string(HOLDFAST_SOURCE_DIR) + "/tests/data/dnssec/";

SignedZone fixture(const std::string& file) {
  const auto text = read_file(kFolder + file);
  EXPECT_TRUE(text.has_value()) << file;
  return SignedZone::from_text("example.", text.value_or(""));
}

struct Row {
  const char* name;
  Type type;
  Denied nsec, nsec3, opt_out;
};

TEST(Synthesize, FromAWholeZone) {
  using enum Denied;
  const Row rows[] = {
      {"nope.example.", Type::kA, kNxdomain, kNxdomain, kNothing},
      {"deep.below.nope.example.", Type::kTxt, kNxdomain, kNxdomain, kNothing},
      {"NOPE.Example.", Type::kA, kNxdomain, kNxdomain, kNothing},
      {"nope.xx.example.", Type::kA, kNxdomain, kNxdomain, kNothing},
      {"ns1.example.", Type::kMx, kNodata, kNodata, kNodata},
      {"ns1.example.", Type::kA, kNothing, kNothing, kNothing},
      {"y.w.example.", Type::kA, kNodata, kNodata, kNodata},            // empty non-terminal
      {"a.z.w.example.", Type::kA, kNodata, kNodata, kNothing},         // the wildcard lacks it
      {"a.z.w.example.", Type::kMx, kNothing, kNothing, kNothing},      // the wildcard answers
      {"a.c.x.w.example.", Type::kA, kNxdomain, kNxdomain, kNothing},
      {"alias.example.", Type::kA, kNothing, kNothing, kNothing},       // an alias
      {"alias.example.", Type::kCname, kNothing, kNothing, kNothing},
      {"x.d.example.", Type::kA, kNothing, kNothing, kNothing},         // below a DNAME
      {"d.example.", Type::kA, kNodata, kNodata, kNodata},              // at the DNAME
      {"a.example.", Type::kA, kNothing, kNothing, kNothing},           // at a cut
      {"www.a.example.", Type::kA, kNothing, kNothing, kNothing},       // below it
      {"ns1.a.example.", Type::kA, kNothing, kNothing, kNothing},
      {"c.example.", Type::kA, kNothing, kNothing, kNothing},
      {"www.c.example.", Type::kA, kNothing, kNothing, kNothing},
      {"c.example.", Type::kDs, kNodata, kNodata, kNothing},            // unsigned delegation
      {"a.example.", Type::kDs, kNothing, kNothing, kNothing},          // signed
      {"example.", Type::kDs, kNothing, kNothing, kNothing},            // the parent's
      {"example.", Type::kA, kNodata, kNodata, kNodata},
      {"nope.example.", Type::kAny, kNothing, kNothing, kNothing},
      {"nope.example.", Type::kRrsig, kNothing, kNothing, kNothing},
      {"ns1.example.", Type::kNsec, kNothing, kNothing, kNothing},
      {"ns1.example.", Type::kNsec3, kNothing, kNothing, kNothing},
      {"nope.other.", Type::kA, kNothing, kNothing, kNothing},
  };
  Index nsec;
  nsec.keep_all(fixture("ED25519.nsec.zone"));
  Index nsec3;
  nsec3.keep_all(fixture("ED25519.nsec3.zone"));
  Index opt_out;
  opt_out.keep_all(fixture("ED25519.optout.zone"));
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.name) + " " + wire::to_text(row.type));
    EXPECT_EQ(nsec.denied(row.name, row.type), row.nsec);
    EXPECT_EQ(nsec3.denied(row.name, row.type), row.nsec3);
    EXPECT_EQ(opt_out.denied(row.name, row.type), row.opt_out);
  }
}

// What is synthesized is a proof: the check of answers takes it.
TEST(Synthesize, TheProofsProve) {
  for (const char* file : {"ED25519.nsec.zone", "ED25519.nsec3.zone", "ldns.nsec3.zone"}) {
    SCOPED_TRACE(file);
    const SignedZone zone = fixture(file);
    Index index;
    index.keep_all(zone);
    const Name origin = name("example.");
    KeySet keys = zone.keys();
    size_t synthesized = 0;
    for (const char* base : {"example.", "w.example.", "y.w.example.", "xx.example.", "x.w.example.", "c.example.", "d.example."}) {
      for (const char* label : {"", "0.", "aa.", "m.n.", "zz.", "*.", "_x."}) {
        for (const Type type : {Type::kA, Type::kMx, Type::kTxt, Type::kDs}) {
          const Name qname = name(std::string(label) + base);
          const Synthesis made = index.ask(qname.to_text(), type);
          if (made.denied == Denied::kNothing) continue;
          ++synthesized;
          SCOPED_TRACE(qname.to_text());
          EXPECT_EQ(zone.find(qname, type), nullptr);
          if (made.denied == Denied::kNxdomain) {
            EXPECT_FALSE(zone.exists(qname));
          }
          Denials denials(origin);
          for (const cache::DenialRecord& proof : made.proofs) {
            denials.add(proof.owner, proof.type, proof.rdata, static_cast<uint8_t>(signed_labels(proof.owner)));
            OwnedRrset set;
            set.owner = proof.owner;
            set.type = proof.type;
            wire::append_rendered(set.records, proof.type, wire::Class::kIn, 3600, proof.rdata);
            set.signatures = proof.signatures;
            EXPECT_EQ(check(set, keys).verdict.security, Security::kSecure) << "with its signatures";
          }
          const Policy policy;
          const Claim claim = made.denied == Denied::kNxdomain ? Claim::kNxdomain : Claim::kNodata;
          DenialCheck proof(denials, {claim, qname, type, 0}, policy);
          ValidationBudget budget;
          EXPECT_EQ(proof.step(budget, 1000), Step::kDone);
          EXPECT_EQ(proof.verdict().security, Security::kSecure) << to_text(proof.verdict());
        }
      }
    }
    EXPECT_GT(synthesized, 60U);
  }
}

TEST(Synthesize, NeedsTheSoaAndLastsNoLonger) {
  Index index;
  ASSERT_TRUE(index.keep("example. NSEC b.example. NS SOA", 500));
  EXPECT_EQ(index.denied("a.example."), Denied::kNothing) << "no SOA";
  index.soa(300);
  const Synthesis made = index.ask("a.example.", Type::kA, 100);
  EXPECT_EQ(made.denied, Denied::kNxdomain);
  EXPECT_EQ(made.ttl_s, 200U);
  EXPECT_EQ(made.proofs.size(), 1U) << "it covers the name and the wildcard";
  EXPECT_EQ(index.ask("a.example.", Type::kA, 300).denied, Denied::kNothing) << "the SOA is past its TTL";
  index.soa(3000);
  EXPECT_EQ(index.ask("a.example.", Type::kA, 499).ttl_s, 1U);
  EXPECT_EQ(index.ask("a.example.", Type::kA, 500).denied, Denied::kNothing) << "the NSEC is";
}

TEST(Synthesize, HalfAProofIsNone) {
  Index index;
  index.soa();
  ASSERT_TRUE(index.keep("b.example. NSEC d.example. A"));
  EXPECT_EQ(index.denied("c.example."), Denied::kNothing) << "the wildcard is not known to be absent";
  EXPECT_EQ(index.denied("b.example.", Type::kMx), Denied::kNodata);
  ASSERT_TRUE(index.keep("example. NSEC b.example. NS SOA"));
  EXPECT_EQ(index.denied("c.example."), Denied::kNxdomain);
  EXPECT_EQ(index.denied("e.example."), Denied::kNothing) << "nothing covers it";
}

TEST(Synthesize, WhatIsNotKept) {
  Index index;
  index.soa();
  const std::string kHash = "35mthgpgcu1qg68fab165klnsnk3dpvl";
  EXPECT_FALSE(index.keep("b.example. NSEC d.example. A", 1000, true)) << "made by a wildcard (row 15)";
  EXPECT_FALSE(index.keep("b.example. NSEC z. A")) << "overreaching (row 16)";
  EXPECT_FALSE(index.keep("b.example. NSEC zz.example2. A"));
  EXPECT_FALSE(index.keep("b.other. NSEC c.other. A"));
  EXPECT_FALSE(index.keep("d.example. NSEC b.example. A")) << "backwards";
  EXPECT_FALSE(index.keep("b.example. NSEC \\000.b.example. A")) << "spans nothing";
  EXPECT_FALSE(index.keep(kHash + ".example. NSEC3 1 0 51 - " + kHash + " A")) << "iterations";
  EXPECT_FALSE(index.keep(kHash + ".sub.example. NSEC3 1 0 0 - " + kHash + " A"));
  EXPECT_FALSE(index.keep(kHash + ".example. NSEC3 1 0 0 - 35mthgpgcu1qg68fab165klnsnk3dpvm A")) << "spans nothing";
  EXPECT_TRUE(index.keep(kHash + ".example. NSEC3 1 0 0 - 35mthgpgcu1qg68fab165klnsnk3dqvm A"));
  EXPECT_FALSE(index.keep("example. TXT a"));
  EXPECT_EQ(index.denied("c.example."), Denied::kNothing);
}

TEST(Synthesize, ABudgetWithoutHashesGivesNothing) {
  Index index;
  index.keep_all(fixture("ED25519.nsec3.zone"));
  const Name zone = name("example.");
  const Name qname = name("nope.example.");
  ValidationBudget none({.hashes = 2});
  EXPECT_EQ(synthesize(at_s(0), index.index, zone, qname, Type::kA, Policy{}, none).denied, Denied::kNothing);
  ValidationBudget three({.hashes = 3});
  EXPECT_EQ(synthesize(at_s(0), index.index, zone, qname, Type::kA, Policy{}, three).denied, Denied::kNxdomain);
}

// The random-subdomain flood of a signed zone (row 38): after a few denials nothing more is asked.
TEST(Synthesize, AFloodOfRandomNamesIsAnsweredFromAFewRecords) {
  const SignedZone zone = fixture("ED25519.nsec.zone");
  Index index;
  index.soa();
  size_t asked = 0;
  uint32_t state = 1;
  for (int question = 0; question < 2000; ++question) {
    state = state * 1664525U + 1013904223U;
    const std::string qname = "r" + std::to_string(state) + ".example.";
    if (index.denied(qname) == Denied::kNxdomain) continue;
    ++asked;
    // The server's answer: the NSEC records that deny it.
    const Name asked_name = name(qname);
    const Denials denials = zone.denials_for(asked_name);
    for (const Nsec& nsec : denials.nsec()) {
      const OwnedRrset* set = zone.find(nsec.owner, Type::kNsec);
      wire::for_each_rendered(set->records, [&](Type type, uint32_t ttl_s, base::Bytes rdata) {
        keep_denial(at_s(0), index.index, {zone.origin(), set->owner, type, rdata, set->signatures, ttl_s, false}, Policy{});
      });
    }
  }
  EXPECT_LE(asked, 3U);
}

}  // namespace
