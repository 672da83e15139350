// Whole signed zones: those of tests/data/dnssec (made by dnssec-signzone and ldns-signzone), the examples
// of the RFCs with their own signatures, and the real root.
#include "resolver/dnssec/anchors.h"
#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

const std::string kFolder = std::string(HOLDFAST_SOURCE_DIR) + "/tests/data/dnssec/";

SignedZone fixture(const std::string& file, const char* origin = "example.") {
  const auto text = read_file(kFolder + file);
  EXPECT_TRUE(text.has_value()) << file;
  return SignedZone::from_text(origin, text.value_or(""));
}

// DS records of the zone's SEP keys.
std::vector<uint8_t> ds_of(const SignedZone& zone) {
  std::vector<uint8_t> ds;
  wire::for_each_rendered(zone.find(zone.origin(), Type::kDnskey)->records, [&](Type, uint32_t, base::Bytes rdata) {
    if (wire::parse_dnskey(rdata)->is_entry_point()) append_ds(ds, zone.origin(), rdata, digest_type::kSha384);
  });
  return ds;
}

struct Opened {
  Verdict verdict;
  KeySet keys;
};

Opened open_zone(const SignedZone& zone, base::Bytes ds, base::WallTime now, const Policy& policy = {}) {
  KeyCache cache(64, kSecret);
  const SignedRrset dnskeys = zone.find(zone.origin(), Type::kDnskey)->view();
  DnskeyCheck check(dnskeys, ds, cache, policy, now);
  ValidationBudget budget;
  while (check.step(budget, 1) == Step::kYield) {
  }
  Opened opened{check.verdict().verdict, {}};
  if (opened.verdict.security == Security::kSecure) opened.keys = check.take_keys();
  return opened;
}

// Every RRset with signatures is secure; gives how many have none.
size_t check_all(const SignedZone& zone, KeySet& keys, base::WallTime now, const Policy& policy = {}) {
  size_t unsigned_sets = 0;
  for (const OwnedRrset* set : zone.rrsets()) {
    if (set->signatures.empty()) {
      ++unsigned_sets;
      continue;
    }
    const RrsetVerdict verdict = check(*set, keys, policy, now);
    EXPECT_EQ(verdict.verdict.security, Security::kSecure)
        << set->owner.to_text() << " " << wire::to_text(set->type) << ": " << to_text(verdict.verdict);
  }
  return unsigned_sets;
}

constexpr const char* kZones[] = {"RSASHA256.nsec.zone",  "RSASHA512.nsec.zone", "ECDSAP256SHA256.nsec.zone",
                                  "ECDSAP384SHA384.nsec.zone", "ED25519.nsec.zone",   "ED448.nsec.zone",
                                  "ED25519.nsec3.zone",   "ED25519.optout.zone", "ldns.nsec3.zone"};

TEST(SignedZones, EveryRrsetHoldsAndWithABitChangedDoesNot) {
  for (const char* file : kZones) {
    SCOPED_TRACE(file);
    const SignedZone zone = fixture(file);
    Opened opened = open_zone(zone, ds_of(zone), kNow);
    ASSERT_EQ(opened.verdict.security, Security::kSecure) << to_text(opened.verdict);
    EXPECT_EQ(check_all(zone, opened.keys, kNow), 5U) << "two NS sets at cuts and three of glue";
    for (const OwnedRrset* set : zone.rrsets()) {
      if (set->signatures.empty()) continue;
      OwnedRrset changed = *set;
      changed.records.back() ^= 0x01;
      EXPECT_EQ(check(changed, opened.keys).verdict.security, Security::kBogus)
          << set->owner.to_text() << " " << wire::to_text(set->type);
    }
  }
}

TEST(SignedZones, DenialsAreProven) {
  struct Row {
    Claim claim;
    const char* name;
    Type type;
    Reason nsec, nsec3, opt_out;
    uint8_t encloser_labels = 0;
  };
  using enum Reason;
  const Row rows[] = {
      {Claim::kNxdomain, "nope.example.", Type::kA, kNone, kNone, kOptOut},
      {Claim::kNxdomain, "a.c.x.w.example.", Type::kA, kNone, kNone, kOptOut},  // RFC 5155 B.1
      {Claim::kNodata, "ns1.example.", Type::kMx, kNone, kNone, kNone},         // B.2
      {Claim::kNodata, "y.w.example.", Type::kA, kNone, kNone, kNone},          // B.2.1, an empty non-terminal
      {Claim::kNoDs, "c.example.", Type::kDs, kUnsignedDelegation, kUnsignedDelegation, kOptOut},  // B.3
      {Claim::kWildcard, "a.z.w.example.", Type::kMx, kNone, kNone, kOptOut, 2},                    // B.4
      {Claim::kNodata, "a.z.w.example.", Type::kAaaa, kNone, kNone, kOptOut},                       // B.5
      {Claim::kNodata, "example.", Type::kDs, kDenialMisplaced, kDenialMisplaced, kDenialMisplaced},  // B.6
      {Claim::kNoDs, "a.example.", Type::kDs, kDenialContradicts, kDenialContradicts, kDenialContradicts},
      {Claim::kNxdomain, "x.d.example.", Type::kA, kDenialMisplaced, kDenialMisplaced, kDenialMisplaced},
      {Claim::kNxdomain, "x.a.example.", Type::kA, kDenialMisplaced, kDenialMisplaced, kDenialMisplaced},
      {Claim::kNxdomain, "ai.example.", Type::kA, kDenialContradicts, kDenialContradicts, kDenialContradicts},
      {Claim::kNodata, "alias.example.", Type::kA, kDenialContradicts, kDenialContradicts, kDenialContradicts},
  };
  const SignedZone nsec = fixture("ED25519.nsec.zone");
  const SignedZone nsec3 = fixture("ED25519.nsec3.zone");
  const SignedZone of_ldns = fixture("ldns.nsec3.zone");
  const SignedZone opt_out = fixture("ED25519.optout.zone");
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Name qname = name(row.name);
    const DenialQuestion question{row.claim, qname, row.type, row.encloser_labels};
    EXPECT_EQ(nsec.judge(question).reason, row.nsec);
    EXPECT_EQ(nsec3.judge(question).reason, row.nsec3);
    EXPECT_EQ(of_ldns.judge(question).reason, row.nsec3);
    EXPECT_EQ(opt_out.judge(question).reason, row.opt_out);
  }
}

TEST(RfcExamples, Rfc4035WithItsOwnSignatures) {
  constexpr base::WallTime kApril2004{1082505600};  // 2004-04-21
  const Policy sha1{.sha1_signatures = true, .sha1_digests = true};
  const SignedZone zone = fixture("rfc4035.zone");
  KeySet keys = zone.keys();
  ASSERT_EQ(keys.keys().front().tag, 38519);
  EXPECT_EQ(check_all(zone, keys, kApril2004, sha1), 1U) << "the DNSKEY set";
  const OwnedRrset* wildcard = zone.find(name("a.z.w.example."), Type::kMx);
  EXPECT_EQ(check(*wildcard, keys, sha1, kApril2004).wildcard_encloser_labels, 2);
  EXPECT_EQ(check(*wildcard, keys, {}, kApril2004).verdict.reason, Reason::kSignatureAlgorithm);
  EXPECT_EQ(check(*wildcard, keys, sha1, {1084200000}).verdict.reason, Reason::kSignatureExpired);
  EXPECT_EQ(check(*wildcard, keys, sha1, {1081000000}).verdict.reason, Reason::kSignatureNotYetValid);

  const auto judge = [&](Claim claim, const char* at, Type type, uint8_t labels = 0) {
    const Name qname = name(at);
    return zone.judge({claim, qname, type, labels}, sha1).reason;
  };
  EXPECT_EQ(judge(Claim::kNxdomain, "ml.example.", Type::kA), Reason::kNone);             // B.2
  EXPECT_EQ(judge(Claim::kNodata, "ns1.example.", Type::kMx), Reason::kNone);             // B.3
  EXPECT_EQ(judge(Claim::kNoDs, "b.example.", Type::kDs), Reason::kUnsignedDelegation);   // B.5
  EXPECT_EQ(judge(Claim::kWildcard, "a.z.w.example.", Type::kMx, 2), Reason::kNone);      // B.6
  EXPECT_EQ(judge(Claim::kNodata, "a.z.w.example.", Type::kAaaa), Reason::kNone);         // B.7
  EXPECT_EQ(judge(Claim::kNodata, "example.", Type::kDs), Reason::kDenialMisplaced);      // B.8
}

// RFC 5702 §6, RFC 6605 §6, RFC 8080 §6 (as its erratum 4935 puts them right).
TEST(RfcExamples, KeysAndSignatures) {
  struct Row {
    const char* what;
    const char* key;
    uint16_t tag;
    const char* records;
    const char* rrsig;
    int64_t now_s;
    const char* ds;  // of SHA-256 (SHA-384 for P-384), or ""
  };
  const Row rows[] = {
      {"RFC 5702 RSA/SHA-256",
       "example.net. DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=",
       9033, "www.example.net. 3600 A 192.0.2.91",
       "A 8 3 3600 20300101000000 20000101000000 9033 example.net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85"
       "mwlMgNEacFYK/lPtPiVYP4bwg==",
       kNow_s, ""},
      {"RFC 5702 RSA/SHA-512",
       "example.net. DNSKEY 256 3 10 AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV"
       "6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL",
       3740, "www.example.net. 3600 A 192.0.2.91",
       "A 10 3 3600 20300101000000 20000101000000 3740 example.net. tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0"
       "xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=",
       kNow_s, ""},
      {"RFC 6605 P-256",
       "example.net. DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==", 55648,
       "www.example.net. 3600 A 192.0.2.1",
       "A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZ"
       "oLBLlUzGGus7ZwmwWep666VCw==",
       1283000000, "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"},
      {"RFC 6605 P-384",
       "example.net. DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBw"
       "Y8rp65F6Glur8I/mlVNgF6W/qTI37m40",
       10771, "www.example.net. 3600 A 192.0.2.1",
       "A 14 3 3600 20100909102025 20100812102025 10771 example.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzF"
       "axsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm",
       1283000000, "72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6"},
      {"RFC 8080 Ed25519", "example.com. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", 3613,
       "example.com. 3600 MX 10 mail.example.com.",
       "MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23m"
       "RZ9VrbpMngwcrqNAg==",
       1439000000, "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b"},
      {"RFC 8080 Ed25519, the second", "example.com. DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=", 35217,
       "example.com. 3600 MX 10 mail.example.com.",
       "MX 15 2 3600 1440021600 1438207200 35217 example.com. zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7g"
       "D7AQR0O7KuI5k2pcBg==",
       1439000000, "401781b934e392de492ec77ae2e15d70f6575a1c0bc59c5275c04ebe80c6614c"},
      {"RFC 8080 Ed448",
       "example.com. DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA", 9713,
       "example.com. 3600 MX 10 mail.example.com.",
       "MX 16 2 3600 1440021600 1438207200 9713 example.com. 3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6"
       "SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA",
       1439000000, "6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7"},
      {"RFC 8080 Ed448, the second",
       "example.com. DNSKEY 257 3 16 kkreGWoccSDmUBGAe7+zsbG6ZAFQp+syPmYUurBRQc3tDjeMCJcVMRDmgcNLp5HlHAMy12VoISsA", 38353,
       "example.com. 3600 MX 10 mail.example.com.",
       "MX 16 2 3600 1440021600 1438207200 38353 example.com. E1/oLjSGIbmLny/4fcgM1z4oL6aqo+izT3urCyHyvEp4Sp8Syg1eI+lJ57CSnZqjJP41"
       "O/9l4m0AsQ4f7qI1gVnML8vWWiyW2KXhT9kuAICUSxv5OWbf81Rq7Yu60npabODB0QFPb/rkW3kUZmQ0YQUA",
       1439000000, "645ff078b3568f5852b70cb60e8e696cc77b75bfaaffc118cf79cbda1ba28af4"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const wire::OwnedRecord key = record(row.key);
    EXPECT_EQ(wire::key_tag(key.rdata), row.tag);
    OwnedRrset set = rrset({row.records});
    const wire::OwnedRecord rrsig = record(set.owner.to_text() + " 3600 RRSIG " + row.rrsig);
    wire::append_rendered(set.signatures, rrsig.type, rrsig.klass, rrsig.ttl, rrsig.rdata);
    KeySet keys = key_set(key.owner.to_text(), {key.rdata});
    const RrsetVerdict verdict = check(set, keys, {}, {row.now_s});
    EXPECT_EQ(verdict.verdict.security, Security::kSecure) << to_text(verdict.verdict);
    if (*row.ds == '\0') continue;
    const uint8_t digest_type = std::string_view(row.ds).size() == 64 ? digest_type::kSha256 : digest_type::kSha384;
    const auto digest = ds_digest(digest_type, key.owner, key.rdata);
    const wire::OwnedRecord ds = record(key.owner.to_text() + " DS 1 1 2 " + row.ds);
    EXPECT_TRUE(std::equal(digest->view().begin(), digest->view().end(), ds.rdata.begin() + 4, ds.rdata.end()));
  }
}

// The real root -----------------------------------------------------------------------------------------

std::optional<std::string> unpack(const std::string& file) {
  const std::string path = std::string(HOLDFAST_SOURCE_DIR) + "/../shared/data/dns-root/" + file;
  std::FILE* present = std::fopen(path.c_str(), "rb");
  if (present == nullptr) return std::nullopt;
  std::fclose(present);
  std::FILE* pipe = popen(("gzip -dc '" + path + "'").c_str(), "r");
  std::string text;
  std::array<char, 65536> buffer;
  for (size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), got);
  pclose(pipe);
  return text;
}

// Everything that is signed holds; each TLD is proven signed or unsigned; names between them are denied.
void check_root(const SignedZone& root, const std::vector<std::string>& anchor_texts, base::WallTime now) {
  const auto anchors = TrustAnchors::parse(anchor_texts, {});
  ASSERT_TRUE(anchors.has_value());
  const auto anchor = anchors->nearest(root.origin(), base::WallTime());
  Opened opened = open_zone(root, anchor->ds_records, now);
  ASSERT_EQ(opened.verdict.security, Security::kSecure) << to_text(opened.verdict);

  size_t with_ds = 0;
  size_t without_ds = 0;
  size_t denied = 0;
  size_t checked = 0;
  for (const OwnedRrset* set : root.rrsets()) {
    if (!set->signatures.empty()) {
      ++checked;
      EXPECT_EQ(check(*set, opened.keys, {}, now).verdict.security, Security::kSecure)
          << set->owner.to_text() << wire::to_text(set->type);
    }
    if (set->type != Type::kNsec || set->owner.view().is_root()) continue;
    const bool is_signed = root.find(set->owner, Type::kDs) != nullptr;
    (is_signed ? with_ds : without_ds) += 1;
    if ((with_ds + without_ds) % 16 != 0) continue;  // each sixteenth: the test's authority looks at all records
    const Verdict no_ds = root.judge({Claim::kNoDs, set->owner, Type::kDs, 0});
    EXPECT_EQ(no_ds.reason, is_signed ? Reason::kDenialContradicts : Reason::kUnsignedDelegation) << set->owner.to_text();
    const Name between = name(std::string(base::as_text(set->owner.view().first_label())) + "-nonexistent.");
    if (root.exists(between)) continue;
    ++denied;
    EXPECT_EQ(root.judge({Claim::kNxdomain, between, Type::kA, 0}).reason, Reason::kNone) << between.to_text();
    const Name below = *Name::prepend(base::as_bytes("www"), between);
    EXPECT_EQ(root.judge({Claim::kNxdomain, below, Type::kA, 0}).reason, Reason::kNone);
    EXPECT_EQ(root.judge({Claim::kNodata, between, Type::kA, 0}).reason, Reason::kDenialIncomplete);
  }
  EXPECT_GT(with_ds, 1300U);
  EXPECT_GT(without_ds, 80U);
  EXPECT_GT(denied, 70U);
  EXPECT_GT(checked, 2800U);
}

TEST(RealRoot, Of2017WithItsOwnSignatures) {
  const auto text = unpack("root.zone.2017082100.signed.gz");
  if (!text) GTEST_SKIP() << "no ../shared/data/dns-root";
  const SignedZone root = SignedZone::from_text(".", *text);
  // The root was signed by KSK-2010 until October 2018; KSK-2017 stood in the DNSKEY set already.
  check_root(root, {". IN DS 19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5"}, {1503360000});
  const auto iana = TrustAnchors::iana();
  const auto anchor = iana.nearest(root.origin(), base::WallTime());
  EXPECT_EQ(open_zone(root, anchor->ds_records, {1503360000}).verdict.reason, Reason::kKeyMissing)
      << "KSK-2017 is there and has not signed yet";
  EXPECT_EQ(open_zone(root, anchor->ds_records, kNow).verdict.reason, Reason::kSignatureExpired);
}

TEST(RealRoot, Of2021WithTestKeys) {
  const auto text = unpack("root.zone.2021051901.resigned-test-keys.gz");
  if (!text) GTEST_SKIP() << "no ../shared/data/dns-root";
  check_root(SignedZone::from_text(".", *text), {". IN DS 21544 8 2 5e6fdf4581117bb35ce3935f8ec3b17615be2b239bc839ce44efe340c0f4d438"}, {1621900800});
}

}  // namespace
