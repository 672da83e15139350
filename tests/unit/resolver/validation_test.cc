// Validation over a small tree: example. (the anchor) is signed, sub.example. too, plain.example. is not. What
// a validation needs is answered from the tree and validated in turn, as the engine does with sub-questions.
#include "resolver/validation.h"

#include "cache/proofs.h"
#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT
using resolver::LearnedRrset;
using resolver::ResponseClass;
using resolver::ResponseDigest;
using resolver::Validation;
using resolver::ValidationStep;

LearnedRrset learned(const OwnedRrset& set) {
  LearnedRrset out;
  out.owner = set.owner;
  out.type = set.type;
  out.ttl_s = 3600;
  out.rendered = set.records;
  out.signatures = set.signatures;
  wire::for_each_rendered(set.records, [&](Type, uint32_t, base::Bytes) { ++out.record_count; });
  wire::for_each_rendered(set.signatures, [&](Type, uint32_t, base::Bytes) { ++out.signature_count; });
  return out;
}

class Tree {
 public:
  Tree() {
    std::vector<uint8_t> ds;
    append_ds(ds, name("example."), top_.rdata(), digest_type::kSha256);
    std::string text = "example. IN DS " + std::to_string(top_.tag()) + " " + std::to_string(top_.number()) + " 2 ";
    wire::for_each_rendered(ds, [&](Type, uint32_t, base::Bytes rdata) {
      char digits[3];
      for (const uint8_t byte : rdata.subspan(4)) {
        std::snprintf(digits, sizeof digits, "%02X", byte);
        text += digits;
      }
    });
    auto anchors = TrustAnchors::parse({text}, policy_);
    EXPECT_TRUE(anchors.has_value());
    anchors_ = std::move(*anchors);
  }

  ResponseDigest answer(const std::vector<OwnedRrset>& chain) const {
    ResponseDigest digest;
    digest.response_class = ResponseClass::kAnswer;
    for (const OwnedRrset& set : chain) digest.chain.push_back(learned(set));
    digest.target = chain.back().owner;
    return digest;
  }
  ResponseDigest denial(ResponseClass response_class, std::string_view target, const std::vector<OwnedRrset>& proofs,
                        bool with_soa = true) const {
    ResponseDigest digest;
    digest.response_class = response_class;
    digest.target = name(target);
    digest.negative_ttl_s = 300;
    if (with_soa) digest.soa = learned(signed_rrset({"example. 3600 IN SOA ns.example. h.example. 1 1 1 1 300"}, top_));
    for (const OwnedRrset& set : proofs) digest.proofs.push_back(learned(set));
    return digest;
  }

  // What its zones say of DNSKEY and DS.
  ResponseDigest look_up(const Validation::Need& need) {
    needs_ += need.name.to_text() + " " + wire::to_text(need.type) + "; ";
    const auto keys_of = [&](const SigningKey& key) {
      OwnedRrset set = dnskey_rrset(key.zone().to_text(), {key.rdata()});
      append_signature(set, key);
      return answer({set});
    };
    if (need.type == Type::kDnskey) {
      return need.name == name("sub.example.") ? keys_of(sub_) : keys_of(top_);
    }
    if (need.name == name("sub.example.")) {
      OwnedRrset ds{name("sub.example."), Type::kDs, {}, {}};
      append_ds(ds.records, ds.owner, sub_.rdata(), digest_type::kSha256);
      append_signature(ds, top_);
      return answer({ds});
    }
    if (need.name == name("plain.example.")) {
      return denial(ResponseClass::kNodata, "plain.example.",
                    {signed_rrset({"plain.example. 3600 IN NSEC sub.example. NS RRSIG NSEC"}, top_)});
    }
    const Name next = *Name::prepend(base::as_bytes("\1"), need.name);
    OwnedRrset nsec = rrset({need.name.to_text() + " 3600 IN NSEC " + next.to_text() + " A RRSIG NSEC"});
    append_signature(nsec, top_);
    return denial(ResponseClass::kNodata, need.name.to_text(), {nsec});
  }

  // The verdict in words; `checks_max` in one step.
  std::string validate(ResponseDigest digest, std::string_view question, Type type, std::string_view asked_zone,
                       uint32_t checks_max = 100) {
    Validation validation(std::move(digest), {name(question), type, name(asked_zone)});
    run(validation, checks_max, 0);
    last_ = std::move(validation.digest());
    const Verdict& verdict = validation.verdict();
    return verdict.security == Security::kSecure ? "secure" : to_text(verdict);
  }

  void run(Validation& validation, uint32_t checks_max, int depth) {
    ASSERT_LT(depth, 8) << needs_;
    for (int turn = 0; turn < 1000; ++turn) {
      switch (validation.step(tools(), checks_max)) {
        case ValidationStep::kDone:
          return;
        case ValidationStep::kYield:
          ++yields_;
          break;
        case ValidationStep::kNeeds: {
          const Validation::Need need = validation.needs();
          Validation sub(look_up(need), {need.name, need.type, name("example.")});
          run(sub, checks_max, depth + 1);
          ASSERT_NE(sub.verdict().security, Security::kBogus) << needs_ << to_text(sub.verdict());
          break;
        }
      }
    }
    FAIL() << "it does not end: " << needs_;
  }

  resolver::ValidationTools tools() {
    return {.now = {now_, kNow},
            .anchors = anchors_,
            .policy = policy_,
            .trusts = trusts_,
            .keys = parsed_,
            .budget = budget_,
            .is_delegated = [](NameView zone) { return zone == name("sub.example.") || zone == name("plain.example."); }};
  }

  const SigningKey top_{"example.", algorithm::kEd25519};
  const SigningKey sub_{"sub.example.", algorithm::kEd25519, 257, 2};
  const SigningKey stranger_{"example.", algorithm::kEd25519, 257, 3};
  Policy policy_;
  TrustAnchors anchors_;
  ZoneTrusts trusts_{64};
  KeyCache parsed_{64, kSecret};
  ValidationBudget budget_;
  base::Instant now_ = base::Instant::from_boot(base::seconds(1000));
  std::string needs_;
  int yields_ = 0;
  ResponseDigest last_;
};

TEST(Validation, AnAnswerOfTheAnchorsZoneNeedsItsKeysAlone) {
  Tree tree;
  const OwnedRrset a = signed_rrset({"www.example. 3600 IN A 192.0.2.1"}, tree.top_);
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.example.", Type::kA, "example."), "secure");
  EXPECT_EQ(tree.needs_, "example. DNSKEY; ");
  EXPECT_EQ(tree.last_.chain[0].validation, cache::Validation::kSecure);
  tree.needs_.clear();
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.example.", Type::kA, "example."), "secure");
  EXPECT_EQ(tree.needs_, "") << "the keys are known now";
}

TEST(Validation, AChildsAnswerNeedsItsDsAndItsKeys) {
  Tree tree;
  const OwnedRrset a = signed_rrset({"www.sub.example. 3600 IN A 192.0.2.1"}, tree.sub_);
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.sub.example.", Type::kA, "sub.example."), "secure");
  EXPECT_EQ(tree.needs_, "sub.example. DS; example. DNSKEY; sub.example. DNSKEY; ");
}

TEST(Validation, WithoutSignaturesTheWalkDecides) {
  Tree tree;
  const OwnedRrset in_plain = rrset({"www.plain.example. 3600 IN A 192.0.2.1"});
  EXPECT_EQ(tree.validate(tree.answer({in_plain}), "www.plain.example.", Type::kA, "plain.example."),
            "example.: the delegation is not signed");
  EXPECT_EQ(tree.last_.chain[0].validation, cache::Validation::kInsecure);
  const OwnedRrset in_top = rrset({"www.example. 3600 IN A 192.0.2.1"});
  EXPECT_EQ(tree.validate(tree.answer({in_top}), "www.example.", Type::kA, "example."), "example.: signature missing");
}

TEST(Validation, ASignatureThatDoesNotHoldIsBogus) {
  Tree tree;
  OwnedRrset a = signed_rrset({"www.example. 3600 IN A 192.0.2.1"}, tree.top_, {.break_signature = true});
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.example.", Type::kA, "example."),
            "example.: signature does not match (key tag " + std::to_string(tree.top_.tag()) + ")");
  // Of somebody who is not in the key set.
  a = signed_rrset({"www.example. 3600 IN A 192.0.2.1"}, tree.stranger_);
  EXPECT_NE(tree.validate(tree.answer({a}), "www.example.", Type::kA, "example."), "secure");
}

// RFC 4035 §5.3.1: the signer is the zone of the set.
TEST(Validation, AZoneAboveTheOneThatWasAskedDoesNotSignForIt) {
  Tree tree;
  const OwnedRrset by_parent = signed_rrset({"www.sub.example. 3600 IN A 192.0.2.1"}, tree.top_);
  EXPECT_EQ(tree.validate(tree.answer({by_parent}), "www.sub.example.", Type::kA, "sub.example."),
            "sub.example.: signature by another zone");
  // Where the parent's servers were asked and no cut is known, they may.
  const OwnedRrset no_cut = signed_rrset({"a.b.example. 3600 IN A 192.0.2.1"}, tree.top_);
  EXPECT_EQ(tree.validate(tree.answer({no_cut}), "a.b.example.", Type::kA, "example."), "secure");
}

TEST(Validation, AChainIsAsGoodAsItsWorstLink) {
  Tree tree;
  const OwnedRrset alias = signed_rrset({"a.example. 3600 IN CNAME www.plain.example."}, tree.top_);
  const OwnedRrset in_plain = rrset({"www.plain.example. 3600 IN A 192.0.2.1"});
  EXPECT_EQ(tree.validate(tree.answer({alias, in_plain}), "a.example.", Type::kA, "example."),
            "example.: the delegation is not signed");
  EXPECT_EQ(tree.last_.chain[0].validation, cache::Validation::kSecure);
  EXPECT_EQ(tree.last_.chain[1].validation, cache::Validation::kInsecure);
  const OwnedRrset unsigned_alias = rrset({"a.example. 3600 IN CNAME www.plain.example."});
  EXPECT_EQ(tree.validate(tree.answer({unsigned_alias, in_plain}), "a.example.", Type::kA, "example."),
            "example.: signature missing");
}

// The DS that the walk asks for is answered by the unsigned alias itself: no zone begins there.
TEST(Validation, AnUnsignedAliasIsNoZoneOfItsOwn) {
  Tree tree;
  const OwnedRrset alias = rrset({"a.example. 3600 IN CNAME www.example."});
  EXPECT_EQ(tree.validate(tree.answer({alias}), "a.example.", Type::kDs, "example."), "example.: signature missing");
}

TEST(Validation, DenialsAreProvenOrBogus) {
  Tree tree;
  const OwnedRrset apex = signed_rrset({"example. 3600 IN NSEC b.example. SOA NS RRSIG NSEC DNSKEY"}, tree.top_);
  const OwnedRrset gap = signed_rrset({"b.example. 3600 IN NSEC k.example. A RRSIG NSEC"}, tree.top_);
  EXPECT_EQ(tree.validate(tree.denial(ResponseClass::kNxdomain, "c.example.", {apex, gap}), "c.example.", Type::kA, "example."),
            "secure");
  EXPECT_EQ(tree.last_.denial_validation, cache::Validation::kSecure);
  EXPECT_FALSE(tree.last_.denial_proofs.empty());
  EXPECT_EQ(tree.validate(tree.denial(ResponseClass::kNxdomain, "c.example.", {}), "c.example.", Type::kA, "example."),
            "example.: no NSEC or NSEC3");
  EXPECT_EQ(tree.validate(tree.denial(ResponseClass::kNxdomain, "c.example.", {gap}), "c.example.", Type::kA, "example."),
            "example.: NSEC or NSEC3 do not prove it");
}

// That its delegation has no DS is proven; what the zone itself denies is not.
TEST(Validation, AnUnsignedZonesDenialIsNotSecure) {
  Tree tree;
  ResponseDigest denial = tree.denial(ResponseClass::kNxdomain, "nx.plain.example.", {}, false);
  denial.soa = learned(rrset({"plain.example. 3600 IN SOA ns.example. h.example. 1 1 1 1 300"}));
  EXPECT_EQ(tree.validate(std::move(denial), "nx.plain.example.", Type::kA, "plain.example."),
            "example.: the delegation is not signed");
  EXPECT_EQ(tree.last_.denial_validation, cache::Validation::kInsecure);
}

TEST(Validation, AZoneWithDsAndWithoutKeysLacksItsDnskey) {
  Tree tree;
  const OwnedRrset a = rrset({"x.sub.example. 3600 IN A 192.0.2.1"});
  EXPECT_EQ(tree.validate(tree.answer({a}), "x.sub.example.", Type::kA, "sub.example."), "sub.example.: signature missing");
  const ResponseDigest none = tree.denial(ResponseClass::kNodata, "sub.example.", {}, false);
  EXPECT_EQ(tree.validate(none, "sub.example.", Type::kDnskey, "sub.example."), "sub.example.: DNSKEY missing");
}

TEST(Validation, BelowANegativeAnchorNothingIsAsked) {
  Tree tree;
  tree.anchors_.add_negative(name("sub.example."), resolver::dnssec::kNoExpiry);
  const OwnedRrset a = rrset({"www.sub.example. 3600 IN A 192.0.2.1"});
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.sub.example.", Type::kA, "sub.example."),
            "sub.example.: not validated by configuration");
  EXPECT_EQ(tree.needs_, "");
  const OwnedRrset elsewhere = rrset({"www.test. 3600 IN A 192.0.2.1"});
  EXPECT_EQ(tree.validate(tree.answer({elsewhere}), "www.test.", Type::kA, "test."), "www.test.: no trust anchor");
}

TEST(Validation, ItYieldsAfterSoManyChecks) {
  Tree tree;
  const OwnedRrset a = signed_rrset({"www.sub.example. 3600 IN A 192.0.2.1"}, tree.sub_);
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.sub.example.", Type::kA, "sub.example.", 1), "secure");
  EXPECT_GT(tree.yields_, 0);
}

TEST(Validation, WithoutBudgetItIsIndeterminate) {
  Tree tree;
  tree.budget_ = ValidationBudget({1, 1, 64, 96, 10'000});
  const OwnedRrset a = signed_rrset({"www.example. 3600 IN A 192.0.2.1"}, tree.top_);
  EXPECT_EQ(tree.validate(tree.answer({a}), "www.example.", Type::kA, "example."), "example.: too much work to validate");
}

TEST(ValidationBudget, SomeHashesCountAsAWholeCheck) {
  const auto checks = [](uint16_t signatures, uint16_t hashes) {
    return resolver::dnssec::checks_between({1, 0, 0, 3, 0}, {signatures, 0, 0, hashes, 0});
  };
  EXPECT_EQ(checks(1, 3), 0U);
  EXPECT_EQ(checks(3, 3), 2U);
  EXPECT_EQ(checks(1, 4), 1U) << "or many questions of a few hashes each would have a turn for nothing";
  EXPECT_EQ(checks(1, 11), 1U);
  EXPECT_EQ(checks(2, 12), 3U);
}

// However often a part is taken, the whole is not passed.
TEST(ValidationBudget, AShareOfTheHashesIsPaidByTheWhole) {
  ValidationBudget whole({1, 1, 1, 10, 100});
  uint32_t spent = 0;
  for (int look = 0; look < 5; ++look) {
    ValidationBudget share = whole.share_of_hashes(4, 1000);
    uint32_t of_this = 0;
    while (share.spend_hash(1)) ++of_this;
    EXPECT_LE(of_this, 4U);
    EXPECT_FALSE(share.spend_signature_check());
    whole.pay_hashes(share);
    spent += of_this;
  }
  EXPECT_EQ(spent, 10U);
  EXPECT_FALSE(whole.spend_hash(1));
}

TEST(ZoneTrusts, LastsAsLongAsWhatSaidSo) {
  ZoneTrusts trusts(8);
  const base::Instant now = base::Instant::from_boot(base::seconds(100));
  trusts.put_unsigned(now, name("A.example."), Verdict::of(Reason::kUnsignedDelegation, name("example.")), 10);
  EXPECT_EQ(trusts.cut(now + base::seconds(9), name("a.EXAMPLE.")), Cut::kUnsigned);
  EXPECT_EQ(trusts.cut(now + base::seconds(10), name("a.example.")), Cut::kUnknown);
  EXPECT_EQ(trusts.find(now + base::seconds(10), name("a.example.")), nullptr);
  trusts.put_no_cut(now, name("b.example."), 0);
  EXPECT_EQ(trusts.cut(now, name("b.example.")), Cut::kNone) << "at least a second";
}

TEST(ZoneTrusts, KeysGoWithTheCutThatTheyWereUnder) {
  ZoneTrusts trusts(8);
  const base::Instant now = base::Instant::from_boot(base::seconds(100));
  const SigningKey key("example.", algorithm::kEd25519);
  std::vector<uint8_t> ds;
  append_ds(ds, name("example."), key.rdata(), digest_type::kSha256);
  trusts.put_signed(now, name("example."), ds, 100);
  trusts.put_keys(now, name("example."), std::make_shared<KeySet>(key_set("example.", {key.rdata()})), 100);
  EXPECT_NE(trusts.keys(now, name("example.")), nullptr);
  trusts.put_signed(now, name("example."), ds, 200);
  EXPECT_NE(trusts.keys(now, name("example.")), nullptr) << "still signed";
  trusts.put_unsigned(now, name("example."), Verdict::of(Reason::kUnsignedDelegation, Name()), 100);
  EXPECT_EQ(trusts.keys(now, name("example.")), nullptr);
}

TEST(ZoneTrusts, IsBoundedAndDropsWhatHasExpiredFirst) {
  ZoneTrusts trusts(4);
  base::Instant now = base::Instant::from_boot(base::seconds(100));
  trusts.put_no_cut(now, name("short."), 1);
  for (const char* zone : {"a.", "b.", "c."}) trusts.put_no_cut(now, name(zone), 1000);
  now = now + base::seconds(2);
  trusts.put_no_cut(now, name("d."), 1000);
  for (const char* zone : {"a.", "b.", "c.", "d."}) EXPECT_EQ(trusts.cut(now, name(zone)), Cut::kNone) << zone;
  for (int number = 0; number < 100; ++number) {
    trusts.put_no_cut(now, name("z" + std::to_string(number) + "."), 1000);
    EXPECT_LE(trusts.size(), 4U);
    EXPECT_EQ(trusts.cut(now, name("z" + std::to_string(number) + ".")), Cut::kNone);
  }
}

}  // namespace
