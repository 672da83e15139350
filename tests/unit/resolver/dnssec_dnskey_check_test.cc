// A zone's DNSKEY RRset against the DS records of its parent.
#include "resolver/dnssec/dnskey_check.h"

#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

struct Outcome {
  Reason reason;
  size_t keys = 0;
  ValidationLimits spent;
};

Outcome run(const OwnedRrset& dnskeys, const std::vector<uint8_t>& ds, const Policy& policy = {},
            ValidationBudget budget = {}) {
  KeyCache cache(64, kSecret);
  const SignedRrset view = dnskeys.view();
  DnskeyCheck check(view, ds, cache, policy, kNow);
  while (check.step(budget, 1) == Step::kYield) {
  }
  Outcome outcome{check.verdict().verdict.reason, 0, budget.spent()};
  if (check.verdict().verdict.security == Security::kSecure) outcome.keys = check.take_keys().keys().size();
  return outcome;
}

const SigningKey& ksk() {
  static const SigningKey key("example.", algorithm::kEd25519, 257, 1);
  return key;
}
const SigningKey& zsk() {
  static const SigningKey key("example.", algorithm::kEd25519, 256, 2);
  return key;
}
const SigningKey& p256() {
  static const SigningKey key("example.", algorithm::kEcdsaP256, 257);
  return key;
}

OwnedRrset signed_keys(const std::vector<std::vector<uint8_t>>& keys, const std::vector<const SigningKey*>& signers,
                       const SignOptions& options = {}) {
  OwnedRrset set = dnskey_rrset("example.", keys);
  for (const SigningKey* signer : signers) append_signature(set, *signer, options);
  return set;
}

std::vector<uint8_t> ds_of(const SigningKey& key, uint8_t digest_type = digest_type::kSha256,
                           std::optional<uint8_t> number = std::nullopt) {
  std::vector<uint8_t> ds;
  append_ds(ds, name("example."), key.rdata(), digest_type, number);
  return ds;
}

std::vector<uint8_t> both(std::vector<uint8_t> left, const std::vector<uint8_t>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TEST(DnskeyCheck, TheKeyOfTheDsSignsAllKeys) {
  const Outcome outcome = run(signed_keys({ksk().rdata(), zsk().rdata()}, {&ksk()}), ds_of(ksk()));
  EXPECT_EQ(outcome.reason, Reason::kNone);
  EXPECT_EQ(outcome.keys, 2U);
  EXPECT_EQ(outcome.spent.digests, 1);
  EXPECT_EQ(outcome.spent.signature_checks, 1);
}

TEST(DnskeyCheck, EachWayItFails) {
  std::vector<uint8_t> wrong_digest = ds_of(ksk());
  wrong_digest.back() ^= 1;
  std::vector<uint8_t> short_digest;
  wire::append_rendered(short_digest, Type::kDs, wire::Class::kIn, 1,
                        base::Bytes(ds_of(ksk())).subspan(wire::kRenderedRecordHeaderBytes, 30));
  SigningKey revoked("example.", algorithm::kEd25519, 257 | 128);
  SigningKey no_zone_key("example.", algorithm::kEd25519, 1);
  SigningKey protocol("example.", algorithm::kEd25519);
  protocol.set_protocol(4);
  struct Row {
    const char* what;
    OwnedRrset keys;
    std::vector<uint8_t> ds;
    Reason expected;
  };
  const Row rows[] = {
      {"no DNSKEY", dnskey_rrset("example.", {}), ds_of(ksk()), Reason::kDnskeyMissing},
      {"digest of another key", signed_keys({ksk().rdata()}, {&ksk()}), wrong_digest, Reason::kDsMismatch},
      {"digest cut short", signed_keys({ksk().rdata()}, {&ksk()}), short_digest, Reason::kDsMismatch},
      {"DS for a key that is not there", signed_keys({zsk().rdata()}, {&zsk()}), ds_of(ksk()), Reason::kDsMismatch},
      {"signed by another key only", signed_keys({ksk().rdata(), zsk().rdata()}, {&zsk()}), ds_of(ksk()), Reason::kKeyMissing},
      {"not signed", signed_keys({ksk().rdata()}, {}), ds_of(ksk()), Reason::kSignatureMissing},
      {"expired", signed_keys({ksk().rdata()}, {&ksk()}, {.expiration = kNow_s - kDay_s}), ds_of(ksk()), Reason::kSignatureExpired},
      {"broken", signed_keys({ksk().rdata()}, {&ksk()}, {.break_signature = true}), ds_of(ksk()), Reason::kSignatureFailed},
      {"revoked", signed_keys({revoked.rdata()}, {&revoked}), ds_of(revoked), Reason::kKeyRevoked},
      {"no zone key", signed_keys({no_zone_key.rdata()}, {&no_zone_key}), ds_of(no_zone_key), Reason::kNoZoneKeyBit},
      {"protocol", signed_keys({protocol.rdata()}, {&protocol}), ds_of(protocol), Reason::kKeyProtocol},
      {"a key without SEP serves", signed_keys({zsk().rdata()}, {&zsk()}), ds_of(zsk()), Reason::kNone},
      {"SHA-384", signed_keys({ksk().rdata()}, {&ksk()}), ds_of(ksk(), digest_type::kSha384), Reason::kNone},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(run(row.keys, row.ds).reason, row.expected);
  }
}

// RFC 6840 5.2 and attacks row 18: the DS records alone decide.
TEST(DnskeyCheck, InsecureIsDecidedFromTheDsAlone) {
  const OwnedRrset good = signed_keys({ksk().rdata(), p256().rdata()}, {&ksk(), &p256()});
  struct Row {
    const char* what;
    OwnedRrset keys;
    std::vector<uint8_t> ds;
    Reason expected;
  };
  const Row rows[] = {
      {"unknown algorithm", good, ds_of(ksk(), digest_type::kSha256, 77), Reason::kUnsupportedAlgorithm},
      {"unknown digest", good, ds_of(ksk(), 77), Reason::kUnsupportedDigest},
      {"digest known, but of an unknown algorithm; and the reverse", good,
       both(ds_of(ksk(), digest_type::kSha256, 77), ds_of(ksk(), 77)), Reason::kUnsupportedDigest},
      {"SHA-1 alone", good, ds_of(ksk(), digest_type::kSha1), Reason::kUnsupportedDigest},
      {"an unknown one beside a known one is left out", good, both(ds_of(ksk(), digest_type::kSha256, 77), ds_of(p256())),
       Reason::kNone},
      {"known, and the child shows only keys of an unknown algorithm",
       signed_keys({{1, 1, 3, 77, 1, 2, 3}}, {}), both(ds_of(ksk(), digest_type::kSha256, 77), ds_of(ksk())), Reason::kDsMismatch},
      {"known, and the child's signature of it is stripped",
       signed_keys({ksk().rdata(), p256().rdata()}, {&p256()}), ds_of(ksk()), Reason::kKeyMissing},
      {"two algorithms in the DS, one of them signs", signed_keys({ksk().rdata(), p256().rdata()}, {&p256()}),
       both(ds_of(ksk()), ds_of(p256())), Reason::kNone},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(run(row.keys, row.ds).reason, row.expected);
    const Reason support = ds_support({}, row.ds);
    EXPECT_EQ(support, security_of(row.expected) == Security::kInsecure ? row.expected : Reason::kNone);
  }
}

TEST(DnskeyCheck, Sha1DigestsCountOnlyWhenOnAndAlone) {
  const Policy on{.sha1_signatures = false, .sha1_digests = true};
  const OwnedRrset good = signed_keys({ksk().rdata()}, {&ksk()});
  EXPECT_EQ(run(good, ds_of(ksk(), digest_type::kSha1), on).reason, Reason::kNone);
  std::vector<uint8_t> wrong = ds_of(ksk());
  wrong.back() ^= 1;
  EXPECT_EQ(run(good, both(ds_of(ksk(), digest_type::kSha1), wrong), on).reason, Reason::kDsMismatch) << "RFC 4509 3";
}

TEST(DnskeyCheck, AStandbyDsDoesNoHarm) {
  const SigningKey standby("example.", algorithm::kEd25519, 257, 9);
  EXPECT_EQ(run(signed_keys({ksk().rdata()}, {&ksk()}), both(ds_of(standby), ds_of(ksk()))).reason, Reason::kNone);
}

// HashTrap: many DS records and many keys of one tag.
TEST(DnskeyCheck, HashTrapIsBounded) {
  std::vector<std::vector<uint8_t>> keys;
  std::vector<uint8_t> ds;
  for (uint16_t count = 0; count < 250; ++count) {
    // The sum of the 16-bit words stays the same: one tag.
    std::vector<uint8_t> rdata = {1, 1, 3, algorithm::kEd25519};
    rdata.resize(36, 3);
    base::store_be16(rdata.data() + 10, count);
    base::store_be16(rdata.data() + 12, static_cast<uint16_t>(1000 - count));
    keys.push_back(rdata);
    append_ds(ds, name("example."), rdata, digest_type::kSha256);
    append_ds(ds, name("example."), rdata, digest_type::kSha384);
    ds.back() ^= 1;
  }
  const Outcome outcome = run(signed_keys(keys, {&ksk()}), ds);
  EXPECT_LE(outcome.spent.digests, kSameTagKeysMax * 2);
  EXPECT_NE(security_of(outcome.reason), Security::kSecure);

  // And with as many tags as keys, the budget ends it.
  keys.clear();
  ds.clear();
  for (uint8_t count = 0; count < 200; ++count) {
    std::vector<uint8_t> rdata = {1, 1, 3, algorithm::kEd25519};
    rdata.resize(36, count);
    keys.push_back(rdata);
    append_ds(ds, name("example."), rdata, digest_type::kSha256);
    ds.back() ^= 1;
  }
  const Outcome many = run(signed_keys(keys, {&ksk()}), ds);
  EXPECT_EQ(many.reason, Reason::kBudget);
  EXPECT_EQ(many.spent.digests, ValidationLimits{}.digests);
}

TEST(Reasons, EachHasOneErrorAtMostAndAText) {
  // The codes of RFC 8914 and the registry that validation gives.
  const std::vector<int> allowed = {1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27};
  std::vector<int> seen;
  for (int number = 0; number <= static_cast<int>(Reason::kWildcardUnproven); ++number) {
    const auto reason = static_cast<Reason>(number);
    EXPECT_FALSE(to_text(reason).empty());
    const auto error = extended_error_of(reason);
    if (security_of(reason) == Security::kBogus) {
      EXPECT_TRUE(error.has_value()) << number;
    }
    if (error) seen.push_back(static_cast<int>(*error));
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen, allowed);
  EXPECT_EQ(to_text(Verdict::of(Reason::kSignatureExpired, name("example.com."), 12345)),
            "example.com.: signature expired (key tag 12345)");
  EXPECT_EQ(to_text(Verdict::of(Reason::kDenialMissing, name("."))), ".: no NSEC or NSEC3");
}

}  // namespace
