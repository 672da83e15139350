// Where validation begins: anchors, negative anchors, RFC 5011, and what is told about them.
#include "resolver/dnssec/anchors.h"

#include "resolver/dnssec/rfc5011.h"
#include "resolver/dnssec/signals.h"
#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

base::WallTime at_s(int64_t seconds) { return {seconds}; }

constexpr const char* kRootKsk2017 =
    ". IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQ"
    "lNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+e"
    "oZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74"
    "bU=";

TEST(TrustAnchors, IanasAreBuiltIn) {
  const auto anchors = TrustAnchors::parse({}, {});
  ASSERT_TRUE(anchors.has_value());
  EXPECT_EQ(anchors->key_tags(name(".")), (std::vector<uint16_t>{20326, 38696}));
  const auto found = anchors->nearest(name("www.example.com."), at_s(0));
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->zone.is_root());
  EXPECT_FALSE(found->is_negative);
  EXPECT_EQ(ds_support({}, found->ds_records), Reason::kNone);
}

TEST(TrustAnchors, ADnskeyBecomesTheDsThatIanaPublishes) {
  const auto from_key = TrustAnchors::parse({kRootKsk2017}, {});
  const auto from_ds =
      TrustAnchors::parse({". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"}, {});
  ASSERT_TRUE(from_key.has_value());
  ASSERT_TRUE(from_ds.has_value());
  const base::Bytes left = from_key->nearest(name("."), at_s(0))->ds_records;
  const base::Bytes right = from_ds->nearest(name("."), at_s(0))->ds_records;
  EXPECT_TRUE(std::equal(left.begin(), left.end(), right.begin(), right.end()));
}

TEST(TrustAnchors, WhatIsWrongIsSaid) {
  const std::string kDigest(64, 'a');
  const std::pair<std::string, std::string> rows[] = {
      {"nonsense", "this is no DS or DNSKEY record"},
      {"", "this is no DS or DNSKEY record"},
      {"example. A 192.0.2.1", "this is no DS or DNSKEY record"},
      {"example. CH DS 1 8 2 " + kDigest, "this is no DS or DNSKEY record"},
      {"example. DS 1 8 1 " + std::string(40, 'a'), "give the DS with digest type 2"},
      {"example. DS 1 5 2 " + kDigest, "algorithm 5 is not validated"},
      {"example. DS 1 77 2 " + kDigest, "algorithm 77 is not validated"},
      {"example. DS 1 8 2 aabb", "wrong length"},
      {"example. DNSKEY 257 3 8 AwEA", "public key cannot be read"},
      {"example. DNSKEY 0 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", "no zone key"},
      {"example. DNSKEY 257 2 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", "no zone key"},
      {"example. DNSKEY 385 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", "revoked"},
      {"example. DNSKEY 257 3 77 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", "algorithm 77"},
  };
  for (const auto& [text, expected] : rows) {
    const auto anchors = TrustAnchors::parse({text}, {});
    ASSERT_FALSE(anchors.has_value()) << text;
    EXPECT_NE(anchors.error().find(expected), std::string::npos) << anchors.error();
    EXPECT_NE(anchors.error().find("\"" + text + "\""), std::string::npos) << anchors.error();
  }
}

TEST(TrustAnchors, TheNearestCounts) {
  const std::string kDigest(64, 'a');
  auto anchors = TrustAnchors::parse({"example. DS 1 8 2 " + kDigest, "sub.corp.example. DS 2 13 2 " + kDigest}, {});
  ASSERT_TRUE(anchors.has_value());
  anchors->add_negative(name("Corp.example."), at_s(100));
  anchors->add_negative(name("example.net."), kNoExpiry);
  struct Row {
    const char* name;
    int64_t now_s;
    const char* zone;  // "": none
    bool negative;
  };
  const Row rows[] = {
      {"www.example.", 0, "example.", false},          {"example.", 0, "example.", false},
      {"corp.example.", 0, "corp.example.", true},     {"www.corp.example.", 99, "corp.example.", true},
      {"www.corp.example.", 100, "example.", false},   {"a.sub.corp.example.", 0, "sub.corp.example.", false},
      {"a.example.net.", 1 << 30, "example.net.", true}, {"net.", 0, "", false},
      {"notexample.", 0, "", false},                   {".", 0, "", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto found = anchors->nearest(name(row.name), at_s(row.now_s));
    EXPECT_EQ(found.has_value(), *row.zone != '\0');
    if (!found) continue;
    EXPECT_EQ(found->zone, name(row.zone));
    EXPECT_EQ(found->is_negative, row.negative);
  }
}

TEST(TrustAnchors, ANegativeOneCountsAtTheSameName) {
  auto anchors = TrustAnchors::iana();
  anchors.add_negative(name("."), at_s(10));
  EXPECT_TRUE(anchors.nearest(name("com."), at_s(0))->is_negative);
  anchors.add_negative(name("."), at_s(5));  // shortened
  EXPECT_FALSE(anchors.nearest(name("com."), at_s(7))->is_negative);
  anchors.replace(name("."), {});
  EXPECT_FALSE(anchors.nearest(name("com."), at_s(7)).has_value());
}

// RFC 5011 --------------------------------------------------------------------------------------------

TEST(Rfc5011, EachTransition) {
  using enum KeyState;
  using enum Sighting;
  struct Row {
    KeyState from;
    Sighting sighting;
    bool held;
    KeyState to;
  };
  const Row rows[] = {
      {kStart, kSeen, false, kAddPending},      {kStart, kSeen, true, kAddPending},      {kStart, kNotSeen, false, kStart},
      {kStart, kSeenRevoked, false, kStart},
      {kAddPending, kSeen, false, kAddPending}, {kAddPending, kSeen, true, kValid},      {kAddPending, kNotSeen, false, kStart},
      {kAddPending, kNotSeen, true, kStart},    {kAddPending, kSeenRevoked, true, kStart},
      {kValid, kSeen, false, kValid},           {kValid, kSeen, true, kValid},           {kValid, kNotSeen, true, kMissing},
      {kValid, kSeenRevoked, false, kRevoked},
      {kMissing, kSeen, false, kValid},         {kMissing, kNotSeen, true, kMissing},
      {kMissing, kSeenRevoked, false, kRevoked},
      {kRevoked, kSeen, false, kRevoked},   {kRevoked, kNotSeen, false, kRevoked},
      {kRevoked, kSeen, true, kRemoved},              {kRevoked, kNotSeen, true, kRemoved},
      {kRemoved, kSeen, true, kRemoved},        {kRemoved, kNotSeen, true, kRemoved},    {kRemoved, kSeenRevoked, true, kRemoved},
  };
  for (const Row& row : rows) EXPECT_EQ(next_state(row.from, row.sighting, row.held), row.to) << int(row.from) << int(row.sighting);
  for (const KeyState state : {kStart, kAddPending, kValid, kMissing, kRevoked, kRemoved}) {
    EXPECT_EQ(is_trusted(state), state == kValid || state == kMissing);
  }
}

std::vector<uint8_t> ksk(uint8_t seed, uint16_t flags = 257) { return SigningKey(".", algorithm::kEd25519, flags, seed).rdata(); }

std::string states(const std::vector<ManagedKey>& keys) {
  std::string text;
  for (const ManagedKey& key : keys) text += "SPVMRX"[static_cast<int>(key.state)];
  return text;
}

TEST(Rfc5011, ARolloverFromBeginningToEnd) {
  const std::vector<uint8_t> old_key = ksk(1);
  const std::vector<uint8_t> new_key = ksk(2);
  const std::vector<uint8_t> revoked_key = ksk(1, 257 | 128);
  const SeenKey kOld{old_key, true, true};
  const SeenKey kNew{new_key, false, false};
  const SeenKey kOldRevoked{revoked_key, true, false};
  const std::vector<uint8_t> zsk = ksk(3, 256);
  const SeenKey kZsk{zsk, true, false};
  const auto day = [](int64_t days) { return base::WallTime{kNow_s + days * kDay_s}; };

  std::vector<ManagedKey> keys = observe(day(0), {}, {kOld, kZsk});
  EXPECT_EQ(states(keys), "V") << "the configured one at once, the ZSK never";
  keys = observe(day(1), keys, {kOld, kNew, kZsk});
  EXPECT_EQ(states(keys), "VP");
  keys = observe(day(30), keys, {kOld, kNew});
  EXPECT_EQ(states(keys), "VP") << "29 days of 30";
  keys = observe(day(31), keys, {kOld, kNew});
  EXPECT_EQ(states(keys), "VV");
  keys = observe(day(40), keys, {kNew, {revoked_key, false, false}});
  EXPECT_EQ(states(keys), "MV") << "a revocation that the key has not signed is none";
  keys = observe(day(41), keys, {kNew, kOldRevoked});
  EXPECT_EQ(states(keys), "RV");
  keys = observe(day(70), keys, {kNew, kOld});
  EXPECT_EQ(states(keys), "RV") << "once revoked, for ever";
  keys = observe(day(71), keys, {kNew});
  EXPECT_EQ(states(keys), "XV");
  keys = observe(day(200), keys, {kNew, kOld});
  EXPECT_EQ(states(keys), "XV");
}

TEST(Rfc5011, AKeyThatVanishesBeginsAgain) {
  const std::vector<uint8_t> old_key = ksk(1);
  const std::vector<uint8_t> new_key = ksk(2);
  const SeenKey kOld{old_key, true, true};
  const SeenKey kNew{new_key, false, false};
  const auto day = [](int64_t days) { return base::WallTime{kNow_s + days * kDay_s}; };
  std::vector<ManagedKey> keys = observe(day(0), {}, {kOld, kNew});
  keys = observe(day(20), keys, {kOld});
  EXPECT_EQ(states(keys), "V");
  keys = observe(day(21), keys, {kOld, kNew});
  keys = observe(day(40), keys, {kOld, kNew});
  EXPECT_EQ(states(keys), "VP");
  // The clock went back: the hold-down begins again.
  keys = observe(day(-100), keys, {kOld, kNew});
  keys = observe(day(-80), keys, {kOld, kNew});
  EXPECT_EQ(states(keys), "VP");
  keys = observe(day(-70), keys, {kOld, kNew});
  EXPECT_EQ(states(keys), "VV");
}

TEST(Rfc5011, AFloodOfKeysIsNotKept) {
  std::vector<std::vector<uint8_t>> rdata;
  std::vector<SeenKey> seen;
  for (uint8_t seed = 1; seed <= 40; ++seed) rdata.push_back(ksk(seed));
  for (const auto& key : rdata) seen.push_back({key, false, false});
  EXPECT_EQ(observe(kNow, {}, seen).size(), kManagedKeysMax);
}

TEST(Rfc5011, Intervals) {
  EXPECT_EQ(query_interval_s(172'800, 1'000'000), 86'400U);
  EXPECT_EQ(query_interval_s(172'800, 10'000), 5000U);
  EXPECT_EQ(query_interval_s(60, 1'000'000), 3600U);
  EXPECT_EQ(query_interval_s(100 * kDay_s, 100 * kDay_s), 15U * kDay_s);
  EXPECT_EQ(retry_interval_s(172'800, 1'000'000), 17'280U);
  EXPECT_EQ(retry_interval_s(60, 60), 3600U);
  EXPECT_EQ(retry_interval_s(100 * kDay_s, 100 * kDay_s), kDay_s);
}

// Signals ---------------------------------------------------------------------------------------------

TEST(Signals, Sentinel) {
  struct Row {
    const char* name;
    Type type;
    bool cd;
    Security security;
    Sentinel expected;
  };
  using enum Security;
  const Row rows[] = {
      {"root-key-sentinel-is-ta-20326.example.", Type::kA, false, kSecure, Sentinel::kNone},
      {"root-key-sentinel-is-ta-20327.example.", Type::kA, false, kSecure, Sentinel::kServfail},
      {"root-key-sentinel-not-ta-20326.example.", Type::kAaaa, false, kSecure, Sentinel::kServfail},
      {"root-key-sentinel-not-ta-20327.example.", Type::kA, false, kSecure, Sentinel::kNone},
      {"ROOT-Key-sentinel-IS-ta-00001.example.", Type::kA, false, kSecure, Sentinel::kServfail},
      {"root-key-sentinel-is-ta-1.example.", Type::kA, false, kSecure, Sentinel::kNone},
      {"root-key-sentinel-is-ta-99999.example.", Type::kA, false, kSecure, Sentinel::kNone},
      {"root-key-sentinel-is-ta-2032x.example.", Type::kA, false, kSecure, Sentinel::kNone},
      {"root-key-sentinel-is-ta-20327.example.", Type::kTxt, false, kSecure, Sentinel::kNone},
      {"root-key-sentinel-is-ta-20327.example.", Type::kA, true, kSecure, Sentinel::kNone},
      {"root-key-sentinel-is-ta-20327.example.", Type::kA, false, kInsecure, Sentinel::kNone},
      {"www.root-key-sentinel-is-ta-20327.example.", Type::kA, false, kSecure, Sentinel::kNone},
      {".", Type::kA, false, kSecure, Sentinel::kNone},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(decide_sentinel(name(row.name), row.type, row.cd, row.security, {20326, 38696}), row.expected) << row.name;
  }
}

TEST(Signals, KeyTags) {
  EXPECT_EQ(key_tag_query_name(name("."), {20326, 38696})->to_text(), "_ta-4f66-9728.");
  EXPECT_EQ(key_tag_query_name(name("example."), {5})->to_text(), "_ta-0005.example.");
  EXPECT_FALSE(key_tag_query_name(name("."), {}).has_value());
  EXPECT_FALSE(key_tag_query_name(name("."), std::vector<uint16_t>(13, 1)).has_value()) << "longer than a label";
  EXPECT_EQ(key_tag_option({20326, 38696}), (std::vector<uint8_t>{0x4f, 0x66, 0x97, 0x28}));
}

}  // namespace
