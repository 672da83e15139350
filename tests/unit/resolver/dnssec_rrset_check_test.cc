// One RRset against the keys of its zone: each way in which a signature holds or does not.
#include "resolver/dnssec/rrset_check.h"

#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

constexpr uint8_t kAll[] = {algorithm::kRsaSha1,   algorithm::kRsaSha1Nsec3, algorithm::kRsaSha256, algorithm::kRsaSha512,
                            algorithm::kEcdsaP256, algorithm::kEcdsaP384,    algorithm::kEd25519,   algorithm::kEd448};

const SigningKey& key() {
  static const SigningKey made("example.", algorithm::kEd25519);
  return made;
}

TEST(RrsetCheck, EachAlgorithmHolds) {
  for (const uint8_t number : kAll) {
    SCOPED_TRACE(int{number});
    const SigningKey signer("example.", number, 256);
    KeySet keys = key_set("example.", {signer.rdata()});
    const Policy sha1{.sha1_signatures = true, .sha1_digests = true};
    EXPECT_EQ(check(signed_rrset({"www.example. A 192.0.2.1"}, signer), keys, sha1).verdict.security, Security::kSecure);
    const OwnedRrset broken = signed_rrset({"www.example. A 192.0.2.1"}, signer, {.break_signature = true});
    const RrsetVerdict bogus = check(broken, keys, sha1);
    EXPECT_EQ(bogus.verdict.reason, Reason::kSignatureFailed);
    EXPECT_EQ(bogus.verdict.key_tag, signer.tag());
  }
}

TEST(RrsetCheck, Sha1IsNoAlgorithmByDefault) {
  for (const uint8_t number : {algorithm::kRsaSha1, algorithm::kRsaSha1Nsec3}) {
    const SigningKey signer("example.", number, 256);
    KeySet keys = key_set("example.", {signer.rdata()});
    EXPECT_EQ(check(signed_rrset({"www.example. A 192.0.2.1"}, signer), keys).verdict.reason, Reason::kSignatureAlgorithm);
  }
}

struct Row {
  const char* what;
  std::vector<std::string> records;
  SignOptions options;
  Reason expected;
  std::optional<uint8_t> wildcard = std::nullopt;
};

TEST(RrsetCheck, EachWayASignatureHoldsOrNot) {
  const std::vector<std::string> kA = {"www.example. A 192.0.2.1"};
  const Row rows[] = {
      {"as it should be", kA, {}, Reason::kNone},
      {"letter case does not count", {"WWW.eXample. A 192.0.2.1"}, {}, Reason::kNone},
      {"a wildcard made it", {"a.b.example. A 192.0.2.1"}, {.labels = 1}, Reason::kNone, 1},
      {"the wildcard itself", {"*.example. A 192.0.2.1"}, {}, Reason::kNone},
      {"the wildcard itself, signed as made by one above", {"*.b.example. A 192.0.2.1"}, {.labels = 1}, Reason::kNone, 1},
      {"at the apex", {"example. MX 10 mail.example."}, {}, Reason::kNone},
      {"more labels than the owner", kA, {.labels = 3}, Reason::kSignatureLabels},
      {"more labels than the wildcard", {"*.example. A 192.0.2.1"}, {.labels = 2}, Reason::kSignatureLabels},
      {"fewer labels than the signer", kA, {.labels = 0}, Reason::kSignatureLabels},
      {"a wildcard's DS", {"www.example. DS 1 13 2 00000000000000000000000000000000000000000000000000000000000000ff"},
       {.labels = 1}, Reason::kSignatureLabels},
      {"a wildcard's SOA", {"www.example. SOA a. b. 1 2 3 4 5"}, {.labels = 1}, Reason::kSignatureLabels},
      {"signer above the zone", kA, {.signer = "."}, Reason::kSignatureSigner},
      {"signer below the zone", kA, {.signer = "www.example."}, Reason::kSignatureSigner},
      {"another zone", kA, {.signer = "example2."}, Reason::kSignatureSigner},
      {"owner outside the zone", {"www.other. A 192.0.2.1"}, {}, Reason::kSignatureSigner},
      {"a zone's word on its own DS", {"example. DS 1 13 2 00000000000000000000000000000000000000000000000000000000000000ff"},
       {}, Reason::kSignatureSigner},
      {"signer in capitals", kA, {.signer = "EXAMPLE."}, Reason::kNone},
      {"expired", kA, {.expiration = kNow_s - 301}, Reason::kSignatureExpired},
      {"expired within the skew", kA, {.expiration = kNow_s - 300}, Reason::kNone},
      {"expired, and its life too short for the whole skew", kA, {.inception = kNow_s - 1100, .expiration = kNow_s - 150},
       Reason::kSignatureExpired},
      {"not yet valid", kA, {.inception = kNow_s + 301}, Reason::kSignatureNotYetValid},
      {"not yet valid within the skew", kA, {.inception = kNow_s + 300}, Reason::kNone},
      {"expires before it is valid", kA, {.inception = kNow_s + 5, .expiration = kNow_s - 5}, Reason::kSignatureExpiredBeforeValid},
      {"another algorithm than the key's", kA, {.number = algorithm::kEd448}, Reason::kKeyMissing},
      {"an unknown algorithm", kA, {.number = 77}, Reason::kSignatureAlgorithm},
      {"another tag", kA, {.tag = 1}, Reason::kKeyMissing},
      {"another type", kA, {.covered = Type::kAaaa}, Reason::kSignatureMissing},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    KeySet keys = key_set("example.", {key().rdata()});
    const RrsetVerdict verdict = check(signed_rrset(row.records, key(), row.options), keys);
    EXPECT_EQ(verdict.verdict.reason, row.expected) << to_text(verdict.verdict);
    EXPECT_EQ(verdict.verdict.security, row.expected == Reason::kNone ? Security::kSecure : Security::kBogus);
    EXPECT_EQ(verdict.wildcard_encloser_labels, row.wildcard);
    EXPECT_EQ(verdict.verdict.zone, name("example."));
  }
}

TEST(RrsetCheck, TimesGoRoundAsSerials) {
  constexpr base::WallTime kLate{(int64_t{1} << 32) + 1000};  // in the second round
  KeySet keys = key_set("example.", {key().rdata()});
  const OwnedRrset over_the_edge =
      signed_rrset({"www.example. A 192.0.2.1"}, key(), {.inception = 0xFFFF'0000U, .expiration = 0x0001'0000U});
  EXPECT_EQ(check(over_the_edge, keys, {}, kLate).verdict.security, Security::kSecure);
  EXPECT_EQ(check(over_the_edge, keys, {}, {0xFFFE'0000}).verdict.reason, Reason::kSignatureNotYetValid);
  EXPECT_EQ(check(over_the_edge, keys, {}, {(int64_t{1} << 32) + 0x2'0000}).verdict.reason, Reason::kSignatureExpired);
}

TEST(RrsetCheck, AKeyThatMayNotSignIsNamed) {
  struct KeyRow {
    uint16_t flags;
    uint8_t protocol;
    Reason expected;
  };
  const KeyRow rows[] = {{257, 3, Reason::kNone},          {256, 3, Reason::kNone},
                         {1, 3, Reason::kNoZoneKeyBit},    {0, 3, Reason::kNoZoneKeyBit},
                         {257, 2, Reason::kKeyProtocol},   {257 | 128, 3, Reason::kKeyRevoked}};
  for (const KeyRow& row : rows) {
    SCOPED_TRACE(row.flags);
    SigningKey signer("example.", algorithm::kEd25519);
    signer.set_flags(row.flags);
    signer.set_protocol(row.protocol);
    KeySet keys = key_set("example.", {signer.rdata()});
    EXPECT_EQ(check(signed_rrset({"www.example. A 192.0.2.1"}, signer), keys).verdict.reason, row.expected);
  }
}

TEST(RrsetCheck, ARevokedKeyMaySignItsRevocation) {
  SigningKey signer("example.", algorithm::kEd25519);
  signer.set_flags(257 | 128);
  OwnedRrset set = dnskey_rrset("example.", {signer.rdata()});
  append_signature(set, signer);
  KeySet revoked = KeySet::of_revoked_key(name("example."), signer.rdata());
  EXPECT_EQ(check(set, revoked).verdict.security, Security::kSecure);
}

// RFC 6840 5.11: one that holds is enough, whatever stands beside it.
TEST(RrsetCheck, OneSignatureThatHoldsIsEnough) {
  const SigningKey other("example.", algorithm::kEcdsaP256, 256);
  OwnedRrset set = rrset({"www.example. A 192.0.2.1"});
  append_signature(set, key(), {.number = 77});
  append_signature(set, key(), {.expiration = kNow_s - kDay_s});
  append_signature(set, key(), {.break_signature = true});
  append_signature(set, other);
  KeySet keys = key_set("example.", {key().rdata(), other.rdata()});
  EXPECT_EQ(check(set, keys).verdict.security, Security::kSecure);
}

TEST(RrsetCheck, TheMostTellingReasonIsGiven) {
  OwnedRrset set = rrset({"www.example. A 192.0.2.1"});
  KeySet keys = key_set("example.", {key().rdata()});
  EXPECT_EQ(check(set, keys).verdict.reason, Reason::kSignatureMissing);
  append_signature(set, key(), {.number = 77});
  EXPECT_EQ(check(set, keys).verdict.reason, Reason::kSignatureAlgorithm);
  append_signature(set, key(), {.signer = "."});
  EXPECT_EQ(check(set, keys).verdict.reason, Reason::kSignatureSigner);
  append_signature(set, key(), {.tag = 3});
  EXPECT_EQ(check(set, keys).verdict.reason, Reason::kKeyMissing);
  append_signature(set, key(), {.expiration = kNow_s - kDay_s});
  EXPECT_EQ(check(set, keys).verdict.reason, Reason::kSignatureExpired);
  append_signature(set, key(), {.break_signature = true});
  append_signature(set, key(), {.inception = kNow_s + kDay_s});
  EXPECT_EQ(check(set, keys).verdict.reason, Reason::kSignatureFailed);
}

TEST(RrsetCheck, TheTtlIsCut) {
  KeySet keys = key_set("example.", {key().rdata()});
  const auto ttl = [&](uint32_t record, const SignOptions& options) {
    return check(signed_rrset({"www.example. " + std::to_string(record) + " A 192.0.2.1"}, key(), options), keys).ttl_s;
  };
  EXPECT_EQ(ttl(100, {}), 100U);
  EXPECT_EQ(ttl(9000, {}), 3600U) << "the original TTL";
  EXPECT_EQ(ttl(9000, {.original_ttl = 8000}), 3600U) << "the TTL of the RRSIG record";
  EXPECT_EQ(ttl(9000, {.expiration = kNow_s + 77}), 77U) << "what is left of the signature";
  EXPECT_EQ(ttl(9000, {.expiration = kNow_s - 5}), 0U) << "expired within the skew";
}

TEST(RrsetCheck, DuplicatesAndOrderDoNotCount) {
  OwnedRrset set = signed_rrset({"www.example. A 192.0.2.1", "www.example. A 192.0.2.2"}, key());
  const OwnedRrset mixed = rrset({"www.example. A 192.0.2.2", "www.example. A 192.0.2.1", "www.example. A 192.0.2.2"});
  set.records = mixed.records;
  KeySet keys = key_set("example.", {key().rdata()});
  EXPECT_EQ(check(set, keys).verdict.security, Security::kSecure);
}

TEST(RrsetCheck, AKeyOfAnUncheckedSizeIsUnusable) {
  const SigningKey signer("example.", algorithm::kRsaSha256, 256);
  const OwnedRrset set = signed_rrset({"www.example. A 192.0.2.1"}, signer);
  struct SizeRow {
    const char* what;
    std::vector<uint8_t> public_key;
  };
  std::vector<uint8_t> huge_exponent = {0, 1, 0};
  huge_exponent.resize(3 + 256 + 128, 0x81);
  std::vector<uint8_t> long_modulus = {1, 3};
  long_modulus.resize(2 + 513, 0x81);
  std::vector<uint8_t> short_modulus = {1, 3};
  short_modulus.resize(2 + 63, 0x81);
  std::vector<uint8_t> even_modulus = {1, 3};
  even_modulus.resize(2 + 128, 0x80);
  std::vector<uint8_t> even_exponent = {1, 4};
  even_exponent.resize(2 + 128, 0x81);
  std::vector<uint8_t> exponent_one = {1, 1};
  exponent_one.resize(2 + 128, 0x81);
  const SizeRow rows[] = {{"huge exponent", huge_exponent}, {"4104 bits", long_modulus},   {"504 bits", short_modulus},
                          {"even modulus", even_modulus},   {"even exponent", even_exponent}, {"exponent 1", exponent_one},
                          {"empty", {}},                    {"exponent only", {1, 3}},     {"cut", {0, 1}}};
  for (const SizeRow& row : rows) {
    SCOPED_TRACE(row.what);
    std::vector<uint8_t> rdata = {1, 0, 3, algorithm::kRsaSha256};
    rdata.insert(rdata.end(), row.public_key.begin(), row.public_key.end());
    KeySet keys = key_set("example.", {rdata});
    OwnedRrset named = rrset({"www.example. A 192.0.2.1"});
    append_signature(named, signer, {.tag = wire::key_tag(rdata)});
    EXPECT_EQ(check(named, keys).verdict.reason, Reason::kKeyUnusable);
  }
}

// Work --------------------------------------------------------------------------------------------------

// A DNSKEY that is made to have a wanted tag: the tag is a sum, the last two bytes set it.
std::vector<uint8_t> key_with_tag(uint16_t tag, uint8_t filler) {
  std::vector<uint8_t> rdata(4 + 32, filler);
  base::store_be16(rdata.data(), 256);
  rdata[2] = 3;
  rdata[3] = algorithm::kEd25519;
  base::store_be16(rdata.data() + 34, 0);
  const uint16_t missing = static_cast<uint16_t>(tag - wire::key_tag(rdata));
  for (const int carry : {0, -1, 1}) {
    base::store_be16(rdata.data() + 34, static_cast<uint16_t>(missing + carry));
    if (wire::key_tag(rdata) == tag) return rdata;
  }
  ADD_FAILURE();
  return rdata;
}

TEST(RrsetCheck, KeyTrapIsBounded) {
  std::vector<std::vector<uint8_t>> colliding;
  for (int count = 0; count < 200; ++count) colliding.push_back(key_with_tag(key().tag(), static_cast<uint8_t>(count + 1)));
  KeySet keys = key_set("example.", colliding);
  ASSERT_EQ(keys.keys().size(), 200U);
  OwnedRrset set = rrset({"www.example. A 192.0.2.1"});
  for (int count = 0; count < 200; ++count) append_signature(set, key(), {.original_ttl = 3600U + static_cast<uint32_t>(count)});
  KeyCache cache(64, kSecret);
  const Policy policy;
  ValidationBudget budget;
  RrsetCheck check(set.view(), keys, cache, policy, kNow);
  size_t yields = 0;
  while (check.step(budget, 1) == Step::kYield) ++yields;
  EXPECT_EQ(check.verdict().verdict.reason, Reason::kTooManySignatures);
  EXPECT_EQ(budget.spent().signature_checks, kFailuresMax);
  EXPECT_EQ(yields, kFailuresMax - 1) << "one check a step";
}

// Many RRsets of a hostile zone in one question: the budget is the question's, and goes on.
TEST(RrsetCheck, SigJamUsesUpTheQuestionsBudgetOnce) {
  KeySet keys = key_set("example.", {key().rdata()});
  OwnedRrset set = rrset({"www.example. A 192.0.2.1"});
  for (uint32_t count = 0; count < 100; ++count) append_signature(set, key(), {.original_ttl = count, .break_signature = true});
  ValidationBudget budget;
  const Policy policy;
  KeyCache cache(64, kSecret);
  std::vector<Reason> reasons;
  for (int rrsets = 0; rrsets < 50; ++rrsets) {
    RrsetCheck check(set.view(), keys, cache, policy, kNow);
    while (check.step(budget, 4) == Step::kYield) {
    }
    reasons.push_back(check.verdict().verdict.reason);
  }
  EXPECT_EQ(budget.spent().failed_checks, ValidationLimits{}.failed_checks);
  EXPECT_EQ(budget.spent().signature_checks, ValidationLimits{}.failed_checks);
  EXPECT_EQ(reasons.front(), Reason::kTooManySignatures);
  EXPECT_EQ(reasons.back(), Reason::kBudget);
  EXPECT_TRUE(budget.is_exhausted());
  EXPECT_EQ(cache.size(), 1U) << "the key was parsed once";
}

// One signature, hundreds of keys with its tag.
TEST(RrsetCheck, LockCramIsBounded) {
  std::vector<std::vector<uint8_t>> colliding;
  for (int count = 0; count < 250; ++count) colliding.push_back(key_with_tag(77, static_cast<uint8_t>(count + 1)));
  KeySet keys = key_set("example.", colliding);
  OwnedRrset set = rrset({"www.example. A 192.0.2.1"});
  append_signature(set, key(), {.tag = 77});
  ValidationBudget budget;
  KeyCache cache(64, kSecret);
  const Policy policy;
  RrsetCheck check(set.view(), keys, cache, policy, kNow);
  EXPECT_EQ(check.step(budget, 100), Step::kDone);
  EXPECT_EQ(check.verdict().verdict.security, Security::kBogus);
  EXPECT_EQ(budget.spent().signature_checks, kSameTagKeysMax);
}

TEST(RrsetCheck, TwoHonestKeysOfOneTagBothCount) {
  KeySet keys = key_set("example.", {key_with_tag(key().tag(), 9), key().rdata()});
  ValidationBudget budget;
  KeyCache cache(64, kSecret);
  const Policy policy;
  const OwnedRrset set = signed_rrset({"www.example. A 192.0.2.1"}, key());
  RrsetCheck check(set.view(), keys, cache, policy, kNow);
  EXPECT_EQ(check.step(budget, 100), Step::kDone);
  EXPECT_EQ(check.verdict().verdict.security, Security::kSecure);
  EXPECT_EQ(budget.spent().signature_checks, 2);
}

TEST(RrsetCheck, WithoutBudgetNothingIsKnown) {
  KeySet keys = key_set("example.", {key().rdata()});
  const OwnedRrset set = signed_rrset({"www.example. A 192.0.2.1"}, key());
  const RrsetVerdict verdict = check(set, keys, {}, kNow, ValidationBudget({.signature_checks = 0}));
  EXPECT_EQ(verdict.verdict.security, Security::kIndeterminate);
  EXPECT_EQ(verdict.verdict.reason, Reason::kBudget);
}

TEST(KeyCache, ForgetsWhatIsNotUsed) {
  KeyCache cache(4, kSecret);
  const base::Bytes rdata(key().rdata());
  const auto first = cache.parse(algorithm::kEd25519, rdata.subspan(4));
  ASSERT_NE(first, nullptr);
  for (uint8_t filler = 1; filler < 30; ++filler) {
    const std::vector<uint8_t> other = key_with_tag(5, filler);
    cache.parse(algorithm::kEd25519, base::Bytes(other).subspan(4));
    if (filler < 10) {
      EXPECT_EQ(cache.parse(algorithm::kEd25519, rdata.subspan(4)), first) << "in use";
    }
    EXPECT_LE(cache.size(), 4U);
  }
  EXPECT_NE(cache.parse(algorithm::kEd25519, rdata.subspan(4)), first) << "forgotten, and parsed again";
  EXPECT_EQ(cache.parse(99, rdata.subspan(4)), nullptr) << "no code for it";
}

}  // namespace
