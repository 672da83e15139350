// What NSEC and NSEC3 records prove. Each row is a zone's records, a claim, and what comes of it.
#include "resolver/dnssec/denial_check.h"

#include "tests/unit/resolver/dnssec_support.h"

namespace {

using namespace dnssec_test;  // NOLINT

struct Row {
  const char* what;
  std::vector<std::string> records;  // the proof
  Claim claim;
  const char* name;
  Type type = Type::kA;
  Reason expected = Reason::kNone;
  uint8_t encloser_labels = 0;
  const char* zone = "example.";
};

// With an RRSIG as deep as the owner, unless `labels` says otherwise.
Verdict judge(const Row& row, ValidationBudget& budget, std::optional<uint8_t> labels = std::nullopt) {
  const Name zone = name(row.zone);
  std::vector<wire::OwnedRecord> parsed;
  for (const std::string& text : row.records) parsed.push_back(record(text));
  Denials denials(zone);
  for (const wire::OwnedRecord& denial : parsed) {
    denials.add(denial.owner, denial.type, denial.rdata, labels.value_or(static_cast<uint8_t>(signed_labels(denial.owner))));
  }
  const Name qname = name(row.name);
  const Policy policy;
  DenialCheck check(denials, {row.claim, qname, row.type, row.encloser_labels}, policy);
  while (check.step(budget, 1) == Step::kYield) {
  }
  return check.verdict();
}

void expect(const Row& row) {
  SCOPED_TRACE(row.what);
  ValidationBudget budget;
  const Verdict verdict = judge(row, budget);
  EXPECT_EQ(verdict.reason, row.expected) << to_text(verdict);
  EXPECT_EQ(verdict.security, security_of(row.expected));
}

// example.: a, *.w, x.w, cut (NS), signed (NS DS), alias.z (CNAME), d (DNAME), ent below e.ent
const std::string kApex = "example. NSEC a.example. NS SOA MX RRSIG NSEC DNSKEY";
const std::string kA = "a.example. NSEC cut.example. A RRSIG NSEC";
const std::string kCut = "cut.example. NSEC d.example. NS RRSIG NSEC";
const std::string kDname = "d.example. NSEC e.ent.example. DNAME RRSIG NSEC";
const std::string kEnt = "e.ent.example. NSEC signed.example. A RRSIG NSEC";
const std::string kSigned = "signed.example. NSEC *.w.example. NS DS RRSIG NSEC";
const std::string kStarW = "*.w.example. NSEC x.w.example. MX RRSIG NSEC";
const std::string kXw = "x.w.example. NSEC alias.z.example. MX RRSIG NSEC";
const std::string kAlias = "alias.z.example. NSEC example. CNAME RRSIG NSEC";

TEST(DenialCheck, NsecNxdomain) {
  const Row rows[] = {
      {"covered, and so is the wildcard", {kA, kApex}, Claim::kNxdomain, "b.example."},
      {"one record covers both", {kApex}, Claim::kNxdomain, "0.example."},
      {"the last record goes round to the apex", {kAlias, kApex}, Claim::kNxdomain, "zz.example."},
      {"below a name that exists", {kA, "a.example. NSEC cut.example. A RRSIG NSEC"}, Claim::kNxdomain, "b.a.example."},
      {"the wildcard is not denied", {kA}, Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialIncomplete},
      {"the wildcard exists", {kXw, kStarW}, Claim::kNxdomain, "y.w.example.", Type::kA, Reason::kDenialContradicts},
      {"the name is not covered", {kApex, kCut}, Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialIncomplete},
      {"the name exists", {kA, kApex}, Claim::kNxdomain, "a.example.", Type::kA, Reason::kDenialContradicts},
      {"the name has names below it", {kDname, kApex}, Claim::kNxdomain, "ent.example.", Type::kA, Reason::kDenialContradicts},
      {"below a cut: the child's to deny", {kCut, kApex}, Claim::kNxdomain, "www.cut.example.", Type::kA, Reason::kDenialMisplaced},
      {"below a DNAME", {kDname, kApex}, Claim::kNxdomain, "www.d.example.", Type::kA, Reason::kDenialMisplaced},
      {"beside a cut it may deny", {kCut, kApex}, Claim::kNxdomain, "cuu.example."},
      {"outside the zone", {kA, kApex}, Claim::kNxdomain, "b.other.", Type::kA, Reason::kDenialMisplaced},
      {"nothing at all", {}, Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialMissing},
      {"a next name outside the zone", {"a.example. NSEC zzz. A RRSIG NSEC"}, Claim::kNxdomain, "b.example.", Type::kA,
       Reason::kDenialMisplaced},
      {"an owner outside the zone", {"a.other. NSEC z.other. A RRSIG NSEC"}, Claim::kNxdomain, "b.example.", Type::kA,
       Reason::kDenialMisplaced},
      {"a next name that goes backwards", {"d.example. NSEC b.example. A RRSIG NSEC"}, Claim::kNxdomain, "e.example.", Type::kA,
       Reason::kDenialMisplaced},
      {"a sibling zone's apex as next name", {"a.example. NSEC example2. A"}, Claim::kNxdomain, "b.example.", Type::kA,
       Reason::kDenialMisplaced},
      {"the root", {". NSEC aaa. NS SOA RRSIG NSEC DNSKEY", "com. NSEC commbank. NS DS RRSIG NSEC"}, Claim::kNxdomain, "comb.",
       Type::kA, Reason::kNone, 0, "."},
      {"the wildcard has only names below it", {"a.example. NSEC z.example. A", "example. NSEC x.*.example. NS SOA"},
       Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialIncomplete},
      {"a zone of one name", {"example. NSEC example. NS SOA RRSIG NSEC DNSKEY"}, Claim::kNxdomain, "b.example."},
  };
  for (const Row& row : rows) expect(row);
}

TEST(DenialCheck, NsecNodata) {
  const Row rows[] = {
      {"the type is not in the bitmap", {kA}, Claim::kNodata, "a.example.", Type::kMx},
      {"it is", {kA}, Claim::kNodata, "a.example.", Type::kA, Reason::kDenialContradicts},
      {"an alias is there", {kAlias}, Claim::kNodata, "alias.z.example.", Type::kA, Reason::kDenialContradicts},
      {"empty non-terminal", {kDname}, Claim::kNodata, "ent.example."},
      {"two labels above the next name", {"a.example. NSEC x.y.ent.example. A"}, Claim::kNodata, "ent.example."},
      {"parent's record at a cut", {kCut}, Claim::kNodata, "cut.example.", Type::kA, Reason::kDenialMisplaced},
      {"no DS at a cut", {kCut}, Claim::kNodata, "cut.example.", Type::kDs},
      {"DS exists", {kSigned}, Claim::kNodata, "signed.example.", Type::kDs, Reason::kDenialContradicts},
      {"the child's apex says nothing of DS", {kApex}, Claim::kNodata, "example.", Type::kDs, Reason::kDenialMisplaced},
      {"the apex for another type", {kApex}, Claim::kNodata, "example.", Type::kA},
      {"the root has no parent", {". NSEC aaa. NS SOA RRSIG NSEC DNSKEY"}, Claim::kNodata, ".", Type::kDs, Reason::kNone, 0, "."},
      {"the wildcard lacks the type", {kXw, kStarW}, Claim::kNodata, "y.w.example.", Type::kA},
      {"the wildcard has it", {kXw, kStarW}, Claim::kNodata, "y.w.example.", Type::kMx, Reason::kDenialContradicts},
      {"the wildcard is a delegation", {kXw, "*.w.example. NSEC x.w.example. NS"}, Claim::kNodata, "y.w.example.", Type::kA,
       Reason::kDenialMisplaced},
      {"the wildcard has only names below it", {"a.example. NSEC z.example. A", "example. NSEC x.*.example. NS SOA"},
       Claim::kNodata, "b.example."},
      {"no wildcard's record", {kXw}, Claim::kNodata, "y.w.example.", Type::kA, Reason::kDenialIncomplete},
      {"the name does not exist, nor a wildcard", {kA, kApex}, Claim::kNodata, "b.example.", Type::kA, Reason::kDenialIncomplete},
      {"a type of another window", {"a.example. NSEC b.example. A CAA"}, Claim::kNodata, "a.example.", Type::kCaa,
       Reason::kDenialContradicts},
      {"letter case does not count", {"A.eXAMPLE. NSEC b.example. A"}, Claim::kNodata, "a.example.", Type::kMx},
  };
  for (const Row& row : rows) expect(row);
}

TEST(DenialCheck, NsecWildcard) {
  const Row rows[] = {
      {"the name itself does not exist", {kXw}, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kNone, 2},
      {"deeper below the wildcard", {kXw}, Claim::kWildcard, "a.b.y.w.example.", Type::kA, Reason::kNone, 2},
      {"a deeper name exists: another wildcard", {kXw}, Claim::kWildcard, "y.x.w.example.", Type::kA, Reason::kWildcardUnproven, 2},
      {"the name exists", {kXw}, Claim::kWildcard, "x.w.example.", Type::kA, Reason::kDenialContradicts, 2},
      {"not covered", {kA}, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kDenialIncomplete, 2},
      {"no proof", {}, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kDenialMissing, 2},
      {"above the zone", {kXw}, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kWildcardUnproven, 0},
      {"below the name", {kXw}, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kWildcardUnproven, 3},
  };
  for (const Row& row : rows) expect(row);
}

TEST(DenialCheck, NsecNoDs) {
  const Row rows[] = {
      {"unsigned delegation", {kCut}, Claim::kNoDs, "cut.example.", Type::kDs, Reason::kUnsignedDelegation},
      {"signed delegation", {kSigned}, Claim::kNoDs, "signed.example.", Type::kDs, Reason::kDenialContradicts},
      {"no cut: a name of the zone", {kA}, Claim::kNoDs, "a.example.", Type::kDs},
      {"no cut: an alias", {kAlias}, Claim::kNoDs, "alias.z.example.", Type::kDs},
      {"no cut: an empty non-terminal", {kDname}, Claim::kNoDs, "ent.example.", Type::kDs},
      {"no cut: no such name", {kA}, Claim::kNoDs, "b.example.", Type::kDs},
      {"from the child", {"cut.example. NSEC z.cut.example. NS SOA RRSIG NSEC DNSKEY"}, Claim::kNoDs, "cut.example.", Type::kDs,
       Reason::kDenialMisplaced, 0, "cut.example."},
      {"of another name", {kA}, Claim::kNoDs, "cut.example.", Type::kDs, Reason::kDenialIncomplete},
      {"stripped", {}, Claim::kNoDs, "cut.example.", Type::kDs, Reason::kDenialMissing},
      {"below another cut", {kCut}, Claim::kNoDs, "sub.cut.example.", Type::kDs, Reason::kDenialMisplaced},
  };
  for (const Row& row : rows) expect(row);
}

TEST(DenialCheck, AnNsecThatAWildcardMadeDeniesNothing) {
  const Row row = {"", {"b.w.example. NSEC x.w.example. MX RRSIG NSEC", kApex}, Claim::kNxdomain, "c.w.example.", Type::kA};
  ValidationBudget budget;
  EXPECT_EQ(judge(row, budget).reason, Reason::kDenialIncomplete);
  EXPECT_EQ(judge(row, budget, 1).security, Security::kBogus);
}

// NSEC3 -------------------------------------------------------------------------------------------------

std::string hashed(const char* text, uint16_t iterations = 12) {
  constexpr uint8_t kSalt[] = {0xaa, 0xbb, 0xcc, 0xdd};
  return wire::base32hex_encode(nsec3_hash(name(text), kSalt, iterations));
}

TEST(Nsec3Hash, OfRfc5155AppendixA) {
  const std::pair<const char*, const char*> rows[] = {
      {"example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},     {"a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"},
      {"ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"},  {"ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
      {"ns2.example.", "q04jkcevqvmu85r014c7dkba38o0ji5r"}, {"w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"},
      {"*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"}, {"x.w.example.", "b4um86eghhds6nea196smvmlo4ors995"},
      {"y.w.example.", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"},
  };
  for (const auto& [plain, hash] : rows) EXPECT_EQ(hashed(plain), hash) << plain;
  EXPECT_EQ(hashed("EXAMPLE."), hashed("example.")) << "in lower case";
}

// The chain of these names with these bitmaps, as an authority would make it: "name|types".
std::vector<std::string> chain(std::vector<std::pair<std::string, std::string>> names, bool opt_out, uint16_t iterations = 12,
                               const char* zone = "example.") {
  std::vector<std::pair<std::string, std::string>> hashes;
  for (const auto& [plain, types] : names) hashes.emplace_back(hashed(plain.c_str(), iterations), types);
  std::sort(hashes.begin(), hashes.end());
  std::vector<std::string> records;
  for (size_t at = 0; at < hashes.size(); ++at) {
    records.push_back(hashes[at].first + "." + zone + " NSEC3 1 " + (opt_out ? "1 " : "0 ") + std::to_string(iterations) +
                      " aabbccdd " + hashes[(at + 1) % hashes.size()].first + " " + hashes[at].second);
  }
  return records;
}

std::vector<std::string> example_chain(bool opt_out) {
  return chain({{"example.", "NS SOA MX RRSIG DNSKEY NSEC3PARAM"}, {"a.example.", "A RRSIG"}, {"cut.example.", "NS"},
                {"signed.example.", "NS DS RRSIG"}, {"d.example.", "DNAME RRSIG"}, {"w.example.", ""},
                {"*.w.example.", "MX RRSIG"}, {"x.w.example.", "MX RRSIG"}, {"alias.example.", "CNAME RRSIG"}},
               opt_out);
}

TEST(DenialCheck, Nsec3) {
  const std::vector<std::string> kAll = example_chain(false);
  const Row rows[] = {
      {"no such name", kAll, Claim::kNxdomain, "b.example."},
      {"no such name, labels deep", kAll, Claim::kNxdomain, "c.b.a.example."},
      {"it exists", kAll, Claim::kNxdomain, "a.example.", Type::kA, Reason::kDenialContradicts},
      {"the wildcard exists", kAll, Claim::kNxdomain, "y.w.example.", Type::kA, Reason::kDenialContradicts},
      {"below a cut", kAll, Claim::kNxdomain, "www.cut.example.", Type::kA, Reason::kDenialMisplaced},
      {"below a DNAME", kAll, Claim::kNxdomain, "www.d.example.", Type::kA, Reason::kDenialMisplaced},
      {"not of this zone", kAll, Claim::kNxdomain, "b.other.", Type::kA, Reason::kDenialMisplaced},
      {"NODATA", kAll, Claim::kNodata, "a.example.", Type::kMx},
      {"NODATA of a type that is there", kAll, Claim::kNodata, "a.example.", Type::kA, Reason::kDenialContradicts},
      {"NODATA of an alias", kAll, Claim::kNodata, "alias.example.", Type::kA, Reason::kDenialContradicts},
      {"NODATA at an empty non-terminal", kAll, Claim::kNodata, "w.example."},
      {"NODATA at the apex", kAll, Claim::kNodata, "example.", Type::kA},
      {"DS at the apex is the parent's", kAll, Claim::kNodata, "example.", Type::kDs, Reason::kDenialMisplaced},
      {"NODATA at a cut is the child's", kAll, Claim::kNodata, "cut.example.", Type::kA, Reason::kDenialMisplaced},
      {"wildcard NODATA", kAll, Claim::kNodata, "y.w.example.", Type::kA},
      {"wildcard NODATA of a type that is there", kAll, Claim::kNodata, "y.w.example.", Type::kMx, Reason::kDenialContradicts},
      {"NODATA for a name that does not exist", kAll, Claim::kNodata, "b.example.", Type::kA, Reason::kDenialIncomplete},
      {"wildcard", kAll, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kNone, 2},
      {"wildcard, labels deep", kAll, Claim::kWildcard, "a.b.y.w.example.", Type::kA, Reason::kNone, 2},
      {"wildcard, though the next closer name exists", kAll, Claim::kWildcard, "y.x.w.example.", Type::kA,
       Reason::kDenialContradicts, 2},
      {"no DS: unsigned delegation", kAll, Claim::kNoDs, "cut.example.", Type::kDs, Reason::kUnsignedDelegation},
      {"no DS: there is one", kAll, Claim::kNoDs, "signed.example.", Type::kDs, Reason::kDenialContradicts},
      {"no DS: no cut", kAll, Claim::kNoDs, "a.example.", Type::kDs},
      {"no DS: no name", kAll, Claim::kNoDs, "b.example.", Type::kDs},
  };
  for (const Row& row : rows) expect(row);
}

TEST(DenialCheck, Nsec3WithGaps) {
  std::vector<std::string> without_apex;
  for (const std::string& denial : example_chain(false)) {
    if (denial.find(hashed("example.")) != 0) without_apex.push_back(denial);
  }
  expect({"no closest encloser", without_apex, Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialIncomplete});
  std::vector<std::string> apex_only;
  for (const std::string& denial : example_chain(false)) {
    if (denial.find(hashed("example.")) == 0) apex_only.push_back(denial);
  }
  expect({"apex alone", apex_only, Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialIncomplete});
  expect({"wildcard's next closer not covered", apex_only, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kWildcardUnproven, 2});
  std::vector<std::string> mixed = example_chain(false);
  mixed.push_back(chain({{"zz.example.", "A"}}, false, 7).front());
  expect({"two parameter sets", mixed, Claim::kNxdomain, "b.example.", Type::kA, Reason::kDenialIncomplete});
}

TEST(DenialCheck, Nsec3OptOut) {
  const std::vector<std::string> kAll = example_chain(true);
  const Row rows[] = {
      {"no such name: perhaps an unsigned delegation", kAll, Claim::kNxdomain, "b.example.", Type::kA, Reason::kOptOut},
      {"no DS for it", kAll, Claim::kNodata, "b.example.", Type::kDs, Reason::kOptOut},
      {"an empty non-terminal above unsigned delegations", kAll, Claim::kNodata, "b.example.", Type::kA, Reason::kOptOut},
      {"unsigned delegation that is not in the chain", kAll, Claim::kNoDs, "b.example.", Type::kDs, Reason::kOptOut},
      {"unsigned delegation that is", kAll, Claim::kNoDs, "cut.example.", Type::kDs, Reason::kUnsignedDelegation},
      {"NODATA of a name in the chain is certain", kAll, Claim::kNodata, "a.example.", Type::kMx},
      {"wildcard", kAll, Claim::kWildcard, "y.w.example.", Type::kA, Reason::kOptOut, 2},
      {"wildcard NODATA", kAll, Claim::kNodata, "y.w.example.", Type::kA, Reason::kOptOut},
      {"the wildcard exists all the same", kAll, Claim::kNxdomain, "y.w.example.", Type::kA, Reason::kDenialContradicts},
  };
  for (const Row& row : rows) expect(row);
}

TEST(DenialCheck, Nsec3RecordsThatAreNotTakenUp) {
  const std::string kHash = hashed("a.example.");
  const std::pair<const char*, std::string> rows[] = {
      {"unknown hash algorithm", kHash + ".example. NSEC3 2 0 12 aabbccdd " + kHash + " A"},
      {"unknown flags", kHash + ".example. NSEC3 1 2 12 aabbccdd " + kHash + " A"},
      {"two labels below the zone", kHash + ".sub.example. NSEC3 1 0 12 aabbccdd " + kHash + " A"},
      {"of another zone", kHash + ".other. NSEC3 1 0 12 aabbccdd " + kHash + " A"},
      {"an owner that is no hash", "www.example. NSEC3 1 0 12 aabbccdd " + kHash + " A"},
      {"an owner of other digits", std::string(32, 'w') + ".example. NSEC3 1 0 12 aabbccdd " + kHash + " A"},
      {"a next hash of another size", kHash + ".example. NSEC3 1 0 12 aabbccdd 35mthgpg A"},
  };
  for (const auto& [what, text] : rows) {
    expect({what, {text}, Claim::kNodata, "a.example.", Type::kMx, Reason::kDenialMisplaced});
  }
}

TEST(DenialCheck, TooManyIterationsAreInsecure) {
  expect({"fifty are made", chain({{"example.", "NS SOA"}, {"a.example.", "A"}}, false, 50), Claim::kNxdomain, "b.example."});
  expect({"more are not", chain({{"example.", "NS SOA"}, {"a.example.", "A"}}, false, 51), Claim::kNxdomain, "b.example.", Type::kA,
          Reason::kNsec3Iterations});
  ValidationBudget budget;
  const Row row = {"", chain({{"example.", "NS SOA"}}, false, 65535), Claim::kNxdomain, "b.example."};
  judge(row, budget);
  EXPECT_EQ(budget.spent().hashes, 0) << "and cost nothing";
}

// CVE-2023-50868: names of many labels, below a zone that answers with much.
TEST(DenialCheck, HashesAreBoundedByTheBudgetOfTheQuestion) {
  std::string deep;
  for (int label = 0; label < 100; ++label) deep += "a.";
  deep += "example.";
  const Row long_row = {"", chain({{"nowhere.example.", "A"}}, false, 50), Claim::kNxdomain, deep.c_str()};
  ValidationBudget budget;
  EXPECT_NE(judge(long_row, budget).reason, Reason::kBudget) << "one fits, however deep";
  EXPECT_EQ(judge(long_row, budget).reason, Reason::kBudget);
  EXPECT_LE(budget.spent().hashes, ValidationLimits{}.hashes);
  EXPECT_LE(budget.spent().hash_blocks, ValidationLimits{}.hash_blocks);
  EXPECT_EQ(judge(long_row, budget).reason, Reason::kBudget) << "and never again";
  // An honest denial of such a name takes few: the closest encloser is near the apex.
  ValidationBudget fresh;
  Row honest = long_row;
  honest.records = chain({{"example.", "NS SOA"}, {"b.example.", "A"}}, false, 0);
  EXPECT_EQ(judge(honest, fresh).reason, Reason::kNone);
  EXPECT_EQ(fresh.spent().hashes, 3);
}

TEST(DenialCheck, LongSaltsCountAsWork) {
  EXPECT_EQ(nsec3_hash_blocks(9, 0, 0), 1U);
  EXPECT_EQ(nsec3_hash_blocks(9, 0, 50), 51U);
  EXPECT_EQ(nsec3_hash_blocks(9, 255, 50), 5U * 51);
  EXPECT_EQ(nsec3_hash_blocks(255, 255, 1), 9U + 5);
}

TEST(DenialCheck, MoreRecordsThanAProofHoldsAreLeftOut) {
  const Name zone = name("example.");
  Denials denials(zone);
  const wire::OwnedRecord denial = record(kA);
  for (size_t count = 0; count < kDenialsMax; ++count) EXPECT_TRUE(denials.add(denial.owner, denial.type, denial.rdata, 2));
  EXPECT_FALSE(denials.add(denial.owner, denial.type, denial.rdata, 2));
  EXPECT_TRUE(denials.has_refused());
}

}  // namespace
